// The review page's comforts: every step works without this file.
"use strict";

const form = document.getElementById("review");
const points = () => [...document.querySelectorAll("[data-point]")];
const typedIn = (control) => control.name && control.matches("textarea, select[name^='reason.'], select[name^='part.'], select#decision-code, input[name='checklist']");

// --- typed text outlives a refusal, an ended session, a reloaded page -------------------------------------

function keeping() {
  const key = `review:${form.dataset.key}`;
  const begun = snapshot();
  const kept = read(key);
  const sent = kept && kept.sent;
  const done = sent && Number(form.dataset.revision) > kept.revision && "mine" in form.dataset;
  let leaving = false;

  if (done) forget(key);
  else if (kept && !("refused" in form.dataset) && restore(kept.values)) tell(key, begun);

  form.addEventListener("input", save);
  form.addEventListener("change", save);
  form.addEventListener("submit", (event) => {
    leaving = true;
    const to = (event.submitter && event.submitter.getAttribute("formaction")) || "";
    const values = snapshot();
    if (to.includes("/comments")) for (const name of Object.keys(values)) if (name.startsWith("comment")) delete values[name];
    write(key, { values, revision: Number(form.dataset.revision), sent: to.includes("/steps/") });
  });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && words() !== words(begun)) event.preventDefault();
  });
  window.addEventListener("pageshow", () => { leaving = false; });

  function save() {
    write(key, { values: snapshot(), revision: Number(form.dataset.revision) });
  }
}

function snapshot() {
  const values = {};
  for (const control of form.elements) {
    if (!typedIn(control)) continue;
    if (control.type === "checkbox") (values[control.name] ||= []).push(control.checked ? control.value : null);
    else if (control.value) values[control.name] = control.value;
  }
  return values;
}

const words = (values = snapshot()) =>
  JSON.stringify(Object.entries(values).filter(([name]) => !name.startsWith("part.")));

function restore(values) {
  let put = false;
  for (const control of form.elements) {
    if (!typedIn(control) || !(control.name in values)) continue;
    const value = values[control.name];
    if (control.type === "checkbox") {
      if (value.includes(control.value) && !control.checked) put = control.checked = true;
    } else if (!control.value || control.name.startsWith("part.")) {
      control.value = value;
      if (control.value && !control.name.startsWith("part.")) put = true;
    }
    if (control.value && control.type !== "checkbox") control.closest("details:not([open])")?.setAttribute("open", "");
  }
  return put;
}

function tell(key, begun) {
  const notice = document.querySelector("[data-kept]");
  notice.hidden = false;
  notice.querySelector("[data-discard]").addEventListener("click", () => {
    for (const control of form.elements) {
      if (!typedIn(control)) continue;
      if (control.type === "checkbox") control.checked = (begun[control.name] || []).includes(control.value);
      else control.value = begun[control.name] || (control.tagName === "SELECT" ? control.options[0].value : "");
    }
    forget(key);
    notice.hidden = true;
  });
}

function read(key) {
  try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; }
}
function write(key, value) {
  try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* full, or not allowed: the warning on leaving remains */ }
}
function forget(key) {
  try { sessionStorage.removeItem(key); } catch { /* nothing was kept */ }
}

// --- keys; they can be switched off (WCAG 2.1.4) ----------------------------------------------------------

function keys() {
  const help = document.querySelector(".r-keys");
  const wanted = help.querySelector("[data-keys]");
  try { wanted.checked = localStorage.getItem("keys") !== "off"; } catch { /* as drawn */ }
  wanted.addEventListener("change", () => {
    try { localStorage.setItem("keys", wanted.checked ? "on" : "off"); } catch { /* for this page only */ }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && help.open) help.open = false;
    if (!wanted.checked || event.target.closest("input, textarea, select, [contenteditable]")) return;
    const act = { j: () => go(1), k: () => go(-1), r: remark, d: decide, "?": () => { help.open = !help.open; } }[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
}

let at = -1;

function go(by) {
  const found = points();
  if (!found.length) return;
  const here = found.indexOf(document.activeElement.closest("[data-point]"));
  at = ((here >= 0 ? here : at) + by + found.length) % found.length;
  found[at].focus();
  found[at].scrollIntoView({ block: "center" });
}

function remark() {
  const answer = document.activeElement.closest(".r-answer") || points()[at];
  const write = answer && answer.querySelector(".r-write");
  if (!write) return;
  write.open = true;
  write.querySelector("textarea").focus();
}

function decide() {
  const button = document.querySelector(".r-choice .a-button");
  (button || document.querySelector(".r-side")).focus();
  document.getElementById("decision").scrollIntoView({ block: "nearest" });
}

if (form) {
  keeping();
  keys();
}
