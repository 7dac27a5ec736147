// Sentences as a screen reader is to say them.
"use strict";

/** Write each number of a sentence digit by digit; of "2.300,50" the comma stays, and is said. */
export function digitByDigit(sentence) {
  return sentence.replace(/\d[\d.,\s]*\d/g, (number) => {
    const cents = /[.,](\d\d)$/.exec(number);
    const whole = cents ? number.slice(0, cents.index) : number;
    const digits = (text) => [...text.replace(/\D/g, "")].join(" ");
    return cents ? `${digits(whole)}, ${digits(cents[1])}` : digits(whole);
  });
}
