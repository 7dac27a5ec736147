// Says the page's outcome, and that a form was sent, in the live region: a screen reader hears changes, not page loads.
"use strict";
const region = document.getElementById("status");
const said = document.querySelector("[data-say]");
if (said) window.setTimeout(() => { region.textContent = said.dataset.say; }, 150);
for (const form of document.querySelectorAll("form[data-wait]")) {
  form.addEventListener("submit", () => { region.textContent = form.dataset.wait; });
}
// In a frame a new page has no focus. Whoever is in the frame goes on where the page does.
if (window.top !== window && document.hasFocus()) {
  (document.querySelector("[data-focus]") ?? document.getElementById("content")).focus();
}
// What fits does not say that it scrolls.
const sizes = new ResizeObserver((seen) => {
  for (const { target } of seen) target.previousElementSibling.hidden = target.scrollWidth <= target.clientWidth;
});
for (const wide of document.querySelectorAll(".scrolls + .wide")) sizes.observe(wide);
// Warns two minutes before an idle session ends, with a button that keeps it open (WCAG 2.2, 2.2.1).
const idle = document.getElementById("idle");
if (idle) {
  const seconds = Number(idle.dataset.idle);
  const arm = () => window.setTimeout(() => { idle.hidden = false; }, Math.max(seconds - 120, seconds / 2) * 1000);
  idle.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.status !== 204) { window.location.assign("/admin/login"); return; }
    idle.hidden = true;
    region.textContent = idle.dataset.stayed;
    arm();
  });
  arm();
}
