// Who has the app open, and what is asked of the server in their name. When the app is locked or left, all that is still under way is over: an answer that
// comes later changes nothing.
"use strict";
import { ask } from "./server.js";
import { countFrom, nextCounter, prove } from "./keys.js";

export const here = { device: null, session: null, over: new AbortController() };

/** Send a request of the session's. */
export const request = (method, path, body, signal = here.over.signal) => ask(method, path, body, { session: here.session, signal });

/** Sign texts with the device's key, after its serial number and the next count, and send them with `send`, called with the count and the proof; give its answer. */
export async function sendSigned(texts, send) {
  const { device, session, over: { signal } } = here;
  const counter = await nextCounter(device);
  const proof = await prove(device, texts(device.device, String(counter)), signal);
  const answer = await send({ counter, proof }, { session, signal });
  await countFrom(device, answer.counter);
  signal.throwIfAborted();
  return answer;
}

/** Send what the device signs with a challenge of the server's, for a purpose, with what else is signed. */
export async function sendProven(purpose, what, method, path, body) {
  const { challenge } = await ask("POST", "/challenges", {}, { signal: here.over.signal });
  return sendSigned(
    (device, counter) => [purpose, challenge, device, counter, ...what],
    (signed, as) => ask(method, path, { ...body, ...signed, challenge }, as));
}

/** End the session on this telephone. */
export function endSession() {
  here.over.abort();
  here.over = new AbortController();
  here.session = null;
}
