// The app: which user, open or locked, and what waits. No build step.
"use strict";
import { ask, Unreachable } from "./server.js";
import { devices, forget } from "./keys.js";
import { endSession, here, request, sendProven, sendSigned } from "./session.js";
import { onActivation, prepare } from "./activation.js";
import { close, extended, present, renew, showOthers, shownApproval, signedTexts, summary } from "./approval.js";
import { openAccount, signedAnew } from "./account.js";
import { act, attempt, by, element, filled, firstEmpty, focusHeading, isAsking, isShown, mark, retitle, say, sentences, show, sure, tell, tellRefusal, texts, time, unsure } from "./views.js";

const WAIT = 25; // seconds in which the server answers at the latest
const WARNED = 120; // seconds before the session ends that it is told
const CLOSE = 5; // seconds that the server's clock may be ahead of what is known of it
const ENDED = ["expired", "not_waiting", "wrong_digits"]; // reasons of an answer to what waits no more
const AGAIN = 4000; // ms until a server that could not be reached is asked again
let waiting = []; // approvals
let report = null; // by which nobody can ask the user
let polling = null; // what ends the poll that is under way, while the app is open
let page = ""; // that was chosen last
let told = ""; // the id of the approval whose end was told last
let lost = null; // an approval whose answer may have arrived or not
let over = null; // an approval that waits no more, and that somebody else may have begun: it can be reported still
let reached = true; // whether the server was, when it was asked last
let ahead = 0; // seconds that the server's clock is ahead of this one
let endsAt = 0; // the session, by the server's clock
let warning = 0; // the timer of its end
const serverClock = () => Date.now() / 1000 + ahead;

/** Show this telephone's users; the only one of them is not asked for. */
async function chooseUser({ always = false } = {}) {
  const found = await devices();
  leave();
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
  endSession();
  polling?.abort();
  clearTimeout(warning);
  by("ending").hidden = true;
  unsure();
  polling = lost = over = null;
  waiting = [];
  report = null;
  close();
}

/** Lock because the server knows the session no more: by its end, or before it, as that of a device that was removed or blocked. */
const ended = () => lock(serverClock() >= endsAt - CLOSE ? texts.ended : texts.closed);

function lock(why = texts.locked) {
  leave();
  openLock(here.device);
  tell(why);
}

/** Ask the server for a session, with the PIN of a device that has one; give its answer. */
async function openSession(pin, again = true) {
  const opened = await sendProven("kodebrik-session-1", [], "POST", "/sessions", { device: here.device.device, pin });
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
  reached = true;
  take(await request("GET", "/approvals"));
  warnBefore(opened.ends_at);
  openWaiting();
  poll();
}

/** Tell two minutes before it that the session ends, with a button that keeps the app open (WCAG 2.2, 2.2.1). */
function warnBefore(ends_at) {
  by("ending").hidden = true;
  clearTimeout(warning);
  endsAt = ends_at;
  warning = setTimeout(() => {
    by("ending").hidden = false;
    if (isAsking()) say(by("ending").firstElementChild.textContent); // what is behind a question is not heard
  }, 1000 * Math.max(0, ends_at - serverClock() - WARNED));
}

/** Go on with a new session where the user is; nothing that was typed is lost. The former one ends by itself. */
async function stay() {
  const pin = here.device.kind === "pin" ? await sure(texts.sure_stay, texts.yes_stay, { pin: true }) : "";
  if (pin === null) return;
  const opened = await act(() => openSession(pin), ended);
  if (!opened) return;
  if (!opened.opened) { tellRefusal(opened); return; }
  here.session = opened.session;
  reached = true;
  warnBefore(opened.ends_at);
  tell(texts.stayed, true);
  if (isShown("approval")) by("digits").focus(); else focusHeading(); // the button that had the focus is hidden
  poll();
}

function take(answered) {
  waiting = answered.approvals;
  report = answered.report;
  ahead = answered.now - Date.now() / 1000;
}

/** Open to what waits: one approval itself, several as a list. */
function openWaiting() {
  close();
  if (waiting.length === 1) { openApproval(waiting[0]); return; }
  listWaiting();
  show("waiting", { signedIn: true });
}

