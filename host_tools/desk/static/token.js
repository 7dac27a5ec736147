// One token's part of the page: shows what the API tells, and passes on what its user does.
import { Player } from "./player.js";
import { openTrace } from "./trace.js";

const PASSES = 600; // seconds that the token lives through of a longer jump: enough for it to go off
const LOCALES = { da: "da-DK", en: "en-GB" };
const UNAUTHORISED = 3000; // a WebSocket's close code

// `page` is what the server wrote into the page, `part` its entry for this token; `secret` is the
// key to the API, and `tell` says what went wrong.
export function openToken(page, part, secret, tell) {
  const texts = page.texts;
  const root = document.getElementById(part.id);
  const $ = (name) => document.getElementById(`${part.id}-${name}`);
  const API = `${part.address}/api/v1`;

  // Every action waits for the one before it: a key goes up after it went down.
  let queue = Promise.resolve();

  async function request(method, path, body, more) {
    const isFile = body instanceof Blob;
    const kind = isFile ? "application/zip" : "application/json";
    const answer = await fetch(API + path, {
      method,
      headers: { Authorization: `Bearer ${secret}`, "Accept-Language": page.language, ...(body && { "Content-Type": kind }) },
      body: isFile ? body : body && JSON.stringify(body),
      ...more,
    });
    if (!answer.ok) throw Object.assign(new Error((await answer.json()).error), { status: answer.status });
    return answer;
  }

  const failed = (error) => tell(error.message);
  // What was told of an earlier action goes when the next one begins.
  function tried(action) {
    tell("");
    return action().catch(failed);
  }
  function queued(action) {
    return tried(() => (queue = queue.then(action).catch(failed)));
  }
  const act = (method, path, body) => queued(() => request(method, path, body));

  // What the token shows.

  const canvas = root.querySelector(".display");
  const context = canvas.getContext("2d");
  const token = root.querySelector(".token");

  function drawScreen({ width, height, pixels }) {
    const bytes = Uint8Array.from(atob(pixels), (character) => character.charCodeAt(0));
    const image = context.createImageData(width, height);
    const [ink, paper] = part.colours;
    for (let n = 0; n < width * height; n++) {
      const colour = (bytes[n >> 3] >> (7 - (n & 7))) & 1 ? ink : paper;
      image.data.set(colour, 4 * n);
      image.data[4 * n + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  // A pixel of the display is a whole number of the screen's own, as many as there is room for.
  function fit() {
    const style = getComputedStyle(token);
    const ratio = devicePixelRatio;
    const room = token.parentElement.clientWidth - 8;
    const wide = Number(style.getPropertyValue("--wide")), high = Number(style.getPropertyValue("--high"));
    const most = (room / wide) * ratio;
    const seen = ((innerHeight - 150) / high) * ratio; // at once, with what is above and below
    // Whoever zooms in wants it larger, and scrolls.
    const whole = Math.floor(Math.min(most, Math.max(seen, ratio))) || 0.9 * most;
    token.style.setProperty("--scale", whole / ratio);
    if (document.fullscreenElement === canvas) {
      const times = Math.floor(Math.min(innerWidth / canvas.width, innerHeight / canvas.height) * ratio) / ratio;
      // The browser makes it as large as the screen; what is left over is padding.
      canvas.style.padding = `${(innerHeight - canvas.height * times) / 2}px ${(innerWidth - canvas.width * times) / 2}px`;
    } else {
      canvas.style.padding = "";
    }
  }
  addEventListener("resize", fit);
  document.addEventListener("fullscreenchange", fit);
  fit();

  // A count-down is read out when it begins. Its next numbers are there for whoever looks: a screen
  // reader would say the whole text again each second, over what the token says.
  function showText(lines) {
    const shown = $("shown"), text = lines.join("\n") || texts.dark;
    const counts = !changed && countsDown(shown.textContent, text);
    shown.ariaLive = $("shown-live").checked && !counts ? "polite" : "off";
    shown.textContent = text;
    changed = false;
  }

  function addLine(list, text, language) {
    const line = element("p", text);
    if (language) line.lang = language;
    list.append(line);
    while (list.childElementCount > 50) list.firstElementChild.remove();
    list.scrollTop = list.scrollHeight;
  }

  // The token's state.

  let state = null, arrived = 0;
  let changed = false; // whether it has, since the last text

  function showState(told) {
    state = told;
    changed = true;
    arrived = performance.now();
    player?.follow(told.rate);
    $("power").textContent = told.prompt ? texts.prompt : told.powered ? texts.on : texts.off;
    $("power").classList.toggle("on", told.powered);
    token.classList.toggle("cable", told.plugged);
    token.classList.toggle("headset", told.headset === true);
    press($("cable"), told.plugged);
    if (part.speaks) press($("headset"), told.headset);
    for (const key of keys) {
      const down = told.keys_down.includes(key.dataset.key);
      key.classList.toggle("down", down);
      press(key, down);
    }
    for (const button of $("rate").children) press(button, Number(button.dataset.rate) === told.rate);
    for (const name of ["battery_mv", "drift_ppm", "temperature"]) {
      if (document.activeElement === $(name)) continue;
      $(name).value = told[name];
      $(name).ariaInvalid = "false";
    }
    $("trembles").checked = told.trembles;
    press($("record"), told.recording);
    press($("play"), told.playing);
    $("recorded").textContent = told.recording ? texts.recording : told.recorded ? texts.recorded : "";
    const toCut = told.operations_to_cut;
    const waits = toCut === null ? "" : filled(texts["to-cut"], { number: toCut.toLocaleString(LOCALES[page.language]) });
    if ($("to-cut").textContent !== waits) $("to-cut").textContent = waits;
    followTrace(told);
    showLinks(told.links);
    showTime();
  }

  function press(button, pressed) {
    button.setAttribute("aria-pressed", String(pressed));
  }

  function showTime() {
    if (!state) return;
    const now = state.time + (state.rate * (performance.now() - arrived)) / 1000;
    const time = $("time").firstElementChild;
    const written = new Date(1000 * now).toLocaleString(LOCALES[page.language], { dateStyle: "medium", timeStyle: "medium" });
    if (time.textContent !== written) time.textContent = written;
  }
  setInterval(showTime, 200);

  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    made.textContent = text;
    Object.assign(made, attributes);
    return made;
  }

  let shownLinks = "";
  function showLinks(links) {
    $("unplugged").hidden = Object.keys(links).length > 0;
    if (JSON.stringify(links) === shownLinks) return; // or the focus on a button would be lost
    shownLinks = JSON.stringify(links);
    $("links").replaceChildren(
      ...Object.entries(links).map(([kind, address]) => {
        const line = element("div", "", { className: "link" });
        const label = kind === "link" ? texts.pty : texts.network;
        const shown = element("code", address);
        const copy = element("button", texts.copy, { type: "button", ariaLabel: `${texts.copy}: ${label}` });
        copy.addEventListener("click", async () => {
          try {
            await navigator.clipboard.writeText(address);
          } catch {
            getSelection().selectAllChildren(shown); // for the user's own key
            tell(texts["not-copied"]);
            return;
          }
          copy.textContent = texts.copied;
          copy.ariaLabel = `${texts.copied}: ${label}`;
        });
        line.append(element("span", label), shown, copy);
        return line;
      }),
    );
  }

  function showSnapshots(list) {
    const focused = $("snapshots").contains(document.activeElement) && document.activeElement.ariaLabel;
    $("snapshots").replaceChildren(
      ...list.map(({ number, name }) => {
        const entry = element("li", "");
        const [again, drop] = [["restore", "POST", "/restore"], ["forget", "DELETE", ""]].map(([text, method, path]) => {
          const button = element("button", texts[text], { type: "button", ariaLabel: `${texts[text]}: ${name}` });
          button.addEventListener("click", () => act(method, `/snapshots/${number}${path}`));
          return button;
        });
        entry.append(element("span", name), again, drop);
        return entry;
      }),
    );
    // Whoever was on a button stays on it, or where the next one is made.
    const again = [...$("snapshots").querySelectorAll("button")].find((button) => button.ariaLabel === focused);
    if (focused) (again ?? $("snapshot")).focus();
  }

  // Keys: held by mouse, touch and keyboard, several at once. A click that none of these made, as a
  // screen reader makes it, is a short press.

  const keys = [...root.querySelectorAll(".key")];
  const held = new Map(); // names -> when they went down
  const pressed = new Set(); // names, until the token is told that they are up again
  const TAP = 120; // milliseconds that a finger stays on a key at least

  function down(name) {
    if (held.has(name)) return;
    player?.wake();
    held.set(name, performance.now());
    queued(() => {
      pressed.add(name);
      return request("POST", "/keys/down", { key: name });
    });
  }

  function up(name) {
    if (!held.has(name)) return;
    const left = held.get(name) + TAP - performance.now();
    held.delete(name);
    queue = queue
      .then(() => new Promise((resolve) => setTimeout(resolve, left)))
      .then(() => {
        pressed.delete(name);
        return request("POST", "/keys/up", { key: name });
      })
      .catch(failed);
  }

  // No finger is left on a key when the page is closed or reloaded.
  addEventListener("pagehide", () => {
    for (const name of pressed) request("POST", "/keys/up", { key: name }, { keepalive: true }).catch(failed);
    pressed.clear();
    held.clear();
  });

  const toggle = (name) => (held.has(name) ? up(name) : down(name));
  const sticky = () => $("sticky").checked;

  for (const key of keys) {
    const name = key.dataset.key;
    let handled = false; // by the pointer or the keyboard: the click that follows is theirs
    key.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      handled = true;
      key.setPointerCapture(event.pointerId);
      if (sticky()) toggle(name);
      else down(name);
    });
    for (const end of ["pointerup", "pointercancel"]) key.addEventListener(end, () => sticky() || up(name));
    key.addEventListener("contextmenu", (event) => event.preventDefault()); // a long touch holds the key
    key.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (event.repeat) return;
      if (sticky()) toggle(name);
      else down(name);
    });
    key.addEventListener("keyup", (event) => {
      if ((event.key === " " || event.key === "Enter") && !sticky()) up(name);
    });
    key.addEventListener("blur", () => sticky() || up(name));
    key.addEventListener("click", () => {
      if (!handled) {
        player?.wake();
        if (sticky()) toggle(name);
        else act("POST", "/press", { keys: [name] });
      }
      handled = false;
    });
  }

  // The keypad is a grid: the arrow keys go about in it, and Tab leaves it.
  const rows = [...root.querySelectorAll(".keys [role=row]")].map((row) => [...row.querySelectorAll(".key")]);
  const at = (y, x) => (rows[y].length > 1 ? rows[y][x] : x === 2 ? rows[y][0] : undefined);
  root.querySelector(".keys")?.addEventListener("keydown", (event) => {
    const y = rows.findIndex((row) => row.includes(event.target));
    const x = rows[y].length > 1 ? rows[y].indexOf(event.target) : 2;
    const place = {
      ArrowUp: [y - 1, x],
      ArrowDown: [y + 1, x],
      ArrowLeft: [y, x - 1],
      ArrowRight: [y, x + 1],
      Home: event.ctrlKey ? [0, 0] : [y, rows[y].length > 1 ? 0 : 2],
      End: event.ctrlKey ? [rows.length - 1, 2] : [y, 2],
    }[event.key];
    if (!place) return;
    event.preventDefault();
    const next = rows[place[0]] && at(...place);
    if (!next) return;
    for (const key of keys) key.tabIndex = key === next ? 0 : -1;
    next.focus();
  });

  const keyOf = (typed) => (typed === "r" ? "red" : keys.some((key) => key.dataset.key === typed) ? typed : "");

  // Shortcuts: whether there is such a key, and what it does.
  function typed(character) {
    if (keyOf(character)) sticky() ? toggle(keyOf(character)) : down(keyOf(character));
    else if (character === "u") act("PATCH", "/token", { plugged: !state.plugged });
    else if (character === "h" && part.speaks) act("PATCH", "/token", { headset: !state.headset });
    else if (character === "p") act("PATCH", "/token", { rate: state.rate ? 0 : 1 });
  }
  function untyped(character) {
    if (!sticky()) up(keyOf(character));
  }
  addEventListener("blur", () => sticky() || [...held.keys()].forEach(up)); // its keyup goes elsewhere

  // Everything else that can be done.

  // Tells of a number that is not allowed.
  function isValid(field) {
    const valid = field.checkValidity();
    field.ariaInvalid = String(!valid);
    if (!valid) {
      const [least, most] = [field.min, field.max].map((limit) => Number(limit).toLocaleString(LOCALES[page.language]));
      const wanted = texts[field.step === "any" ? "number" : "whole-number"]; // the browser's own may be in another language
      tell(`${field.labels[0].textContent}: ${filled(wanted, { least, most })}`);
    }
    return valid;
  }

  const clicked = (id, action) => $(id)?.addEventListener("click", action);
  clicked("cable", () => act("PATCH", "/token", { plugged: !state.plugged }));
  clicked("headset", () => act("PATCH", "/token", { headset: !state.headset }));
  clicked("zoom", () => canvas.requestFullscreen());
  clicked("cut", () => act("POST", "/power/cut", {}));
  clicked("reset", () => act("POST", "/reset"));
  clicked("cut-at", () => isValid($("operation")) && act("POST", "/power/cut", { operation: Number($("operation").value), mode: $("mode").value }));
  const named = () => ({ name: $("time").textContent.trim() }); // what a snapshot is called
  clicked("snapshot", () => act("POST", "/snapshots", named()));
  for (const button of root.querySelectorAll("[data-rate]")) {
    button.addEventListener("click", () => act("PATCH", "/token", { rate: Number(button.dataset.rate) }));
  }
  for (const button of root.querySelectorAll("[data-jump]")) {
    const seconds = Number(button.dataset.jump);
    // All of it before what is done next, such as a key that is pressed meanwhile.
    const jump = async () => {
      await request("POST", "/advance", { seconds: Math.min(seconds, PASSES) });
      if (seconds <= PASSES) return;
      const { time } = await (await request("GET", "/token")).json();
      await request("PATCH", "/token", { time: time + seconds - PASSES });
    };
    button.addEventListener("click", () => queued(jump));
  }
  clicked("present", () => act("PATCH", "/token", { time: Date.now() / 1000 }));
  for (const name of ["battery_mv", "drift_ppm", "temperature"]) {
    $(name).addEventListener("change", () => {
      if (isValid($(name))) act("PATCH", "/token", { [name]: Number($(name).value) });
    });
  }
  for (const [box, region] of [["shown-live", "shown"], ["captions-live", "captions"]]) {
    $(box)?.addEventListener("change", () => ($(region).ariaLive = $(box).checked ? "polite" : "off"));
  }

  async function save(path, name) {
    const address = URL.createObjectURL(await (await request("GET", path)).blob());
    element("a", "", { href: address, download: name }).click();
    URL.revokeObjectURL(address);
  }
  const saves = (id, action) => clicked(id, () => tried(action));
  saves("save-picture", () => save("/screen.png", "screen.png"));
  saves("save-scenario", () => save("/scenario", "scenario.txt"));
  saves("save-sound", async () => {
    const { elapsed } = await (await request("GET", "/token")).json();
    await save(`/speech.wav?start=${Math.max(0, elapsed - 60)}&end=${elapsed}`, "said.wav");
  });
  saves("save-state", () => save("/state", "state.zip"));
  // Behind a button, as the browser's own would not be in the page's language.
  function takesFile(button, field, action) {
    const input = $(field);
    clicked(button, () => input.click());
    input.addEventListener("change", async () => {
      const [file] = input.files;
      if (!file) return;
      await action(file);
      input.value = ""; // the same file may be chosen again
    });
  }
  takesFile("load-state", "state-file", (file) => act("PUT", `/state?${new URLSearchParams(named())}`, file));

  const followTrace = openTrace({ $, request, save, press, tried });

  // Scenarios. A key that is pressed while one is played comes in between.

  const play = (text) => tried(() => request("POST", "/scenario/play", { text, rate: state.rate || 1 }));
  clicked("record", () => act("POST", state.recording ? "/scenario/stop" : "/scenario/record"));
  clicked("play", () => (state.playing ? tried(() => request("POST", "/scenario/stop")) : play(null)));
  takesFile("play-file", "scenario-file", async (file) => play(await file.text()));
  $("trembles").addEventListener("change", () => act("PATCH", "/token", { trembles: $("trembles").checked }));

  // Sound.

  const player = part.speaks ? new Player() : null;
  clicked("sound", () => press($("sound"), player.toggle()));

  // What happens.

  const handlers = {
    state: showState,
    screen: drawScreen,
    text: showText,
    caption: ({ kind, text, language }) => addLine($("captions"), kind === "felt" ? `${texts.felt} ${text}` : text, language),
    log: ({ level, message }) => {
      if (level === "CRITICAL") tell(texts.unread);
      $("log-panel").hidden = false;
      addLine($("log"), message);
    },
    snapshots: showSnapshots,
    sound: (piece) => player?.put(piece),
  };

  function listen() {
    const socket = new WebSocket(`ws://${location.host}${API}/events?sound=${part.speaks}`);
    socket.onopen = () => {
      socket.send(secret);
      tell("");
      for (const list of [$("captions"), $("log")]) list?.replaceChildren(); // they come again
    };
    socket.onmessage = ({ data }) => {
      const [kind, told] = JSON.parse(data);
      handlers[kind](told);
    };
    socket.onclose = async ({ code }) => {
      tell(code === UNAUTHORISED ? texts.unauthorised : texts.gone);
      setTimeout(listen, 1000);
    };
  }
  if (secret) listen();

  // `settled` is for whoever waits until all that was done is answered.
  return { root, typed, untyped, player, settled: () => queue };
}

// A text of the page, with its holes filled in.
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// Whether two texts differ in one number alone, of two digits at most, that has become less.
function countsDown(before, after) {
  const [old, now] = [before, after].map((text) => text.split(/\s+/));
  const at = old.findIndex((word, n) => word !== now[n]);
  const others = old.every((word, n) => word === now[n] || n === at);
  return others && old.length === now.length && /^\d\d?$/.test(old[at]) && Number(now[at]) < Number(old[at]);
}
