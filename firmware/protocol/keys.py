"""What the token tells about a secret that it never gives out again."""

from firmware.protocol.messages import FINGERPRINT_SIZE

if False:
    from firmware.interfaces import Hmac  # type: ignore[unreachable]


def fingerprint(hmac: "Hmac", access_key: bytes, secret: bytes) -> bytes:
    """8 bytes that only a holder of the access key can compute: nobody else can try guessed secrets
    against them.

    hmac(key, data) is HMAC-SHA-256.
    """
    return hmac(access_key, b"kodebrik fingerprint" + secret)[:FINGERPRINT_SIZE]
