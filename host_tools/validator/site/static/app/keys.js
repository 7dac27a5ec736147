// The keys of this telephone's devices. Where the telephone can verify its user (WebAuthn, W3C level 3), it keeps the key; else the browser does, as a
// WebCrypto key that no script can read, beside which the user has a PIN that the server checks. What is kept of a device: {device, user_id, name, kind,
// key or credential, counter}, in IndexedDB.
"use strict";
import { base64url } from "./bytes.js";

const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const COSE_ES256 = -7;

/** Say whether the telephone itself can keep a key and verify its user. */
export async function verifiesUser() {
  const known = window.PublicKeyCredential;
  return Boolean(known?.prototype.toJSON && await known.isUserVerifyingPlatformAuthenticatorAvailable());
}

/** Write texts as the bytes that are signed: each after its length. */
function signedBytes(...texts) {
  return Uint8Array.from(texts.map((text) => new TextEncoder().encode(text)).flatMap((bytes) => [
    bytes.length >>> 24, (bytes.length >>> 16) & 255, (bytes.length >>> 8) & 255, bytes.length & 255, ...bytes]));
}

const hash = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** Draw a key for a user, and sign the activation with it: {kept, sent}. */
export async function draw({ challenge, user_id, name, pin }) {
  const texts = (publicKey) => signedBytes("kodebrik-activation-1", challenge, user_id, name, publicKey);
  if (pin !== undefined) {
    const pair = await crypto.subtle.generateKey(ES256, false, ["sign"]);
    const publicKey = base64url(await crypto.subtle.exportKey("spki", pair.publicKey));
    const signature = base64url(await crypto.subtle.sign(ES256, pair.privateKey, texts(publicKey)));
    return { kept: { kind: "pin", key: pair.privateKey }, sent: { kind: "pin", public_key: publicKey, pin, signature } };
  }
  const credential = await navigator.credentials.create({ publicKey: {
    rp: { name: "kodebrik" },
    user: { id: crypto.getRandomValues(new Uint8Array(32)), name: user_id, displayName: user_id },
    challenge: await hash(texts("")),
    pubKeyCredParams: [{ type: "public-key", alg: COSE_ES256 }],
    authenticatorSelection: { authenticatorAttachment: "platform", userVerification: "required" },
    attestation: "none",
  } });
  return { kept: { kind: "webauthn", credential: credential.rawId }, sent: { kind: "webauthn", credential: credential.toJSON() } };
}

/** Sign texts with a device's key; `signal` takes the request for the user's verification back. */
export async function prove(device, texts, signal) {
  const bytes = signedBytes(...texts);
  if (device.kind === "pin") return { signature: base64url(await crypto.subtle.sign(ES256, device.key, bytes)) };
  const credential = await navigator.credentials.get({ signal, publicKey: {
    challenge: await hash(bytes),
    allowCredentials: [{ type: "public-key", id: device.credential }],
    userVerification: "required",
  } });
  return { credential: credential.toJSON() };
}

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

async function store(mode, act) {
  const opening = indexedDB.open("kodebrik-app", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("devices", { keyPath: "device" });
  const database = await settled(opening);
  try {
    return await settled(act(database.transaction("devices", mode).objectStore("devices")));
  } finally {
    database.close();
  }
}

export const devices = () => store("readonly", (kept) => kept.getAll());
export const keep = (device) => store("readwrite", (kept) => kept.put(device));
export const forget = (device) => store("readwrite", (kept) => kept.delete(device.device));

/** Count on, and keep the number before it is used: none is signed with twice. */
export async function nextCounter(device) {
  device.counter += 1;
  await keep(device);
  return device.counter;
}

/** Count from what the server has, where that is further. */
export async function countFrom(device, counter) {
  if (!(counter > device.counter)) return;
  device.counter = counter;
  await keep(device);
}
