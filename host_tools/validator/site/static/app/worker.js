// Shows a page of its own while the server cannot be reached. Nothing else is ever kept: answers and approvals come from the server alone.
"use strict";
const KEPT = "kodebrik-app";
const OFFLINE = ["/app/offline", "/static/site.css", "/static/mark.svg", "/static/status.js", "/static/app/offline.js"];

self.addEventListener("install", (event) => event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll(OFFLINE))));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET" || path.startsWith("/app/api/")) return;
  const instead = request.mode === "navigate" ? OFFLINE[0] : path;
  event.respondWith(fetch(request).catch(async (failure) => {
    const found = await caches.match(instead, { cacheName: KEPT });
    if (!found) throw failure;
    return found;
  }));
});
