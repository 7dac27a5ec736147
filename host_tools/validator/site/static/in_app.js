// Waits until the approval is answered, says so, and finishes the sign-in (or shows how it has ended).
"use strict";
const waiting = document.getElementById("waiting");
const announced = document.getElementById("status");
const finish = document.getElementById("finish");
const pause = (milliseconds) => new Promise((after) => { window.setTimeout(after, milliseconds); });
async function wait() {
  waiting.hidden = false;
  await pause(1500);  // after the page's heading was read
  announced.textContent = waiting.dataset.waiting;
  const address = new URL(waiting.dataset.state, window.location.href);
  address.searchParams.set("wait", "25");
  for (;;) {
    try {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(String(answer.status));
      const { state } = await answer.json();
      if (state === "approved") announced.textContent = waiting.textContent = waiting.dataset.approved;
      if (state !== "waiting") break;
    } catch {
      await pause(3000);  // the server is away for a moment
    }
  }
  finish.submit();
}
wait();