function listWaiting() {
  const none = report ? texts.reported : texts.waiting_none;
  by("waiting-title").textContent = { 0: none, 1: texts.waiting_one }[waiting.length] ?? filled(texts.waiting_some, { count: waiting.length });
  by("waiting-none").hidden = Boolean(report || waiting.length);
  by("reported").hidden = !report;
  if (report) {
    const { reported_at, state, party_name } = report;
    const used = state === "approved" && filled(texts.accepted_report_approved, { party: party_name });
    by("reported-what").textContent = sentences(filled(texts.reported_what, { time: time(reported_at) }), used);
  }
  by("over").hidden = !over || Boolean(report);
  if (over) by("over-what").replaceChildren(summary(over));
  by("waiting-several").hidden = waiting.length < 2;
  by("waiting-list").replaceChildren(...waiting.map((one) => {
    const button = element("button", "", summary(one));
    button.type = "button";
    button.className = "second";
    button.addEventListener("click", () => { page = "approval"; openApproval(one); });
    return element("li", "", button);
  }));
}

function openApproval(approval) {
  tell("");
  present(approval, serverClock, (decision, digits) => act(() => answer(approval, decision, digits), ended));
  showOthers(approval.practice ? [] : waiting.filter((one) => one.id !== approval.id));
}

async function answer(approval, decision, digits) {
  told = "";
  const path = approval.practice ? "/practice/answer" : `/approvals/${approval.id}/answer`;
  let verdict;
  try {
    verdict = await sendSigned(
      (device, counter) => signedTexts(device, counter, decision, digits, approval),
      (signed, as) => ask("POST", path, { ...signed, decision, digits, ...approval.practice && { approval } }, as));
  } catch (failure) {
    if (!(failure instanceof Unreachable) || approval.practice) throw failure;
    if (told === approval.id) return;
    reached = false;
    lost = approval; // it may have arrived: arrived() tells when the server is reached
    tell(texts.answer_lost);
    poll();
    return;
  }
  const reported = verdict.accepted && decision === "report" && !approval.practice;
  if (told === approval.id && !reported) return;
  if (verdict.reason === "wrong_digits" && verdict.tries_left) {
    tellRefusal(verdict);
    if (shownApproval()?.id !== approval.id) return;
    by("digits").value = "";
    mark(by("digits"), true);
    return;
  }
  waiting = reported ? [] : waiting.filter((one) => one.id !== approval.id);
  if (reported) report = { id: approval.id, reported_at: serverClock(), state: verdict.ended.state, party_name: approval.party_name };
  if (reported) over = null;
  else if (ENDED.includes(verdict.reason)) over = approval;
  told = approval.id;
  toList();
  if (reported) tell(whatEnded(approval, verdict.ended), true);
  else if (verdict.accepted) tell(texts[`accepted_${approval.practice ? "practice" : decision}`], true);
  else if (verdict.reason === "wrong_digits") tell(sentences(texts.accepted_wrong_digits, stillReported()));
  else tellRefusal(verdict, stillReported());
}

/** Say where what waits no more can be reported still, if that is shown. */
const stillReported = () => isShown("waiting") && isShown("over") && texts.still_reported;

/** Say what has become of an approval that was reported, and what else the report has ended. */
function whatEnded({ party_name }, { state, declined, cancelled, signed_out }) {
  const also = Object.entries({ also_declined: declined, also_cancelled: cancelled, also_signed_out: signed_out });
  return sentences(
    filled(texts[`accepted_report_${state}`], { party: party_name }),
    texts.accepted_report,
    ...also.map(([name, count]) => count && filled(texts[name], { count })));
}

/** Show the list of what waits, over which an outcome is told: nothing opens by itself that could be taken for what was answered. Devices and history stay. */
function toList() {
  if (isShown("account")) return;
  close();
  listWaiting();
  show("waiting", { signedIn: true });
}

