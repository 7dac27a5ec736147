// Waits until the approval is answered, says so, and finishes the sign-in (or shows how it has ended). The time left is shown, and told at 60 and 15 seconds.
"use strict";
const waiting = document.getElementById("waiting");
const announced = document.getElementById("status");
const finish = document.getElementById("finish");
const pause = (milliseconds) => new Promise((after) => { window.setTimeout(after, milliseconds); });
const left = document.getElementById("left");
let ends = performance.now() + 1000 * Number(left.dataset.seconds);
let told = Number(left.dataset.seconds);  // the time that was left when it was told last, or the page was shown
function count() {
  const seconds = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
  left.textContent = left.dataset.left.replace("{time}", `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
  if (![15, 60].some((due) => seconds <= due && due < told)) return;
  told = seconds;
  announced.textContent = left.dataset.soon.replace("{seconds}", seconds);
}
const counting = window.setInterval(count, 1000);
let sent = false;  // by the user, who has chosen something else
finish.addEventListener("submit", () => { sent = true; });
async function wait() {
  waiting.hidden = false;
  await pause(1500);  // after the page's heading was read
  announced.textContent = waiting.dataset.waiting;
  const address = new URL(waiting.dataset.state, window.location.href);
  address.searchParams.set("wait", "25");
  let state = "waiting";
  while (state === "waiting") {
    try {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      state = found.state;
      if (found.seconds_left > told) told = found.seconds_left;  // it was extended in the app
      if (state === "waiting") ends = performance.now() + 1000 * found.seconds_left;
    } catch {
      await pause(3000);  // the server is away for a moment
    }
  }
  window.clearInterval(counting);
  if (state === "approved") announced.textContent = waiting.textContent = waiting.dataset.approved;
  if (!sent) finish.submit();
}
wait();
