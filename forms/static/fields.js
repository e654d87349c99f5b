// Comforts of single controls: lists to search in, rows pasted, files dropped. Each does without this file too.
"use strict";

(() => {
  const texts = document.getElementById("control-texts"), form = document.querySelector("form[data-guard]");
  if (!texts || !form) return;
  const said = texts.dataset, MOST_SHOWN = 100;
  const say = (text, values = {}) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");
  const make = (tag, attributes = {}, text = "") => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };
  const live = form.appendChild(make("p", { class: "hidden", role: "status" }));
  const announce = (text) => { live.textContent = ""; setTimeout(() => { live.textContent = text; }, 50); };

  // As forms/render/finding.py sees a text: width, case, blanks and the two kana make no difference.
  const fold = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, "")
    .replace(/[ぁ-ゖ]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) + 0x60));

  // Asking the server, whose answer is the page again; only one question of it is taken over.
  function sheet(action, extra = []) {
    const body = new FormData(form);
    for (const input of form.querySelectorAll("input[type=file]")) body.delete(input.name);
    body.set("action", action);
    for (const [name, value] of extra) body.append(name, value);
    return body;
  }
  const read = (html) => new DOMParser().parseFromString(html, "text/html");
  const block = (root, path) => root.querySelector(`[data-question="${CSS.escape(path)}"]`);
  function take(page, path) {
    const fresh = block(page, path), old = block(form, path);
    if (!fresh || !old) return null;
    const put = document.importNode(fresh, true);
    old.replaceWith(put);
    return put;
  }
  async function ask(action, path, extra) {
    try {
      const answer = await fetch(location.pathname + location.search, { method: "POST", body: sheet(action, extra) });
      const page = read(await answer.text());
      return { page, put: take(page, path) };
    } catch { return { put: null }; }
  }

  // A long list: a box to search in, with a listbox below (ARIA, editable combobox with list autocomplete).
  function combobox(select) {
    const id = select.id, choices = [...select.options].filter((option) => option.value).map((option) => ({
      option, seen: fold(`${option.text} ${option.dataset.words || ""} ${option.value}`),
    }));
    const label = form.querySelector(`label[for="${CSS.escape(id)}"]`);
    const input = make("input", {
      type: "text", id, class: "input", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-autocomplete": "list",
      "aria-expanded": "false", "aria-controls": `${id}--listbox`, placeholder: said.search,
      "aria-describedby": select.getAttribute("aria-describedby"), "aria-invalid": select.getAttribute("aria-invalid"),
      "aria-required": select.getAttribute("aria-required"),
    });
    const list = make("ul", { id: `${id}--listbox`, class: "listbox", role: "listbox", hidden: "" });
    if (label) { label.id ||= `${id}--label`; list.setAttribute("aria-labelledby", label.id); }
    select.id = `${id}--select`;
    select.hidden = true;
    select.removeAttribute("data-search");
    const box = make("div", { class: "combobox" });
    select.before(box);
    box.append(input, list);
    let active = -1, shown = [];
    const current = () => (select.value ? select.selectedOptions[0].text : "");
    const close = () => { list.hidden = true; active = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const activate = (place) => {
      active = (place + shown.length) % shown.length;
      [...list.children].forEach((row, number) => row.setAttribute("aria-selected", String(number === active)));
      const row = list.children[active];
      input.setAttribute("aria-activedescendant", row.id);
      row.scrollIntoView({ block: "nearest" });
    };
    const open = (needle) => {
      const wanted = fold(needle);
      const fits = choices.filter((choice) => choice.seen.includes(wanted));
      fits.sort((a, b) => Number(b.seen.startsWith(wanted)) - Number(a.seen.startsWith(wanted)));
      shown = fits.slice(0, MOST_SHOWN);
      list.replaceChildren(...shown.map((choice, number) => make("li",
        { id: `${id}--choice-${number}`, role: "option", "aria-selected": "false" }, choice.option.text)));
      list.hidden = !shown.length;
      active = -1;
      input.setAttribute("aria-expanded", String(shown.length > 0));
      input.removeAttribute("aria-activedescendant");
      announce(shown.length ? say(said.fit, { count: fits.length }) : said.none);
    };
    const choose = (option) => {
      const changed = select.value !== (option ? option.value : "");
      select.value = option ? option.value : "";
      input.value = current();
      close();
      if (changed) for (const name of ["input", "change"]) select.dispatchEvent(new Event(name, { bubbles: true }));
    };
    const settle = () => {
      const wanted = fold(input.value);
      if (!wanted) return choose(null);
      if (wanted === fold(current())) return choose(select.selectedOptions[0]);
      const fits = choices.filter(({ option, seen }) => fold(option.text) === wanted || option.value === input.value.trim() || seen.includes(wanted));
      const exact = fits.filter(({ option }) => fold(option.text) === wanted || option.value === input.value.trim());
      const found = exact.length === 1 ? exact : fits;
      choose(found.length === 1 ? found[0].option : select.value ? select.selectedOptions[0] : null);
    };
    input.value = current();
    input.addEventListener("input", (event) => { event.stopPropagation(); open(input.value); });
    input.addEventListener("change", (event) => event.stopPropagation());
    input.addEventListener("click", () => { if (list.hidden) { input.select(); open(""); } });
    input.addEventListener("blur", () => { if (!list.hidden || input.value !== current()) settle(); });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const down = event.key === "ArrowDown", up = event.key === "ArrowUp";
      if (down || up) {
        event.preventDefault();
        if (list.hidden) open(input.value === current() ? "" : input.value);
        else if (shown.length) activate(active + (down ? 1 : active < 0 ? 0 : -1));
      } else if (event.key === "Enter" && !list.hidden) {
        event.preventDefault();
        if (active >= 0) choose(shown[active].option); else settle();
      } else if (event.key === "Tab" && !list.hidden && active >= 0) choose(shown[active].option);
      else if (event.key === "Escape") { if (list.hidden) choose(null); else { input.value = current(); close(); } }
    });
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const place = [...list.children].indexOf(event.target.closest("li"));
      if (place >= 0) { choose(shown[place].option); input.focus(); }
    });
  }

  // Many check boxes: a box that narrows them; what is ticked stays in sight.
  function narrow(options) {
    const input = make("input", { type: "search", class: "input", autocomplete: "off", "data-width": "20", "aria-label": said.filter, placeholder: said.filter });
    options.removeAttribute("data-filter");
    options.before(input);
    input.addEventListener("input", (event) => {
      event.stopPropagation();
      const wanted = fold(input.value), rows = [...options.querySelectorAll(".option")];
      for (const row of rows) row.hidden = !(fold(row.textContent).includes(wanted) || row.querySelector("input").checked);
      announce(say(said.fit, { count: rows.filter((row) => !row.hidden).length }));
    });
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  }

  // A list too long to be sent along: the server looks, without the page being loaded again.
  form.addEventListener("click", async (event) => {
    const button = event.target.closest("button[name=action][value^='find:']");
    if (!button) return;
    event.preventDefault();
    const path = button.value.slice("find:".length), { put } = await ask(button.value, path);
    if (!put) return;
    announce(put.querySelector("[role=status]").textContent);
    (put.querySelector("input[type=radio]") || put.querySelector("input")).focus();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("[data-finder] input[type=search]")) return;
    event.preventDefault();
    event.target.closest("[data-finder]").querySelector("button").click();
  });

  // Pasting several cells or lines: into the rows of a table, else into one line, and said.
  form.addEventListener("paste", (event) => {
    const input = event.target, text = event.clipboardData ? event.clipboardData.getData("text/plain") : "";
    if (!(input instanceof HTMLInputElement) || !/[\t\n]/.test(text.trim())) return;
    const row = input.closest("fieldset.row"), table = row && row.parentElement.closest("[data-question]");
    if (table && table.querySelector(":scope > .pasting")) {
      event.preventDefault();
      pasteRows(table.dataset.question, row, input, text);
    } else if (!input.matches("[role=combobox], [type=search]")) {
      event.preventDefault();
      input.setRangeText(text.trim().replace(/\s*[\t\r\n]+\s*/g, " "), input.selectionStart, input.selectionEnd, "end");
      input.dispatchEvent(new Event("input", { bubbles: true }));
      tell(input.closest(".field"), said.cells);
    }
  });
  async function pasteRows(path, row, input, text) {
    const index = row.querySelector("input[name$='.__row']").name.slice(path.length + 1).split(".")[0];
    const column = input.closest("[data-question]").dataset.question.slice(`${path}.${index}.`.length);
    block(form, path).querySelector(":scope > .pasting textarea").value = text;
    const { page, put } = await ask(`paste:${path}:${index}`, path, [[`${path}__column`, column]]);
    if (!put) return;
    form.dispatchEvent(new Event("input", { bubbles: true }));
    const notice = page.querySelector("[role=alert].panel--notice");
    tell(put, notice ? notice.textContent.trim() : "");
    const wrong = put.querySelector("[aria-invalid=true]");
    (wrong || put.querySelector(`[name="${CSS.escape(input.name)}"]`) || put).focus();
  }
  function tell(place, text) {
    place.querySelector(":scope > .told")?.remove();
    const before = place.querySelector(":scope > legend, :scope > .label");
    if (text && before) before.after(make("p", { class: "help help--note told" }, text));
    announce(text);
  }

  // Files: sent at once, one after the other, each with its progress; the answer shows what is kept.
  const megabytes = (bytes) => (bytes < 104858 ? `${Math.max(Math.round(bytes / 1024), 1)} kB` : `${(bytes / 1048576).toFixed(1)} MB`);
  function refusal(input, file, left) {
    const kinds = input.accept.split(",").filter(Boolean), values = { name: file.name, size: megabytes(file.size), most: input.dataset.most };
    if (left < 1) return say(said.many, { ...values, left: input.dataset.left });
    const ending = `.${file.name.split(".").pop().toLowerCase()}`.replace(".jpeg", ".jpg");
    if (kinds.length && !kinds.includes(ending)) return say(said.kind, { ...values, kinds: kinds.join(", ") });
    return file.size > Number(input.dataset.most) * 1048576 ? say(said.large, values) : "";
  }
  let sending = 0, waiting = null;
  addEventListener("submit", (event) => { // a page that is left waits for its files
    if (!sending || event.target !== form) return;
    event.preventDefault();
    event.stopPropagation();
    waiting = event.submitter;
  }, true);
  async function sendFiles(input, files) {
    const path = input.name, problems = [];
    input.value = "";
    sending += 1;
    let left = input.multiple ? Number(input.dataset.left) : 1;
    for (const file of files) {
      const problem = refusal(input, file, left);
      if (problem) { problems.push(problem); continue; }
      left -= 1;
      const sent = await sendOne(path, file);
      if (!sent) problems.push(say(said.failed, { name: file.name }));
      else announce(say(said.sent, { name: file.name }));
    }
    const now = block(form, path), chooser = now.querySelector("input[type=file]");
    for (const problem of problems) now.append(make("p", { class: "error told", role: "alert" }, problem));
    sending -= 1;
    const button = waiting;
    if (!sending) waiting = null;
    if (button && !sending && !problems.length) form.requestSubmit(button);
    else (chooser || now).focus();
  }
  // An upload is stored at once: the page was drawn with it from now on, and with nothing else that is new.
  function rebase(page, path) {
    const mine = form.elements.base, theirs = page.querySelector("[name=base]");
    const mark = theirs && theirs.value.split(" ").find((each) => each.startsWith(`${path}:`));
    if (mine && mark) mine.value = [...mine.value.split(" ").filter((each) => each && !each.startsWith(`${path}:`)), mark].join(" ");
  }
  function sendOne(path, file) {
    return new Promise((done) => {
      const request = new XMLHttpRequest(), bar = make("progress", { max: "100", value: "0" });
      const stop = make("button", { type: "button", class: "button button--quiet" }, said.stop);
      const line = make("p", { class: "sending" }, say(said.sending, { name: file.name }));
      bar.setAttribute("aria-label", line.textContent);
      line.append(bar, stop);
      block(form, path).append(line);
      stop.addEventListener("click", () => request.abort());
      request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = 100 * event.loaded / event.total; });
      request.addEventListener("loadend", () => {
        const page = read(request.responseText), put = request.status ? take(page, path) : null;
        if (put) rebase(page, path);
        line.remove();
        done(put !== null);
      });
      request.open("POST", location.pathname + location.search);
      request.send(sheet(`attach:${path}`, [[path, file]]));
    });
  }
  form.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches("input[type=file][data-most]") || !input.files.length) return;
    for (const old of input.closest("[data-question]").querySelectorAll(".told")) old.remove();
    sendFiles(input, [...input.files]);
  });
  const zone = (event) => {
    const field = event.target instanceof Element ? event.target.closest("[data-question]") : null;
    return field && field.querySelector("input[type=file][data-most]") ? field : null;
  };
  const carries = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault(); // a file dropped beside a field would otherwise replace the page, and all typed on it
    const field = zone(event);
    event.dataTransfer.dropEffect = field ? "copy" : "none";
    for (const other of form.querySelectorAll(".field--drop")) if (other !== field) other.classList.remove("field--drop");
    field?.classList.add("field--drop");
  });
  addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    const field = zone(event), input = field?.querySelector("input[type=file][data-most]");
    for (const other of form.querySelectorAll(".field--drop")) other.classList.remove("field--drop");
    if (input) sendFiles(input, [...event.dataTransfer.files].slice(0, input.multiple ? undefined : 1));
  });

  function enhance() {
    for (const select of form.querySelectorAll("select[data-search]")) combobox(select);
    for (const options of form.querySelectorAll("[data-filter]")) narrow(options);
    for (const input of form.querySelectorAll("input[type=file][data-most]:not([data-drop])")) {
      input.dataset.drop = "";
      input.after(make("span", { class: "help drop-hint" }, said.drop));
    }
  }
  new MutationObserver(enhance).observe(form, { childList: true, subtree: true });
  enhance();
})();
