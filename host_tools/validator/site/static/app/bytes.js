// Bytes as text.
"use strict";

/** Write bytes as base64url without padding (RFC 4648, section 5). */
export function base64url(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
