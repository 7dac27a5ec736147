// The app: which user, open or locked, and what waits. No build step.
"use strict";
import { ask, Unreachable } from "./server.js";
import { countFrom, devices, forget, nextCounter, prove } from "./keys.js";
import { onActivation, prepare } from "./activation.js";
import { close, extended, present, renew, showOthers, shownApproval, signedTexts, summary } from "./approval.js";
import { openAccount } from "./account.js";
import { attempt, by, element, filled, firstEmpty, focusHeading, isShown, mark, retitle, say, show, sure, tell, tellRefusal, texts, time } from "./views.js";

const WAIT = 25; // seconds in which the server answers at the latest
const WARNED = 120; // seconds before the session ends that it is told
const CLOSE = 5; // seconds that the server's clock may be ahead of what is known of it
const AGAIN = 4000; // ms until a server that could not be reached is asked again
const here = { device: null, session: null, waiting: [], ahead: 0, polling: null, reached: true, lost: "", ending: 0, endsAt: 0 };
const serverClock = () => Date.now() / 1000 + here.ahead;
const request = (method, path, body, signal) => ask(method, path, body, { session: here.session, signal });

/** Show this telephone's users; the only one of them is not asked for. */
async function chooseUser({ always = false } = {}) {
  leave();
  const found = await devices();
  if (found.length === 1 && !always) { openLock(found[0]); return; }
  by("user-list").replaceChildren(...found.map((device) => {
    const button = element("button", `${device.user_id}, ${device.name}`);
    button.type = "button";
    button.addEventListener("click", () => openLock(device));
    return element("li", "", button);
  }));
  show(found.length ? "users" : "activation", { signedIn: false });
}

function openLock(device) {
  here.device = device;
  by("unlock-who").textContent = filled(texts.unlock_as, { user: device.user_id, name: device.name });
  by("unlock-pin").hidden = device.kind !== "pin";
  by("forget").hidden = true;
  by("unlock").elements.pin.value = "";
  show("unlocking", { signedIn: false });
}

function leave() {
  here.polling?.abort();
  clearTimeout(here.ending);
  by("ending").hidden = true;
  by("sure").close(""); // who was asked something is not sure
  here.session = here.polling = null;
  here.waiting = [];
  close();
}

/** Lock because the server knows the session no more: by its end, or before it, as that of a device that was removed or blocked. */
const ended = () => lock(serverClock() >= here.endsAt - CLOSE ? texts.ended : texts.closed);

function lock(told = texts.locked) {
  leave();
  openLock(here.device);
  tell(told);
}

/** Ask the server for a session, with the PIN of a device that has one; give its answer. */
async function openSession(pin, again = true) {
  const { device } = here;
  const { challenge } = await ask("POST", "/challenges", {});
  const counter = await nextCounter(device);
  const proof = await prove(device, "kodebrik-session-1", challenge, device.device, String(counter));
  const opened = await ask("POST", "/sessions", { device: device.device, counter, challenge, proof, pin });
  await countFrom(device, opened.counter);
  return opened.reason === "replayed" && again ? openSession(pin, false) : opened;
}

async function unlock() {
  const field = by("unlock").elements.pin;
  const opened = await openSession(field.value);
  mark(field, opened.reason === "wrong_pin");
  field.value = "";
  if (!opened.opened) {
    tellRefusal(opened);
    by("forget").hidden = !["removed", "refused"].includes(opened.reason);
    return;
  }
  tell("");
  here.session = opened.session;
  here.reached = true;
  const { approvals, now } = await request("GET", "/approvals");
  take(approvals, now);
  warnBefore(opened.ends_at);
  openWaiting();
  poll();
}

/** Tell two minutes before it that the session ends, with a button that keeps the app open (WCAG 2.2, 2.2.1). */
function warnBefore(ends_at) {
  by("ending").hidden = true;
  clearTimeout(here.ending);
  here.endsAt = ends_at;
  here.ending = setTimeout(() => { by("ending").hidden = false; }, 1000 * Math.max(0, ends_at - serverClock() - WARNED));
}

/** Go on with a new session where the user is; nothing that was typed is lost. */
async function stay() {
  const pin = here.device.kind === "pin" ? await sure(texts.sure_stay, texts.yes_stay, { pin: true }) : "";
  if (pin === null) return;
  const opened = await openSession(pin);
  if (!opened.opened) { tellRefusal(opened); return; }
  const former = here.session;
  here.polling.abort();
  here.session = opened.session;
  here.reached = true;
  warnBefore(opened.ends_at);
  tell(texts.stayed, true);
  if (isShown("approval")) by("digits").focus(); else focusHeading(); // the button that had the focus is hidden
  poll();
  await ask("DELETE", "/sessions", undefined, { session: former });
}

function take(approvals, now) {
  here.waiting = approvals;
  here.ahead = now - Date.now() / 1000;
}

/** Open to what waits: one approval itself, several as a list. */
function openWaiting() {
  const { waiting } = here;
  close();
  if (waiting.length === 1) { openApproval(waiting[0]); return; }
  listWaiting();
  show("waiting", { signedIn: true });
}

function listWaiting() {
  const { waiting } = here;
  by("waiting-title").textContent = waiting.length ? filled(texts.waiting_some, { count: waiting.length }) : texts.waiting_none;
  by("waiting-none").hidden = Boolean(waiting.length);
  by("waiting-several").hidden = waiting.length < 2;
  by("waiting-list").replaceChildren(...waiting.map((one) => {
    const button = element("button", "", summary(one));
    button.type = "button";
    button.className = "second";
    button.addEventListener("click", () => openApproval(one));
    return element("li", "", button);
  }));
}

