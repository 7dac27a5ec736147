// Sentences as a screen reader is to say them.
"use strict";

/** Give the sign that stands between groups of thousands in a language. */
const groupSign = (language) => new Intl.NumberFormat(language).formatToParts(1e6).find(({ type }) => type === "group").value;

/**
 * Write each number of a sentence digit by digit. What stands between digits, as in 2.50 or 9978 000123456, is heard as a pause, and goes only where it is
 * certain to group thousands: by the sentence's language, where that is known.
 */
export function digitByDigit(sentence, language = "") {
  const sign = language && `\\${groupSign(language)}`;
  const grouped = language && `(?<![\\d.,])[1-9]\\d{0,2}(?:${sign}\\d{3})+(?!${sign}?\\d)|`;
  const number = new RegExp(`(${grouped}\\d+)([.,\\s](?=\\d))?`, "g");
  return sentence.replace(number, (_, found, between) => [...found.replace(/\D/g, "")].join(" ") + (between ? ", " : ""));
}

/** Write a sentence into an element: as it is for eyes, and with numbers digit by digit for a screen reader, in its language if that is known; or as `said`. */
export function speakable(element, sentence, language = "", said = digitByDigit(sentence, language)) {
  if (language) element.lang = language;
  else element.removeAttribute("lang");
  const seen = document.createElement("span");
  const spoken = document.createElement("span");
  seen.ariaHidden = "true";
  seen.textContent = sentence;
  spoken.className = "quiet";
  spoken.textContent = said;
  element.replaceChildren(seen, spoken);
}
