// Sentences as a screen reader is to say them.
"use strict";

// A number in groups of thousands, or digits alone; and what stands between it and another number.
const NUMBER = /((?<!\d)\d{1,3}(?:([.,\s])\d{3}(?:\2\d{3})*)(?!\d)|\d+)(?:[.,\s](?=\d))?/g;

/** Write each number of a sentence digit by digit. What groups thousands goes; what else stands between digits, as in 2,50 or 9978 000123456, is heard as a pause. */
export function digitByDigit(sentence) {
  return sentence.replace(NUMBER, (found, number) => [...number.replace(/\D/g, "")].join(" ") + (found === number ? "" : ", "));
}

/** Write a sentence into an element: as it is for eyes, and with numbers digit by digit for a screen reader, in its language if that is known. */
export function speakable(element, sentence, language = "") {
  if (language) element.lang = language;
  else element.removeAttribute("lang");
  const seen = document.createElement("span");
  const spoken = document.createElement("span");
  seen.ariaHidden = "true";
  seen.textContent = sentence;
  spoken.className = "quiet";
  spoken.textContent = digitByDigit(sentence);
  element.replaceChildren(seen, spoken);
}
