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
export const isShown = (id) => !by(id).hidden;

/** Say something in the live region, without moving the focus. */
export function say(text) { by("status").textContent = text; }

/** Show one view, and put the focus on its heading. */
export function show(id, { signedIn }) {
  for (const view of views) view.hidden = view.id !== id;
  by("menu").hidden = !signedIn;
  const heading = by(id).querySelector("h1");
  document.title = `${heading.textContent} – kodebrik`;
  heading.focus();
}

/** Show how something went, and say it; nothing when there is nothing to say. */
export function tell(text, good = false) {
  const box = by("outcome");
  box.hidden = !text;
  box.className = `message ${good ? "good" : "bad"}`;
  box.textContent = text;
  say(text);
}

/** Tell why the server refused, and for how long it does. */
export function tellRefusal({ reason, retry_after }) {
  const lockedToo = retry_after && reason !== "locked_out" ? texts.locked_out : "";
  tell(filled([texts[reason], lockedToo].filter(Boolean).join(" "), { seconds: retry_after }));
}

/** Do something that asks the server or the telephone's authenticator; what goes wrong is told. */
export async function attempt(act, ended) {
  try {
    return await act();
  } catch (failure) {
    if (failure instanceof Refusal && failure.id === "app-session-ended" && ended) ended();
    else if (failure instanceof Refusal) tell(failure.message);
    else if (failure instanceof Unreachable) tell(texts.unreachable);
    else if (failure instanceof DOMException && failure.name === "NotAllowedError") tell(texts.cancelled);
    else throw failure;
    return undefined;
  }
}

/** Ask whether somebody is sure; resolves to the answer. Escape is no. */
export function sure(question, yes) {
  const dialog = by("sure");
  speakable(by("sure-text"), question);
  by("sure-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}
by("sure-yes").addEventListener("click", () => by("sure").close("yes"));
by("sure-no").addEventListener("click", () => by("sure").close(""));

/** Give an element with text, and other elements in it. */
export function element(name, text = "", ...inside) {
  const made = document.createElement(name);
  made.textContent = text;
  made.append(...inside);
  return made;
}

/** Mark a field as wrong, or as right again. */
export function mark(field, wrong) {
  if (wrong) { field.setAttribute("aria-invalid", "true"); field.focus(); } else field.removeAttribute("aria-invalid");
}

/** Say which field of a form is empty that must not be, and give the first such field; null when none is. */
export function firstEmpty(form) {
  const empty = [...form.elements].find((one) => one.required && !one.value.trim() && one.checkVisibility());
  for (const one of form.elements) if (one.required) one.removeAttribute("aria-invalid");
  if (!empty) return null;
  tell(filled(texts.fill_in, { field: empty.labels[0].textContent }));
  mark(empty, true);
  return empty;
}
