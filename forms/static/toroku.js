// Small comforts only: every page does all it does without this file.
"use strict";

// After an error, begin reading at the summary; who came by the skip link still has its #main.
const summary = document.querySelector("[data-focus]");
if (summary && ["", "#main"].includes(location.hash)) summary.focus();

const form = document.querySelector("form[data-guard]");
if (form) {
  let changed = form.dataset.guard === "changed";
  let sent = false;
  form.addEventListener("input", () => { changed = true; form.dataset.safe = ""; });
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => { sent = false; });
  addEventListener("beforeunload", (event) => { if (changed && !sent && form.dataset.safe !== "yes") event.preventDefault(); });
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-refreshes]")) refresh(form);
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// Ask the server which questions the answers so far lead to: it alone knows the rules.
let turn = 0;
async function refresh(form) {
  const mine = ++turn;
  const body = new FormData(form);
  for (const input of form.querySelectorAll("input[type=file]")) body.delete(input.name);
  body.set("action", "refresh");
  try {
    const answer = await fetch(location.pathname + location.search, { method: "POST", body });
    if (!answer.ok || mine !== turn) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== turn) return;
    for (const part of fresh.querySelectorAll("[data-questions]")) {
      const old = form.querySelector(`[data-questions="${part.dataset.questions}"]`);
      if (old) merge(old, part);
    }
    form.querySelector("[name=asked]").value = fresh.querySelector("[name=asked]").value;
  } catch { /* no connection: the next page asks all the same */ }
}

// Put in and take out questions one by one; what somebody is typing in is left alone.
function merge(old, fresh) {
  const wanted = new Map([...fresh.children].map((child) => [child.dataset.question, child]));
  for (const child of [...old.children]) if (!wanted.has(child.dataset.question)) child.remove();
  let place = old.firstElementChild;
  for (const [name, next] of wanted) {
    if (place && place.dataset.question === name) {
      const kept = place;
      place = place.nextElementSibling;
      if (kept.hasAttribute("data-live") || next.hasAttribute("data-live")) kept.replaceWith(document.importNode(next, true));
      else retag(kept, next);
    } else old.insertBefore(document.importNode(next, true), place);
  }
}

function retag(kept, next) {
  const tag = kept.querySelector(".tag"), now = next.querySelector(".tag");
  if (tag && now) tag.replaceWith(document.importNode(now, true));
}
