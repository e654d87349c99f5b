/* Keys of the queue, and choosing all rows of a page. The page does everything without this file. */
"use strict";
(() => {
  const STORE = "toroku.queue.keys";
  const form = document.getElementById("queue");
  const help = document.getElementById("help");
  const rows = () => [...document.querySelectorAll("#queue tbody tr")];
  const boxes = () => [...document.querySelectorAll("#queue input[name=pick]")];

  /* --- choosing ------------------------------------------------------------------------------------------ */
  const told = form && form.querySelector("[data-chosen]");
  const head = form && form.querySelector("th.q-pick");
  let all = null;
  if (head && boxes().length) {
    all = document.createElement("input");
    all.type = "checkbox";
    all.setAttribute("aria-label", head.textContent);
    head.append(all);
    all.addEventListener("change", () => { boxes().forEach((box) => { box.checked = all.checked; }); tell(); });
  }
  const tell = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    if (told) told.textContent = chosen ? told.dataset.chosen.replace("{count}", chosen) : "";
    if (all) { all.checked = chosen === boxes().length; all.indeterminate = chosen > 0 && !all.checked; }
  };
  if (form) { form.addEventListener("change", tell); tell(); }

  /* --- keys ---------------------------------------------------------------------------------------------- */
  const toggle = document.getElementById("keys");
  const kept = (value) => {
    try { return value === undefined ? localStorage.getItem(STORE) : localStorage.setItem(STORE, value); } catch { return null; }
  };
  if (toggle) {
    toggle.closest("[data-switch]").hidden = false;
    toggle.checked = kept() !== "off";
    toggle.addEventListener("change", () => kept(toggle.checked ? "on" : "off"));
  }
  const here = () => rows().findIndex((row) => row.contains(document.activeElement));
  const go = (way) => {
    const list = rows();
    if (!list.length) return;
    const at = here();
    const to = at < 0 ? (way > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + way, 0), list.length - 1);
    const link = list[to].querySelector("a.q-open");
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: "nearest" });
  };
  const inRow = (selector) => { const at = here(); return at < 0 ? null : rows()[at].querySelector(selector); };
  const keys = {
    j: () => go(1),
    k: () => go(-1),
    c: () => { const claim = inRow("button.q-claim"); if (claim) claim.click(); },
    x: () => { const box = inRow("input[name=pick]"); if (box) box.click(); },
    n: () => { const next = document.querySelector("form[data-key=n]"); if (next) next.requestSubmit(); },
    "/": () => { const box = document.getElementById("q"); if (box) { box.focus(); box.select(); } },
    "?": () => { if (help) { help.open = !help.open; if (help.open) help.querySelector("summary").focus(); } },
  };
  const TYPED = "input:not([type=checkbox]), textarea, select, [contenteditable]";
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
    if (event.repeat && event.key !== "j" && event.key !== "k") return;
    if (event.target.matches && event.target.matches(TYPED)) return;
    if (document.querySelector("[popover]:popover-open, dialog[open]")) return;
    if (toggle && !toggle.checked) return;
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
