// Records one prompt after the other. Focus goes where the next press belongs: whoever does not touch the mouse
// presses the space bar to record, to stop, for the next prompt, to record…
const KEY_CLICK = 0.2; // seconds left out at both ends: they hold the sound of the key that was pressed
const [record, play, previous, next] = ["record", "play", "previous", "next"].map((id) => document.getElementById(id));
const [status, meter, player] = ["status", "level", "player"].map((id) => document.getElementById(id));
const entries = [...document.querySelectorAll("#list button")];
const words = document.body.dataset;
let at = Math.max(0, entries.findIndex((entry) => !("recorded" in entry.dataset)));
let microphone = null; // { context, pieces } once it was allowed
let live = false;

const address = () => `takes/${encodeURIComponent(entries[at].dataset.name)}`;
const say = (text) => { status.textContent = text; };

function show() {
  const { name, manner } = entries[at].dataset;
  document.getElementById("prompt").textContent = entries[at].querySelector("span").textContent;
  document.getElementById("manner").textContent = manner;
  document.getElementById("place").textContent = `${at + 1} / ${entries.length} · ${name}`;
  for (const entry of entries) {
    entry.toggleAttribute("aria-current", entry === entries[at]);
    entry.querySelector(".mark").hidden = !("recorded" in entry.dataset);
  }
  entries[at].setAttribute("aria-current", "step");
  play.disabled = live || !("recorded" in entries[at].dataset);
  previous.disabled = live || at === 0;
  next.disabled = live || at === entries.length - 1;
  record.textContent = live ? record.dataset.stop : record.dataset.record;
  record.classList.toggle("live", live);
}

function go(to) {
  at = to;
  show();
  const done = "recorded" in entries[at].dataset ? ` – ${words.done}` : "";
  say([`${at + 1} / ${entries.length}:`, entries[at].querySelector("span").textContent, entries[at].dataset.manner].join(" ").trim() + done);
  record.focus();
}

async function listen() {
  const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getUserMedia({ audio });
  const context = new AudioContext();
  await context.audioWorklet.addModule("../static/capture.js");
  const capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
  const opened = { context, pieces: [] };
  capture.port.onmessage = ({ data }) => {
    const peak = data.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-3);
    meter.value = Math.max(20 * Math.log10(peak), meter.value - 1);
    if (live) opened.pieces.push(data);
  };
  context.createMediaStreamSource(stream).connect(capture);
  return opened;
}

// A WAV file of 16-bit samples, mono.
function wav(pieces, rate) {
  const all = new Float32Array(pieces.reduce((count, piece) => count + piece.length, 0));
  pieces.reduce((place, piece) => { all.set(piece, place); return place + piece.length; }, 0);
  const kept = all.subarray(KEY_CLICK * rate, Math.max(KEY_CLICK * rate, all.length - KEY_CLICK * rate));
  const view = new DataView(new ArrayBuffer(44 + 2 * kept.length));
  const text = (place, letters) => [...letters].forEach((letter, n) => view.setUint8(place + n, letter.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + 2 * kept.length, true); text(8, "WAVEfmt "); view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); view.setUint16(22, 1, true); view.setUint32(24, rate, true); view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true); view.setUint16(34, 16, true); text(36, "data"); view.setUint32(40, 2 * kept.length, true);
  kept.forEach((sample, n) => view.setInt16(44 + 2 * n, Math.max(-1, Math.min(1, sample)) * 32767, true));
  return kept.length ? view.buffer : null;
}

async function begin() {
  try {
    microphone ??= await listen();
  } catch {
    say(words.refused);
    return;
  }
  await microphone.context.resume();
  microphone.pieces = [];
  player.pause();
  live = true;
  status.textContent = ""; // nothing that a screen reader would say into the microphone
  show();
}

async function end() {
  live = false;
  show();
  const content = wav(microphone.pieces, microphone.context.sampleRate);
  if (!content) {
    say(words.empty);
    return;
  }
  say(words.checking);
  record.disabled = true;
  try {
    const answer = await fetch(address(), { method: "POST", body: content, headers: { "Content-Type": "audio/wav" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const { kept, message } = await answer.json();
    if (kept) entries[at].dataset.recorded = "";
    record.disabled = false;
    show();
    say(message);
    (kept && !next.disabled ? next : record).focus();
  } catch {
    record.disabled = false;
    say(words.lost);
    record.focus();
  }
}

record.addEventListener("click", () => (live ? end() : begin()));
play.addEventListener("click", () => {
  player.src = `${address()}?${Date.now()}`; // it may have been recorded again
  player.play();
});
previous.addEventListener("click", () => go(at - 1));
next.addEventListener("click", () => go(at + 1));
entries.forEach((entry, number) => entry.addEventListener("click", () => { if (!live) go(number); }));
show();
