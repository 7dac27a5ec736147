"""HMAC (RFC 2104) over the digests of hashes.py."""

from firmware.otp.hashes import digest

_BLOCK_SIZES = {"SHA1": 64, "SHA256": 64, "SHA512": 128}
# A block of 0x36, and what makes one of 0x5c of it: pads as numbers, by the size of a block.
_PADS = {
    64: (int.from_bytes(b"\x36" * 64, "big"), int.from_bytes(b"\x6a" * 64, "big")),
    128: (int.from_bytes(b"\x36" * 128, "big"), int.from_bytes(b"\x6a" * 128, "big")),
}


def hmac(algorithm: str, key: bytes, message: bytes) -> bytes:
    """Return the HMAC of message; algorithm is "SHA1", "SHA256" or "SHA512", else ValueError."""
    size = _BLOCK_SIZES.get(algorithm)
    if size is None:
        raise ValueError("unknown hash algorithm")
    if len(key) > size:
        key = digest(algorithm, key)
    inner, turned = _PADS[size]
    # XOR of long integers runs in C; a loop over the block's bytes would cost more than the hash
    # itself.
    padded = int.from_bytes(key + bytes(size - len(key)), "big") ^ inner
    within = digest(algorithm, padded.to_bytes(size, "big") + message)
    return digest(algorithm, (padded ^ turned).to_bytes(size, "big") + within)