/** Ask for what waits until the session ends. */
async function poll() {
  polling?.abort();
  const { signal } = polling = new AbortController();
  while (!signal.aborted) {
    try {
      const known = [...waiting, report].filter(Boolean).map((one) => one.id).join(",");
      const answered = await request("GET", `/approvals?wait=${reached ? WAIT : 0}&known=${known}`, undefined, signal);
      if (!reached && !lost) tell(texts.reached, true);
      reached = true;
      await arrived(answered);
    } catch (failure) {
      if (signal.aborted) return;
      if (!(failure instanceof Unreachable)) { await attempt(() => { throw failure; }, ended); return; }
      away();
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }
}

/** Tell once that the server cannot be reached. */
function away() {
  if (polling && reached) tell(texts.unreachable);
  reached = false;
}

/** Tell what has become of an approval that does not wait any more, unless its user has left it or it was told meanwhile. */
async function tellEnd(approval, isLost) {
  const { entries } = await request("GET", "/history");
  const entry = entries.find((one) => one.approval === approval.id);
  if (told === approval.id || !isLost && shownApproval()?.id !== approval.id) return;
  told = approval.id;
  const own = entry?.device === here.device.device;
  over = own ? null : approval;
  if (entry || isShown("account")) toList(); else openWaiting();
  if (entry?.action === "report" && !report) tell(texts.not_waiting); // it was lifted since
  else if (entry) tell(sentences(!own && filled(texts.elsewhere, entry), texts[`accepted_${entry.action}`], stillReported()), entry.action !== "wrong_digits");
  else tell(sentences(approval.expires_at <= serverClock() ? texts.expired : texts.not_waiting, stillReported()));
}

async function arrived(answered) {
  const { approvals } = answered;
  const before = new Set(waiting.map((one) => one.id));
  const isOther = approvals.length < before.size || report?.id !== answered.report?.id;
  const isNew = approvals.some((one) => !before.has(one.id));
  const isLifted = report && !answered.report;
  const isReported = answered.report && !report;
  take(answered);
  const news = sentences(isLifted && texts.lifted_elsewhere, texts.arrived, approvals.length > 1 && by("waiting-several").textContent);
  const shown = shownApproval()?.practice ? null : shownApproval();
  const waits = (one) => approvals.some(({ id }) => id === one.id);
  const gone = [lost, shown].find((one) => one && !waits(one));
  if (gone) {
    const isLost = gone === lost;
    await tellEnd(gone, isLost);
    if (isLost && gone === lost) lost = null; // another answer may have been lost meanwhile
    return;
  }
  if (lost) tell(texts.not_arrived);
  lost = null;
  if (isLifted) tell(texts.lifted_elsewhere, true);
  else if (isReported) tell(""); // what was told before may not be so any more
  if (shown) {
    renew(approvals.find((one) => one.id === shown.id));
    showOthers(approvals.filter((one) => one.id !== shown.id));
  } else if (isShown("waiting")) {
    if (isNew && !isLifted) tell("");
    if (isNew && approvals.length === 1) { openWaiting(); say(news); return; }
    listWaiting();
    retitle();
    if (isOther && !isLifted) say(by("waiting-title").textContent);
  }
  if (isNew) say(news);
}

onActivation(async (device) => {
  here.device = device;
  openLock(device);
  tell(filled(texts.activated, { user: device.user_id }), true);
});
by("unlock").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!firstEmpty(event.target)) act(unlock);
});
by("stay").addEventListener("click", () => attempt(stay, ended));
window.addEventListener("offline", away);
window.addEventListener("online", () => { if (polling) poll(); });
/** Let the user be asked again. */
async function lift() {
  const { id } = report;
  if (!await signedAnew(ended, texts.sure_lift, texts.yes_lift, "kodebrik-lift-report-1", [id], "POST", `/reports/${id}/lift`)) return;
  if (report?.id === id) report = null;
  if (isShown("waiting")) toList();
  tell(texts.lifted, true);
}
by("lift").addEventListener("click", () => attempt(lift, ended));
by("report-over").addEventListener("click", async () => {
  const approval = over;
  if (await sure(texts.sure_report, texts.yes_report) !== null) await act(() => answer(approval, "report", ""), ended);
});
async function forgetDevice() {
  const { device } = here;
  await forget(device);
  await chooseUser();
  tell(filled(texts.removed_this, { user: device.user_id }), true);
}
by("forget").addEventListener("click", forgetDevice);
by("lock").addEventListener("click", () => {
  const { session } = here;
  lock();
  attempt(() => ask("DELETE", "/sessions", undefined, { session }));
});
by("extend").addEventListener("click", () => act(async () => {
  const end = await request("POST", `/approvals/${shownApproval().id}/extend`);
  waiting = waiting.map((one) => one.id === end.id ? end : one);
  if (shownApproval()?.id === end.id) extended(end);
}, ended));
const pages = {
  users: () => chooseUser({ always: true }),
  activation: () => attempt(async () => { await prepare(); show("activation", { signedIn: false }); }),
  waiting: openWaiting,
  account: () => openAccount(() => { if (page === "account") { close(); show("account", { signedIn: true }); } }, ended, forgetDevice),
  practice: () => attempt(async () => {
    const asked = await request("POST", "/practice", {});
    if (page === "practice") openApproval(asked);
  }, ended),
};
for (const button of document.querySelectorAll("[data-go]")) {
  button.addEventListener("click", () => { tell(""); page = button.dataset.go; pages[page](); });
}
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/app/worker.js", { scope: "/app" });
await prepare();
await chooseUser();
