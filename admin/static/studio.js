// The studio's comforts: every page does all it does without this file.
"use strict";

function begin(form, text) {
  const gutter = new Gutter(form, text);
  const words = new Words(form, text);
  keys(form, text, words);
  checking(form, text, gutter);
  jumping(form, text);
  guarding(form);
}

// --- line numbers, with the lines that have findings ------------------------------------------------------

class Gutter {
  constructor(form, text) {
    this.form = form;
    this.text = text;
    this.box = document.createElement("div");
    this.box.className = "s-gutter";
    this.box.setAttribute("aria-hidden", "true");
    text.before(this.box);
    text.addEventListener("input", () => this.draw());
    text.addEventListener("scroll", () => { this.box.scrollTop = text.scrollTop; });
    const excerpt = form.querySelector("[data-excerpt]");
    if (excerpt) excerpt.hidden = true;
    this.mark();
  }

  draw() {
    const wanted = this.text.value.split("\n").length;
    while (this.box.childElementCount > wanted) this.box.lastElementChild.remove();
    for (let line = this.box.childElementCount + 1; line <= wanted; line++) {
      const cell = document.createElement("div");
      cell.textContent = line;
      this.box.append(cell);
    }
    this.box.scrollTop = this.text.scrollTop;
  }

  mark() {
    this.draw();
    for (const cell of this.box.querySelectorAll("[class]")) cell.removeAttribute("class");
    const found = [...this.form.querySelectorAll("[data-line]")].reverse();
    for (const finding of found) {
      const cell = this.box.children[Number(finding.dataset.line) - 1];
      if (cell) cell.className = `s-at-${finding.dataset.severity}`;
    }
    this.text.toggleAttribute("aria-invalid", found.some((one) => one.dataset.severity === "error"));
    if (this.text.hasAttribute("aria-invalid")) this.text.setAttribute("aria-invalid", "true");
  }
}

// --- checking while one types: the form is sent as the button sends it ------------------------------------

function checking(form, text, gutter) {
  const findings = form.querySelector("[data-findings]");
  let timer = 0;
  let turn = 0;
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(check, 700);
  });

  async function check() {
    const mine = ++turn;
    const body = new FormData(form);
    body.set("do", "check");
    body.set("part", "findings");
    findings.classList.add("s-busy");
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      const type = answer.headers.get("Content-Type") || "";
      if (mine !== turn || !type.startsWith("text/html") || ![200, 422].includes(answer.status)) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== turn || fresh.querySelector("main")) return;
      findings.replaceChildren(...[...fresh.body.childNodes].map((node) => document.importNode(node, true)));
      gutter.mark();
    } catch { /* no connection: the button says it */ } finally {
      if (mine === turn) findings.classList.remove("s-busy");
    }
  }
}

// --- to the line of a finding ------------------------------------------------------------------------------

function jumping(form, text) {
  form.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#L']");
    if (!link) return;
    event.preventDefault();
    jump(text, Number(link.hash.slice(2)));
  });
}

function jump(text, line) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[line - 1] || "").length);
  text.scrollTop = Math.max(0, (line - 5) * parseFloat(getComputedStyle(text).lineHeight));
  text.scrollLeft = 0;
}

// --- keys: Tab moves in, Escape gives Tab back to the page (WCAG 2.1.2), Enter keeps the indentation -------

function keys(form, text, words) {
  const hint = form.querySelector("[data-keys]");
  if (hint) hint.hidden = false;
  let leaving = false;
  text.addEventListener("blur", () => { leaving = false; words.close(); });
  text.addEventListener("keydown", (event) => {
    if (event.isComposing || words.takes(event)) return;
    if (event.key === "Escape") { leaving = true; return; }
    if (event.key === "Tab" && !event.shiftKey && !event.ctrlKey && !event.altKey && !leaving) {
      event.preventDefault();
      put(text, "  ");
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      put(text, `\n${indentAfter(before(text))}`);
    }
    if (event.key !== "Shift" && event.key !== "Tab") leaving = false;
  });
}

function before(text) {
  const at = text.selectionStart;
  return text.value.slice(text.value.lastIndexOf("\n", at - 1) + 1, at);
}

