// One approval: what is asked, the two digits, and the three ways to approve it.
"use strict";
import { speakable } from "./spoken.js";
import { by, element, filled, focusHeading, line, mark, say, show, sure, tell, texts, time, unsure } from "./views.js";

const HOLD = 1500; // ms
const SIGNED = ["id", "nonce", "party", "party_name", "user_id", "kind", "text", "amount", "currency", "account", "place", "created_at"];
const digits = by("digits");
let open = null; // the approval that is shown
let asking = 0; // questions that are open, whether its user is sure of the answer
let typedFor = ""; // the approval whose digits are in the field: who opens the app again has them still
let decide = null; // called with a decision and the digits that were typed
let told = Infinity; // the seconds that were left when it was told last
let serverClock = () => Date.now() / 1000;

export const shownApproval = () => open;
/** Give the texts that an answer signs. */
export function signedTexts(device, counter, decision, typed, approval) {
  const purpose = approval.practice ? "kodebrik-practice-1" : "kodebrik-approval-1";
  return [purpose, device, counter, decision, typed, ...SIGNED.map((name) => approval[name])].map(String);
}

/** Show an approval; `answer` is called with what is decided about it. */
export function present(approval, clock, answer) {
  close();
  open = approval;
  decide = answer;
  serverClock = clock;
  told = Infinity;
  speakable(by("asked"), approval.text, approval.language);
  by("approval-title").textContent = approval.practice ? texts.practice_title : texts.approve_title;
  by("asked-by").textContent = approval.party_name;
  by("asked-at").textContent = time(approval.created_at);
  by("asked-from").textContent = approval.place;
  by("asked-from").hidden = by("place-label").hidden = !approval.place;
  by("practice-hint").hidden = !approval.practice;
  by("extend").hidden = Boolean(approval.practice) || !approval.extensions_left;
  if (typedFor !== approval.id) digits.value = "";
  typedFor = approval.id;
  mark(digits, false);
  count();
  show("approval", { signedIn: true });
}

/** Leave the approval that is shown, with all that was begun to answer it. */
export function close() {
  open = null;
  end();
  slide(0);
  if (asking) unsure();
}

/** Give an approval on one line. */
export const summary = (one) => line([time(one.created_at), one.place, one.party_name], one.text, one.language);

/** Show beside it what else waits, with times and places. */
export function showOthers(others) {
  by("others").hidden = !others.length;
  by("other-list").replaceChildren(...others.map((one) => element("li", "", summary(one))));
}

/** Take over the end of the approval, which the page that asks may have extended too; it is never an earlier one. */
export function renew({ expires_at, extensions_left }) {
  if (expires_at < open.expires_at) return;
  if (expires_at > open.expires_at) told = Infinity;
  Object.assign(open, { expires_at, extensions_left });
  if (!extensions_left && document.activeElement === by("extend")) digits.focus();
  by("extend").hidden = !extensions_left;
  count();
}

/** Take over a new end of the approval, and tell it. */
export function extended(end) {
  renew(end);
  say(filled(texts.extended, { left: by("left").textContent, count: end.extensions_left }));
}

function count() {
  if (!open) return;
  const left = Math.max(0, Math.ceil(open.expires_at - serverClock()));
  by("left").textContent = filled(texts.left, { time: `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` });
  if (!left || ![15, 60].some((due) => left <= due && due < told)) return;
  told = left;
  say(filled(texts.seconds_left, { seconds: left }));
}
setInterval(count, 1000);

/** Give the two digits that were typed, with or without blanks; nothing for anything else. */
const typed = () => /^\d\d$/.exec(digits.value.replace(/\s/g, ""))?.[0];

function approve() {
  tell("");
  if (!typed()) {
    tell(texts.digits_missing);
    mark(digits, true);
    return;
  }
  mark(digits, false);
  decide("approve", typed());
}

// Held: by finger, mouse, space bar or enter key.
const hold = by("hold");
let holding = 0;
let held = false; // to the end, so that the click that follows is none
function begin() {
  if (holding) return;
  held = false;
  hold.classList.add("holding");
  hold.textContent = texts.holding;
  holding = setTimeout(() => { end(); held = true; approve(); }, HOLD);
}
function end() {
  clearTimeout(holding);
  holding = 0;
  hold.classList.remove("holding");
  hold.textContent = texts.hold;
}
const isPress = (event) => event.key === " " || event.key === "Enter";
hold.addEventListener("pointerdown", (event) => { if (event.button === 0) begin(); });
for (const event of ["pointerup", "pointerleave", "pointercancel", "blur"]) hold.addEventListener(event, end);
hold.addEventListener("keydown", (event) => { if (isPress(event)) { event.preventDefault(); if (!event.repeat) begin(); } });
hold.addEventListener("keyup", (event) => {
  if (!isPress(event) || !holding) return;
  end();
  tell(texts.hold_longer); // no click follows
});
hold.addEventListener("click", () => { if (!held) tell(texts.hold_longer); held = false; });
hold.addEventListener("contextmenu", (event) => event.preventDefault());

// Swiped to the end: by a pointer that takes the handle, which is as wide as it is high, at its beginning; by keys or a screen reader in steps.
const swipe = by("swipe");
let begun = null; // how far from the beginning the pointer came down, in CSS pixels; null without one
function slide(to) {
  swipe.value = to;
  swipe.setAttribute("aria-valuetext", `${swipe.value} %`);
}
swipe.addEventListener("pointerdown", (event) => { begun = event.clientX - swipe.getBoundingClientRect().left; });
swipe.addEventListener("keydown", () => { begun = null; });
swipe.addEventListener("change", () => {
  const whole = swipe.value === swipe.max && (begun === null || begun <= swipe.offsetHeight);
  if (whole) approve();
  else if (begun === null) return;
  else tell(texts.swipe_whole);
  begun = null;
  slide(0);
});
swipe.addEventListener("input", () => slide(swipe.value));
slide(0);

/** Ask whether the user is sure; false also when the approval waits no more before they say so. Not so where they report it: that counts still. */
async function isSure(...question) {
  const asked = open;
  asking += 1;
  const answer = await sure(...question);
  asking -= 1;
  return answer !== null && open === asked;
}

// Pressed, and confirmed.
by("press").addEventListener("click", async () => {
  if (!typed()) { approve(); return; }
  const question = filled(texts.sure_approve, { party: open.party_name });
  if (await isSure(question, texts.yes_approve, { sentence: open.text, language: open.language })) approve();
});
by("decline").addEventListener("click", async () => {
  if (await isSure(texts.sure_decline, texts.yes_decline)) decide("decline", "");
});
by("report").addEventListener("click", async () => {
  const asked = open;
  const decideIt = decide;
  if (await sure(texts.sure_report, texts.yes_report) !== null) decideIt("report", "");
  else if (open !== asked) focusHeading(); // the button that had the focus is hidden
});
