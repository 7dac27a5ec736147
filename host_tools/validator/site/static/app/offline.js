// Tells when the server can be reached again. When to go there is the reader's to say.
"use strict";
const AGAIN = 4000; // ms until it is tried again
const heading = document.querySelector("h1");

async function look() {
  const answer = await fetch("/app/manifest.webmanifest", { cache: "no-store" }).catch(() => null); // is not kept by the service worker
  if (!answer?.ok) { setTimeout(look, AGAIN); return; }
  heading.textContent = document.getElementById("status").textContent = heading.dataset.reached;
  document.getElementById("what").hidden = true;
  document.title = document.title.replace(/^[^–]*(?= –)/, heading.dataset.reached);
}
look();
