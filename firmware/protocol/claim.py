"""Claiming a token without a key: a 6-digit number that is equal on both sides unless somebody sits
between them.

Plain NN alone would let a man in the middle try keys until both numbers agree. So the host commits
itself first: handshake message 1 carries commitment(nonce_host), message 2 nonce_token, and only
the CLAIM request inside the session reveals nonce_host. Whoever sits between must choose a nonce
towards either side before he knows that side's, so each handshake gives him one chance in a
million. Handshakes with the token that he breaks off count too, for as long as the host waits; a
token needs about a second for each.
"""

if False:
    from firmware.interfaces import Suite  # type: ignore[unreachable]

_NUMBERS = 1_000_000


def commitment(suite: "Suite", nonce: bytes) -> bytes:
    """The 32 bytes that bind the host to its 16-byte nonce."""
    return suite.hash(nonce)


def comparison_number(
    suite: "Suite", handshake_hash: bytes, nonce_host: bytes, nonce_token: bytes
) -> str:
    """Six digits: HMAC-SHA-256(handshake_hash, nonce_host || nonce_token), its first 8 bytes
    big-endian mod 10^6."""
    mac = suite.hmac(handshake_hash, nonce_host + nonce_token)
    number = str(int.from_bytes(mac[:8], "big") % _NUMBERS)
    return "0" * (6 - len(number)) + number
