"""HKDF with SHA-256 (RFC 5869). Sizes in bytes."""

from firmware.otp.hmac import hmac

_HASH_SIZE = 32


def hkdf_sha256(key_material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """Derive `length` bytes (at most 8160, else ValueError) from key_material.

    An empty salt means 32 zero bytes.
    """
    if not 0 < length <= 255 * _HASH_SIZE:
        raise ValueError("HKDF gives 1 to 8160 bytes")
    # HMAC pads its key with zeros, so the empty salt needs no special case (section 2.2).
    pseudo_random_key = hmac("SHA256", salt, key_material)
    output = block = b""
    counter = 0
    while len(output) < length:
        counter += 1
        block = hmac("SHA256", pseudo_random_key, block + info + bytes((counter,)))
        output += block
    return output[:length]
