"""Fingerprints of secrets, which the token never returns themselves."""

from firmware.protocol.messages import FINGERPRINT_SIZE

if False:
    from firmware.interfaces import Hmac  # type: ignore[unreachable]


def fingerprint(hmac: "Hmac", access_key: bytes, secret: bytes) -> bytes:
    """Return 8 bytes that identify a secret and need the access key to compute, so that nobody else
    can test guesses against them.

    hmac(key, data) is HMAC-SHA-256.
    """
    return hmac(access_key, b"kodebrik fingerprint" + secret)[:FINGERPRINT_SIZE]
