// The server's interface for app devices (docs/app.md).
"use strict";

export class Refusal extends Error {
  constructor({ error, hint, id }) { super([error, hint].filter(Boolean).join(" ")); this.id = id; }
}
export class Unreachable extends Error {}

const language = document.documentElement.lang;

/** Send a request; give what the answer says, null when it says nothing. Throws Refusal or Unreachable, or what `signal` was aborted with. */
export async function ask(method, path, body, { session, signal } = {}) {
  const headers = { "Accept": "application/json", "Accept-Language": language };
  if (body) headers["Content-Type"] = "application/json";
  if (session) headers.Authorization = `Device ${session}`;
  let answer;
  let said;
  try {
    answer = await fetch(`/app/api${path}`, { method, headers, signal, body: body && JSON.stringify(body) });
    said = answer.status === 204 ? null : await answer.json();
  } catch {
    signal?.throwIfAborted();
    throw new Unreachable();
  }
  if (!answer.ok) throw new Refusal(said);
  return said;
}
