// Says the page's outcome, and that a form was sent, in the live region: a screen reader hears changes, not page loads.
"use strict";
const region = document.getElementById("status");
const said = document.querySelector("[data-say]");
if (said) window.setTimeout(() => { region.textContent = said.dataset.say; }, 150);
for (const form of document.querySelectorAll("form[data-wait]")) {
  form.addEventListener("submit", () => { region.textContent = form.dataset.wait; });
}
