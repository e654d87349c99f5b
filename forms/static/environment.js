// The self-check of the browser: of each matter one of the texts on the page is shown.
"use strict";

function say(matter, when) {
  for (const text of document.querySelectorAll(`[data-check="${matter}"] > [data-when]`)) {
    text.hidden = text.dataset.when !== when;
  }
}

say("script", "on");
if (!navigator.cookieEnabled) say("cookies", "bad");

// How far this computer's clock is from the server's when the answer began to arrive.
const clock = document.querySelector('[data-check="clock"]');
const arrived = performance.timeOrigin + (performance.getEntriesByType("navigation")[0]?.responseStart ?? 0);
const minutes = Math.trunc((arrived - Date.parse(clock.dataset.now)) / 60_000);
for (const place of clock.querySelectorAll("[data-minutes]")) place.textContent = Math.abs(minutes);
say("clock", minutes === 0 ? "right" : minutes > 0 ? "fast" : "slow");
