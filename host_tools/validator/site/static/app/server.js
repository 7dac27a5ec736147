// The server's interface for app devices (docs/app.md).
"use strict";

export class Refusal extends Error {
  constructor({ error, hint, id }) { super([error, hint].filter(Boolean).join(" ")); this.id = id; }
}
export class Unreachable extends Error {}

const language = document.documentElement.lang;

/** Send a request; give what the answer says, null when it says nothing. Throws Refusal or Unreachable. */
export async function ask(method, path, body, { session, signal } = {}) {
  const headers = { "Accept": "application/json", "Accept-Language": language };
  if (body) headers["Content-Type"] = "application/json";
  if (session) headers.Authorization = `Device ${session}`;
  let answer;
  try {
    answer = await fetch(`/app/api${path}`, { method, headers, signal, body: body && JSON.stringify(body) });
  } catch (failure) {
    if (signal?.aborted) throw failure;
    throw new Unreachable();
  }
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => { throw new Unreachable(); });
  if (!answer.ok) throw new Refusal(said);
  return said;
}
