// What is shown and said.
"use strict";
import { Refusal, Unreachable } from "./server.js";
import { speakable } from "./spoken.js";

export const by = (id) => document.getElementById(id);
export const texts = JSON.parse(by("texts").textContent);
const views = [...document.querySelectorAll("main > section")];
const { lang } = document.documentElement;
// With the region that the reader has set, such as en-GB, where it is of the page's language.
const shownAt = new Intl.DateTimeFormat(navigator.languages.find((one) => one.startsWith(lang)) ?? lang, { dateStyle: "medium", timeStyle: "short" });

/** Fill the {names} of a text. */
export const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
export const time = (seconds) => shownAt.format(new Date(1000 * seconds));
/** Join sentences, those that there are. */
export const sentences = (...said) => said.filter(Boolean).join(" ");
export const isShown = (id) => !by(id).hidden;

/** Say something in the live region, and in that of a question that is open, without moving the focus. */
export function say(text) { by("status").textContent = by("sure-status").textContent = text; }

/** Show one view, and put the focus on its heading. */
export function show(id, { signedIn }) {
  for (const view of views) view.hidden = view.id !== id;
  by("menu").hidden = !signedIn;
  retitle();
  focusHeading();
}

const heading = () => views.find((view) => !view.hidden).querySelector("h1");
export const focusHeading = () => heading().focus();

/** Give the window the heading of the view as its title. */
export function retitle() {
  document.title = `${heading().textContent} – kodebrik`;
}

/** Show how something went, and say it; nothing when there is nothing to say. */
export function tell(text, good = false) {
  const box = by("outcome");
  box.hidden = !text;
  box.className = `message ${good ? "good" : "bad"}`;
  box.textContent = text;
  say(text);
}

/** Tell why the server refused, how many tries are left, for how long it refuses, and what else there is to say. */
export function tellRefusal({ reason, tries_left, retry_after }, more = "") {
  const left = tries_left ? texts.tries_left : "";
  const lockedToo = retry_after && reason !== "locked_out" ? texts.locked_out : "";
  tell(filled(sentences(texts[reason], left, lockedToo, more), { count: tries_left, seconds: retry_after }));
}

/**
 * Do something that asks the server or the telephone's authenticator; what goes wrong is told, unless the app was locked or left meanwhile. `blamed` names the
 * field that is wrong by the refusal's id.
 */
export async function attempt(doing, ended, blamed = {}) {
  try {
    return await doing();
  } catch (failure) {
    if (failure instanceof Refusal && failure.id === "app-session-ended" && ended) ended();
    else if (failure instanceof Refusal) {
      tell(failure.message);
      if (blamed[failure.id]) mark(blamed[failure.id], true);
    } else if (failure instanceof Unreachable) tell(texts.unreachable);
    else if (failure instanceof DOMException && failure.name === "NotAllowedError") tell(texts.cancelled);
    else if (!(failure instanceof DOMException && failure.name === "AbortError")) throw failure;
    return undefined;
  }
}

let acts = false;
/** Attempt what is done once though it is asked for twice: nothing else begins so while it is under way. */
export async function act(...attempted) {
  if (acts) { say(texts.wait); return undefined; }
  acts = true;
  try {
    return await attempt(...attempted);
  } finally {
    acts = false;
  }
}

const dialog = by("sure");
const surePin = by("sure_pin");
let answerSure = () => {}; // answers the question that was asked last; of several answers the first counts
/**
 * Ask whether somebody is sure of what a sentence says, which may be in another language than the page, and for their PIN where one is needed.
 * Resolves to the PIN, empty where none is needed; to null when they are not sure. Escape is no.
 */
export function sure(question, yes, { sentence = "", language = "", pin = false } = {}) {
  answerSure(null); // of a question that was left
  by("sure-text").textContent = question;
  speakable(by("sure-sentence"), sentence, language);
  by("sure-yes").textContent = yes;
  by("sure-pin").hidden = !pin;
  surePin.value = by("sure-wrong").textContent = by("sure-status").textContent = "";
  mark(surePin, false);
  dialog.showModal();
  return new Promise((resolve) => { answerSure = resolve; });
}
function closeSure(answer) {
  answerSure(answer);
  surePin.value = "";
  dialog.close();
}
/** Take the question back: whoever was asked is not sure. */
export const unsure = () => closeSure(null);
export const isAsking = () => dialog.open;
// Escape. The event comes some time after the dialog was closed: one that comes when the next question is open says nothing about that.
dialog.addEventListener("close", () => { if (!dialog.open) unsure(); });
dialog.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const missing = !by("sure-pin").hidden && !surePin.value;
  by("sure-wrong").textContent = missing ? filled(texts.fill_in, { field: surePin.labels[0].textContent }) : "";
  mark(surePin, missing, "sure-wrong");
  if (!missing) closeSure(surePin.value);
});
by("sure-no").addEventListener("click", unsure);

/** Give an element with text, and other elements in it. */
export function element(name, text = "", ...inside) {
  const made = document.createElement(name);
  made.textContent = text;
  made.append(...inside);
  return made;
}

/** Give facts on one line, those that there are, and a sentence after them in its language, with numbers digit by digit for a screen reader. */
export function line(facts, sentence = "", language = "") {
  const made = element("span", facts.filter(Boolean).join(", "));
  if (!sentence) return made;
  const said = element("span");
  speakable(said, sentence, language);
  made.append(", ", said);
  return made;
}

/** Mark a field as wrong, as the element of the id `why` says, or as right again. */
export function mark(field, wrong, why = "outcome") {
  const described = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== why);
  if (wrong) described.unshift(why);
  field.setAttribute("aria-describedby", described.join(" "));
  if (!described.length) field.removeAttribute("aria-describedby");
  if (wrong) { field.setAttribute("aria-invalid", "true"); field.focus(); } else field.removeAttribute("aria-invalid");
}

/** Say which field of a form is empty that must not be, and give the first such field; null when none is. */
export function firstEmpty(form) {
  const empty = [...form.elements].find((one) => one.required && !one.value.trim() && one.checkVisibility());
  for (const one of form.elements) if (one.required) mark(one, false);
  if (!empty) return null;
  tell(filled(texts.fill_in, { field: empty.labels[0].textContent }));
  mark(empty, true);
  return empty;
}
