"""Claiming a token without a key: a 6-digit number that is equal on both sides unless there is a
man in the middle.

With plain NN, a man in the middle could try keys until both numbers agree. So the host commits
first: handshake message 1 carries commitment(nonce_host), message 2 nonce_token, and only the CLAIM
request inside the session reveals nonce_host. The man in the middle must then choose a nonce for
each side before knowing that side's own, so each handshake gives one chance in a million.
Handshakes with the token that are broken off count too, for as long as the host waits; a token
needs about a second for each.
"""

if False:
    from firmware.interfaces import Primitives  # type: ignore[unreachable]

_NUMBERS = 1_000_000


def commitment(primitives: "Primitives", nonce: bytes) -> bytes:
    """Return the 32 bytes that commit the host to its 16-byte nonce."""
    return primitives.hash(nonce)


def comparison_number(
    primitives: "Primitives", handshake_hash: bytes, nonce_host: bytes, nonce_token: bytes
) -> str:
    """Return six digits: HMAC-SHA-256(handshake_hash, nonce_host || nonce_token), its first 8 bytes
    big-endian mod 10^6."""
    mac = primitives.hmac(handshake_hash, nonce_host + nonce_token)
    number = str(int.from_bytes(mac[:8], "big") % _NUMBERS)
    return "0" * (6 - len(number)) + number
