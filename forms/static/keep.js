// Keeps what is typed: some seconds after the last key, and when the page is put aside. The page says when it was
// kept, and why not; nothing is ever asked or lost by it, and nothing is stored in the browser.
"use strict";

(() => {
  const form = document.querySelector("form[data-guard]"), place = document.querySelector("[data-kept]");
  if (!form || !place) return;
  const WAIT = 3000, AGAIN = [10000, 30000, 60000], PATIENCE = 5000;
  let typed = 0, kept = 0, failures = 0, leaving = false, timer = 0, under = null;

  const later = (wait) => { clearTimeout(timer); timer = setTimeout(keep, wait); };
  const note = (event) => { typed += 1; if (event.target.type !== "file") later(WAIT); };
  form.addEventListener("input", note);
  form.addEventListener("change", note);

  function keep() {
    clearTimeout(timer);
    if (!under && !leaving && typed !== kept) under = send(typed).finally(() => { under = null; });
    return under;
  }

  async function send(mine) {
    const body = new FormData(form), patience = new AbortController();
    for (const input of form.querySelectorAll("input[type=file]")) body.delete(input.name);
    body.set("action", "keep");
    const limit = setTimeout(() => patience.abort(), PATIENCE * 3);
    try {
      const answer = await fetch(location.pathname + location.search, {
        method: "POST", body: new URLSearchParams(body), keepalive: document.hidden, signal: patience.signal, headers: { accept: "application/json" } });
      const isJson = (answer.headers.get("content-type") ?? "").startsWith("application/json");
      take(isJson ? await answer.json() : { kept: false, said: place.dataset.failed }, mine, answer.status);
    } catch { take({ kept: false, said: place.dataset.offline }, mine, 0); } finally { clearTimeout(limit); }
  }

  function take(told, mine, status) {
    if ("base" in told) {
      form.elements.base.value = told.base;
      form.elements.revision.value = told.revision;
      if (told.address) history.replaceState(null, "", told.address + location.search);
    }
    say(told.said, !told.kept);
    if (told.kept || "base" in told) kept = mine;
    failures = told.kept ? 0 : failures + 1;
    const files = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
    form.dataset.safe = told.kept && typed === mine && !files ? "yes" : "";
    if (typed !== kept) later(status === 0 || status >= 500 ? AGAIN[Math.min(failures, AGAIN.length) - 1] ?? WAIT : WAIT);
    if (status >= 400 && status < 500) clearTimeout(timer);
  }

  function say(text, trouble) {
    place.classList.toggle("kept-at--trouble", trouble);
    if (place.textContent !== text) place.textContent = text;
  }

  // Pressing a button while something is being kept waits for it: a page must not run into its own answer.
  form.addEventListener("submit", (event) => {
    if (!under) { leaving = true; return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    const by = event.submitter;
    Promise.race([under, new Promise((done) => { setTimeout(done, PATIENCE); })]).then(() => { under = null; form.requestSubmit(by); });
  }, true);
  addEventListener("pageshow", () => { leaving = false; });
  document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });
})();
