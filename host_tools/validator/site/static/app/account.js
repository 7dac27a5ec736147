// The user's devices, notices and history.
"use strict";
import { here, request, sendProven } from "./session.js";
import { digitByDigit, speakable } from "./spoken.js";
import { act, attempt, by, element, filled, focusHeading, isShown, line, say, sure, tell, tellRefusal, texts, time } from "./views.js";

/** Ask whether the user is sure, and send what they want with the PIN and a new signature; null when they are not, or it is refused, which is told. */
export async function signedAnew(ended, question, yes, purpose, what, method, path, body = {}) {
  tell("");
  const pin = await sure(question, yes, { pin: here.device.kind === "pin" });
  if (pin === null) return null;
  const done = await act(() => sendProven(purpose, what, method, path, { ...body, pin }), ended);
  if (done?.accepted === false) tellRefusal(done);
  return done?.accepted === false ? null : done;
}

/** Have them filled in, and `arrived` called; `ended` is called when the session is over, `gone` when this device was removed. */
export function openAccount(arrived, ended, gone) {
  async function fill() {
    const [{ devices }, { entries }, { notify_on_use, reachable }] = await Promise.all([
      request("GET", "/devices"), request("GET", "/history"), request("GET", "/notices")]);
    by("device-list").replaceChildren(...devices.map(deviceLine));
    by("history-list").replaceChildren(...entries.map((one) => element("li", "",
      line([time(one.at), filled(texts[`event_${one.action}`], one), one.name, one.party_name], one.text, one.language))));
    by("notify").checked = notify_on_use;
    by("notify").disabled = !reachable;
    by("no-notices").hidden = reachable;
  }

  function deviceLine(device) {
    const used = device.last_used_at ? filled(texts.last_used, { time: time(device.last_used_at) }) : texts.never_used;
    const own = device.this ? texts.this_device : "";
    const button = element("button", filled(texts.remove_named, { name: device.name }));
    button.type = "button";
    button.className = "second";
    button.addEventListener("click", () => attempt(() => remove(device), ended));
    return element("li", [device.name, own, used].filter(Boolean).join(", "), element("br"), button);
  }

  async function remove(device) {
    const question = filled(texts.sure_remove, { name: device.name });
    if (!await signedAnew(ended, question, texts.yes_remove, "kodebrik-remove-device-1", [device.device], "POST", `/devices/${device.device}/remove`)) return;
    if (device.this) { await gone(); return; }
    await fill();
    tell(filled(texts.removed_other, { name: device.name }), true);
    if (isShown("account")) focusHeading(); // the button that had the focus is gone
  }

  async function another() {
    const made = await signedAnew(ended, texts.sure_another, texts.yes_another, "kodebrik-new-device-1", [], "POST", "/devices/codes");
    if (!made) return;
    const code = made.activation_code.replace(/\d{4}(?=\d)/g, "$& ");
    const told = (written) => filled(texts.new_code, { code: written, time: time(made.expires_at) });
    const spoken = told(digitByDigit(code));
    speakable(by("another-code"), told(code), "", spoken);
    by("another-code").hidden = false;
    say(spoken);
  }

  async function notify(chosen) {
    const question = chosen ? texts.sure_notify : texts.sure_quiet;
    if (!await signedAnew(ended, question, texts.yes_notify, "kodebrik-notices-1", [String(chosen)], "PUT", "/notices", { notify_on_use: chosen })) return;
    by("notify").checked = chosen;
    tell(texts.notices_saved, true);
  }

  by("another-code").hidden = true;
  by("another").onclick = () => attempt(another, ended);
  by("notify").onchange = () => {
    const chosen = by("notify").checked;
    by("notify").checked = !chosen; // until it is saved
    attempt(() => notify(chosen), ended);
  };
  return attempt(async () => { await fill(); arrived(); }, ended);
}
