// Activation of a device: the user's code, a name, and a key of this telephone's.
"use strict";
import { ask } from "./server.js";
import { draw, keep, verifiesUser } from "./keys.js";
import { speakable } from "./spoken.js";
import { act, attempt, by, firstEmpty, mark, say, tell, texts } from "./views.js";

const GOOD = 270000; // ms in which the number of a challenge can be answered: the server takes it for five minutes
const form = by("activate");
const fields = form.elements;
const way = () => fields.way.value;
let numbered = ""; // the challenge whose number is shown
let given = -GOOD; // when, in ms

/** Show what this telephone and the chosen way need. */
export async function prepare() {
  const verified = await verifiesUser();
  by("new-pin").hidden = verified;
  by("verified").hidden = !verified;
  by("of-token").hidden = way() !== "token";
  if (way() === "token") await renewNumber();
}
for (const choice of fields.way) {
  choice.addEventListener("change", () => attempt(async () => {
    await prepare();
    say(way() === "token" ? texts.token_fields : "");
  }));
}

/** Show another number for a token that asks for one, if the one that is shown is old; say whether one was shown in its place. */
async function renewNumber() {
  if (performance.now() < given + GOOD) return false;
  const seen = Boolean(numbered) && by("token-number-shown").open;
  const { challenge } = await ask("POST", "/challenges", {});
  const { number } = await ask("POST", "/challenges/number", { challenge });
  numbered = challenge;
  given = performance.now();
  speakable(by("token-number"), number);
  return seen;
}

/** Have `activated` called with each device that was activated. */
export function onActivation(activated) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    tell("");
    if (firstEmpty(form)) return;
    const pin = by("new-pin").hidden ? undefined : fields.new_pin.value;
    if (pin !== undefined && pin !== fields.same_pin.value) {
      tell(texts.pins_differ);
      mark(fields.same_pin, true);
      return;
    }
    const device = await act(() => activate(pin), undefined, {
      "app-pin-invalid": fields.new_pin, "app-pin-simple": fields.new_pin, "app-name-invalid": fields.name, "app-not-activated": fields.code,
    });
    if (!device) return;
    form.reset();
    await activated(device);
  });
}

async function activate(pin) {
  const user_id = fields.user_id.value.trim();
  const name = fields.name.value.trim();
  if (way() === "token" && await renewNumber()) {
    tell(texts.number_renewed);
    mark(fields.code, true);
    return null;
  }
  const challenge = way() === "token" ? numbered : (await ask("POST", "/challenges", {})).challenge;
  const { kept, sent } = await draw({ challenge, user_id, name, pin });
  const code = fields.code.value.replaceAll(/[\s-]/g, "");
  const proven = way() === "token" ? { code } : { activation_code: code };
  if (way() === "token" && fields.user_pin.value) proven.user_pin = fields.user_pin.value;
  const made = await ask("POST", "/devices", { challenge, user_id, name, key: sent, replaces_others: fields.replaces.checked, ...proven });
  const device = { ...kept, device: made.device, user_id: made.user_id, name: made.name, counter: made.counter };
  await keep(device);
  given = -GOOD;
  return device;
}
