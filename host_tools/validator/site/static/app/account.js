// The user's devices, notices and history.
"use strict";
import { ask } from "./server.js";
import { forget, nextCounter, prove } from "./keys.js";
import { digitByDigit, speakable } from "./spoken.js";
import { attempt, by, element, filled, firstEmpty, say, show, sure, tell, tellRefusal, texts, time } from "./views.js";

/** Show them; `here` has the device and its session, `ended` is called when this device is gone. */
export function openAccount(here, ended, locked) {
  const request = (method, path, body) => ask(method, path, body, { session: here.session });

  async function fill() {
    const [{ devices }, { entries }, { notify_on_use }] = await Promise.all([
      request("GET", "/devices"), request("GET", "/history"), request("GET", "/notices")]);
    by("device-list").replaceChildren(...devices.map(deviceLine));
    by("history-list").replaceChildren(...entries.map((one) => element("li", [
      time(one.at), texts[`event_${one.action}`], one.name, one.party_name, one.text].filter(Boolean).join(", "))));
    by("notify").checked = notify_on_use;
  }

  function deviceLine(device) {
    const used = device.last_used_at ? filled(texts.last_used, { time: time(device.last_used_at) }) : texts.never_used;
    const own = device.this ? texts.this_device : "";
    const button = element("button", filled(texts.remove_named, { name: device.name }));
    button.type = "button";
    button.className = "second";
    button.addEventListener("click", () => attempt(() => remove(device), locked));
    return element("li", [device.name, own, used].filter(Boolean).join(", "), element("br"), button);
  }

  async function remove(device) {
    if (!await sure(filled(texts.sure_remove, { name: device.name }), texts.yes_remove)) return;
    await request("DELETE", `/devices/${device.device}`);
    if (device.this) {
      await forget(here.device);
      await ended();
      tell(filled(texts.removed_this, { user: here.device.user_id }), true);
      return;
    }
    await fill();
    tell(filled(texts.removed, { name: device.name }), true);
    by("account").querySelector("h1").focus();
  }

  async function another() {
    tell("");
    const form = by("another");
    if (firstEmpty(form)) return;
    const { challenge } = await ask("POST", "/challenges", {});
    const counter = await nextCounter(here.device);
    const proof = await prove(here.device, "kodebrik-new-device-1", challenge, here.device.device, String(counter));
    const made = await request("POST", "/devices/codes", { counter, challenge, proof, pin: by("pin_again").value });
    by("pin_again").value = "";
    if (!made.activation_code) { tellRefusal(made); return; }
    const code = made.activation_code.replace(/^(\d{4})/, "$1 ");
    const told = filled(texts.new_code, { code, time: time(made.expires_at) });
    speakable(by("another-code"), told);
    by("another-code").hidden = false;
    say(digitByDigit(told));
  }

  async function notify() {
    await request("PUT", "/notices", { notify_on_use: by("notify").checked });
    tell(texts.notices_saved, true);
  }

  by("another-code").hidden = true;
  by("again").hidden = here.device.kind !== "pin";
  by("another").onsubmit = (event) => { event.preventDefault(); attempt(another, locked); };
  by("notify").onchange = () => attempt(notify, locked);
  return attempt(async () => { await fill(); show("account", { signedIn: true }); }, locked);
}