function indentAfter(line) {
  const indent = line.match(/^ */)[0];
  if (/^ *- +[\w"]+:( |$)/.test(line)) return `${indent}  `;
  return /:\s*$/.test(line) && !line.trim().startsWith("#") ? `${indent}  ` : indent;
}

// Through the browser's own editing, so that undo goes back over it.
function put(text, typed) {
  text.focus();
  if (!document.execCommand("insertText", false, typed)) {
    text.setRangeText(typed, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
}

// --- words: keys and values of the language at the caret ---------------------------------------------------

class Words {
  constructor(form, text) {
    this.text = text;
    this.known = JSON.parse(document.getElementById("studio-words").textContent);
    this.list = document.createElement("ul");
    this.list.className = "s-words";
    this.list.id = "studio-offered";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", form.querySelector("[for=text]").textContent);
    text.after(this.list);
    this.said = document.createElement("p");
    this.said.className = "a-hidden";
    this.said.setAttribute("role", "status");
    form.append(this.said);
    this.saying = document.querySelector("[data-words-said]").dataset.wordsSaid;
    text.setAttribute("aria-autocomplete", "list");
    text.setAttribute("aria-controls", this.list.id);
    text.addEventListener("input", () => this.offer(false));
    text.addEventListener("click", () => this.close());
    text.addEventListener("scroll", () => this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const chosen = event.target.closest("[role=option]");
      if (chosen) this.take(chosen.textContent);
    });
  }

  get open() { return !this.list.hidden; }

  offer(asked) {
    const place = where(this.text);
    const found = place ? this.words(place).filter((word) => fits(word, place.typed)) : [];
    const worth = asked || place?.typed || place?.value;
    if (!found.length || !worth || (found.length === 1 && found[0] === place.typed)) return this.close();
    this.place = place;
    this.list.replaceChildren(...found.slice(0, 60).map((word, index) => {
      const option = document.createElement("li");
      option.id = `studio-word-${index}`;
      option.setAttribute("role", "option");
      option.textContent = word;
      return option;
    }));
    this.list.hidden = false;
    this.put();
    this.choose(0);
    this.said.textContent = this.saying.replace("{count}", found.length);
  }

  words(place) {
    if (place.value) return this.known.values[place.key] || [];
    const used = new Set(place.used);
    const keys = place.parent === "fields"
      ? this.known.fields[place.type] || this.known.fields[""]
      : this.known.keys[place.parent] || [];
    return keys.filter((key) => !used.has(key) || key === place.typed);
  }

  choose(index) {
    this.chosen = index;
    [...this.list.children].forEach((option, at) => option.setAttribute("aria-selected", at === index));
    this.list.children[index].scrollIntoView({ block: "nearest" });
    this.text.setAttribute("aria-activedescendant", this.list.children[index].id);
  }

  // Where the caret stands: no wrapping and one size of letters make it a matter of counting.
  put() {
    const style = getComputedStyle(this.text);
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${style.fontSize} ${style.fontFamily}`;
    const line = this.text.value.slice(0, this.text.selectionStart).split("\n").length;
    const height = parseFloat(style.lineHeight);
    const left = this.text.offsetLeft + parseFloat(style.paddingLeft) - this.text.scrollLeft
      + pen.measureText(before(this.text).slice(0, -this.place.typed.length || undefined)).width;
    const top = this.text.offsetTop + parseFloat(style.paddingTop) - this.text.scrollTop + line * height;
    const widest = this.text.offsetLeft + this.text.clientWidth - this.list.offsetWidth;
    const lowest = this.text.offsetTop + this.text.clientHeight - this.list.offsetHeight;
    this.list.style.left = `${Math.max(0, Math.min(left, widest))}px`;
    this.list.style.top = `${top > lowest && top - height > this.list.offsetHeight ? top - height - this.list.offsetHeight : top}px`;
  }

  close() {
    this.list.hidden = true;
    this.text.removeAttribute("aria-activedescendant");
  }

  take(word) {
    const at = this.text.selectionStart;
    this.text.setSelectionRange(at - this.place.typed.length, at);
    const rest = this.text.value.slice(at).split("\n", 1)[0];
    put(this.text, this.place.value || rest.startsWith(":") ? word : `${word}: `);
    this.close();
    if (!this.place.value && this.known.values[word]) this.offer(true);
  }

  // Whether a key belongs to the list of words.
  takes(event) {
    if (event.key === " " && event.ctrlKey) { event.preventDefault(); this.offer(true); return true; }
    if (!this.open) return false;
    const count = this.list.childElementCount;
    const move = { ArrowDown: 1, ArrowUp: count - 1 }[event.key];
    if (move) { event.preventDefault(); this.choose((this.chosen + move) % count); return true; }
    if (event.key === "Escape") { event.preventDefault(); this.close(); return true; }
    if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) {
      event.preventDefault();
      this.take(this.list.children[this.chosen].textContent);
      return true;
    }
    if (/^(Arrow|Home|End|Page)/.test(event.key)) this.close();
    return false;
  }
}

function fits(word, typed) {
  return word.startsWith(typed) || (typed.length > 1 && word.includes(typed));
}

// What is being written at the caret: a key under `parent` (of a field of `type`), or the value of `key`.
function where(text) {
  const line = before(text);
  if (/(^|\s)#/.test(line)) return null;
  const piece = line.slice(opened(line));
  const value = piece.match(/^\s*(?:- +)?([\w]+):\s+\[?(?:[\w]+,\s*)*([\w]*)$/);
  const above = text.value.slice(0, text.selectionStart - line.length).split("\n");
  above.pop();
  if (value) return { value: true, key: value[1], typed: value[2] };
  const key = piece.match(/^\s*(?:- +)?([\w]*)$/);
  if (!key) return null;
  const entry = surroundings(above, line);
  return { value: false, typed: key[1], ...entry };
}

// Where the innermost open brace's last entry begins; 0 outside of braces.
function opened(line) {
  const stack = [];
  let begin = 0;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === "{") { stack.push(begin); begin = at + 1; }
    else if (line[at] === "}") begin = stack.pop() || 0;
    else if (line[at] === "," && stack.length && !line.slice(begin, at).includes("[")) begin = at + 1;
    else if (line[at] === "," && stack.length && line.slice(begin, at).includes("]")) begin = at + 1;
  }
  return stack.length ? begin : 0;
}

// The key the caret's entry stands under, the keys the entry has already, and its `type`.
function surroundings(above, line) {
  const inner = line.lastIndexOf("{");
  if (inner >= 0 && line.lastIndexOf("}") < inner) {
    const holder = line.slice(0, inner).match(/([\w]+):\s*$/);
    const used = [...line.slice(inner).matchAll(/([\w]+):/g)].map((found) => found[1]);
    const type = (line.slice(inner).match(/type:\s*([\w]+)/) || [])[1] || "";
    if (holder) return { parent: holder[1], used, type };
    return { parent: parentOf(above, line.search(/\S/)), used, type };
  }
  const indent = line.match(/^ *(?:- +)?/)[0].length;
  const used = [];
  let type = "";
  let begun = /^ *- /.test(line);
  for (let at = above.length - 1; at >= 0 && !begun; at--) {
    const found = above[at].match(/^( *(?:- +)?)([\w]+):\s*(.*)$/);
    if (!found || found[1].length > indent) continue;
    if (found[1].length < indent) break;
    used.push(found[2]);
    if (found[2] === "type") type = found[3].trim();
    begun = found[1].includes("-");
  }
  return { parent: parentOf(above, indent), used, type };
}

// The nearest key above with less indentation; a list's items count by their dash.
function parentOf(above, indent) {
  for (let at = above.length - 1; at >= 0 && indent > 0; at--) {
    const found = above[at].match(/^( *)(- +)?([\w]+):\s*(#.*)?$/);
    const depth = found ? found[1].length + (found[2] || "").length : 0;
    if (found && depth < indent) return found[3];
  }
  return "";
}

// --- nothing typed is lost by a stray click ----------------------------------------------------------------

function guarding(form) {
  let changed = Boolean(document.querySelector("#errors"));
  let sent = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { sent = true; });
  addEventListener("pageshow", () => { sent = false; });
  addEventListener("beforeunload", (event) => { if (changed && !sent) event.preventDefault(); });
}

// --- a rewrite under way: look again every two seconds -----------------------------------------------------

function poll() {
  const state = document.getElementById("job-state");
  if (!state || state.dataset.poll !== "yes") return;
  setTimeout(async () => {
    try {
      const answer = await fetch(location.pathname);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("job-state");
      if (fresh) state.replaceWith(document.importNode(fresh, true));
    } catch { /* no connection: try again */ }
    poll();
  }, 2000);
}

const editor = document.querySelector("[data-studio]");
if (editor) begin(editor, editor.querySelector(".s-text"));
poll();
