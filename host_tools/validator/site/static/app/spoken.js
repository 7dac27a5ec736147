// Sentences as a screen reader is to say them.
"use strict";

/** Write each number of a sentence digit by digit. Dots and commas that group thousands go; others, as in 2,50 or 15.1.2027, are heard as a pause. */
export function digitByDigit(sentence) {
  return sentence.replace(/\d+(?:[.,\s]\d+)*/g, (number) => {
    const [first, ...rest] = number.split(/(?=[.,\s])/);
    const spaced = (digits) => [...digits].join(" ");
    return rest.reduce((said, group) => {
      const pause = /^[.,]/.test(group) && group.length !== 4;
      return `${said}${pause ? "," : ""} ${spaced(group.slice(1))}`;
    }, spaced(first));
  });
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
