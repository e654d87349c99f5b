// The builder's comforts: its buttons and selects draw the form anew without leaving the page.
"use strict";

let turn = 0;

// A typed value changes nothing but the words; everything else draws the form anew.
async function redraw(form, deed, wanted, wordsOnly) {
  const mine = ++turn;
  const asked = new URLSearchParams(new FormData(form));
  asked.set("do", deed);
  const address = `${form.getAttribute("action")}?${asked}`;
  let page;
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    location.assign(address);
    return;
  }
  const fresh = page.getElementById("builder");
  if (mine !== turn) return;
  if (!fresh) { location.assign(address); return; }
  history.replaceState(null, "", address);
  if (wordsOnly) { form.querySelector(".f-words").replaceChildren(...fresh.querySelector(".f-words").childNodes); return; }
  form.replaceChildren(...fresh.childNodes);
  begin(form);
  focus(form, wanted || fresh.dataset.focus);
}

function focus(form, wanted) {
  if (!wanted) return;
  const place = document.getElementById(wanted) || document.getElementById(`f${wanted}`)
    || document.getElementById(`add${wanted}`) || form.querySelector("button:not([tabindex])");
  if (place) place.focus();
}

function begin(form) {
  for (const plain of form.querySelectorAll("[data-plain]")) plain.hidden = true;
}

const form = document.getElementById("builder");
if (form) {
  begin(form);
  form.addEventListener("change", (event) => {
    if (event.target.name.startsWith("add")) return;
    redraw(form, "show", event.target.id, !event.target.matches("[data-turn]"));
  });
  form.addEventListener("submit", (event) => {
    const deed = event.submitter ? event.submitter.value : "apply";
    if (!/^(add|group|remove):/.test(deed)) return;
    event.preventDefault();
    redraw(form, deed, "");
  });
}