function openApproval(approval) {
  tell("");
  present(approval, serverClock, (decision, digits) => attempt(() => answer(approval, decision, digits), ended));
  showOthers(approval.practice ? [] : here.waiting.filter((one) => one.id !== approval.id));
}

async function answer(approval, decision, digits) {
  const { device } = here;
  const counter = await nextCounter(device);
  const proof = await prove(device, ...signedTexts(device, counter, decision, digits, approval));
  const body = { counter, decision, digits, proof };
  if (approval.practice) {
    const { practice, ...asked } = approval;
    finish(await request("POST", "/practice/answer", { ...body, approval: asked }), "practice");
    return;
  }
  let verdict;
  try {
    verdict = await request("POST", `/approvals/${approval.id}/answer`, body);
  } catch (failure) {
    if (!(failure instanceof Unreachable)) throw failure;
    if (shownApproval()?.id !== approval.id) return; // what became of it was told meanwhile
    here.reached = false;
    here.lost = approval.id; // it may have arrived: arrived() tells when the server is reached
    tell(texts.answer_lost);
    here.polling.abort();
    poll();
    return;
  }
  await countFrom(device, verdict.counter);
  if (verdict.reason === "wrong_digits" && verdict.tries_left) {
    tellRefusal(verdict);
    by("digits").value = "";
    mark(by("digits"), true);
    return;
  }
  const others = here.waiting.filter((one) => one.id !== approval.id);
  const reported = verdict.accepted && decision === "report";
  here.waiting = reported ? [] : others;
  finish(verdict, decision, reported && others.length);
}

/** Tell the verdict over the list of what still waits: nothing opens by itself that could be taken for what was answered. */
function finish(verdict, decision, alsoDeclined = 0) {
  close();
  listWaiting();
  show("waiting", { signedIn: true });
  const also = alsoDeclined ? filled(texts.also_declined, { count: alsoDeclined }) : "";
  if (verdict.accepted) tell([texts[`accepted_${decision}`], also].filter(Boolean).join(" "), true);
  else if (verdict.reason === "wrong_digits") tell(texts.accepted_wrong_digits);
  else tellRefusal(verdict);
}

/** Ask for what waits until the session ends. */
async function poll() {
  const polling = here.polling = new AbortController();
  while (!polling.signal.aborted) {
    try {
      const known = here.waiting.map((one) => one.id).join(",");
      const { approvals, now } = await request("GET", `/approvals?wait=${here.lost ? 0 : WAIT}&known=${known}`, undefined, polling.signal);
      if (!here.reached) tell(texts.reached, true);
      here.reached = true;
      if (!polling.signal.aborted) await arrived(approvals, now);
    } catch (failure) {
      if (polling.signal.aborted) return;
      if (!(failure instanceof Unreachable)) { await attempt(() => { throw failure; }, ended); return; }
      away();
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }
}

/** Tell once that the server cannot be reached. */
function away() {
  if (here.session && here.reached) tell(texts.unreachable);
  here.reached = false;
}

/** Tell what has become of an approval that does not wait any more. */
async function tellEnd(approval) {
  const { entries } = await request("GET", "/history");
  const entry = entries.find((one) => one.approval === approval.id);
  openWaiting();
  if (entry) tell(texts[`accepted_${entry.action}`], entry.action !== "wrong_digits");
  else tell(approval.expires_at <= serverClock() ? texts.expired : texts.not_waiting);
}

async function arrived(approvals, now) {
  const before = new Set(here.waiting.map((one) => one.id));
  const isNew = approvals.some((one) => !before.has(one.id));
  take(approvals, now);
  const told = approvals.length > 1 ? `${texts.arrived} ${by("waiting-several").textContent}` : texts.arrived;
  const shown = shownApproval();
  const { lost } = here;
  here.lost = "";
  if (shown && !shown.practice) {
    const fresh = approvals.find((one) => one.id === shown.id);
    if (!fresh) { await tellEnd(shown); return; }
    if (lost === fresh.id) tell(texts.not_arrived);
    renew(fresh);
    showOthers(approvals.filter((one) => one.id !== shown.id));
  } else if (isShown("waiting")) {
    if (isNew) tell("");
    if (isNew && approvals.length === 1) { openWaiting(); say(told); return; }
    listWaiting();
    retitle();
  }
  if (isNew) say(told);
}

onActivation(async (device) => {
  here.device = device;
  openLock(device);
  tell(filled(texts.activated, { user: device.user_id }), true);
});
by("unlock").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!firstEmpty(event.target)) attempt(unlock);
});
by("stay").addEventListener("click", () => attempt(stay, ended));
window.addEventListener("offline", away);
by("forget").addEventListener("click", async () => {
  const { device } = here;
  await forget(device);
  await chooseUser();
  tell(filled(texts.removed_this, { user: device.user_id }), true);
});
by("lock").addEventListener("click", async () => {
  await attempt(() => request("DELETE", "/sessions"));
  lock();
});
by("practise").addEventListener("click", () => attempt(async () => openApproval(await request("POST", "/practice", {})), ended));
by("extend").addEventListener("click", () => attempt(async () => {
  const shown = shownApproval();
  extended(await request("POST", `/approvals/${shown.id}/extend`));
}, ended));
const pages = {
  users: () => chooseUser({ always: true }),
  activation: () => prepare().then(() => show("activation", { signedIn: false })),
  waiting: openWaiting,
  account: () => { close(); return openAccount(here, chooseUser, ended); },
};
for (const button of document.querySelectorAll("[data-go]")) {
  button.addEventListener("click", () => { tell(""); pages[button.dataset.go](); });
}
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/app/worker.js", { scope: "/app" });
await prepare();
await chooseUser();
