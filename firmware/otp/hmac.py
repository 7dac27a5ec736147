"""HMAC (RFC 2104) over the digests of hashes.py."""

from firmware.otp.hashes import digest

_BLOCK_SIZES = {"SHA1": 64, "SHA256": 64, "SHA512": 128}
_INNER = 0x36
_OUTER = 0x5C


def hmac(algorithm: str, key: bytes, message: bytes) -> bytes:
    """Return the HMAC of message; algorithm is "SHA1", "SHA256" or "SHA512", else ValueError."""
    size = _BLOCK_SIZES.get(algorithm)
    if size is None:
        raise ValueError("unknown hash algorithm")
    if len(key) > size:
        key = digest(algorithm, key)
    padded = key + bytes(size - len(key))
    return digest(
        algorithm, _xor(padded, _OUTER) + digest(algorithm, _xor(padded, _INNER) + message)
    )


def _xor(block: bytes, pad: int) -> bytes:
    # One XOR of two long integers runs in C; a loop over the block's bytes would cost more than the
    # hash itself.
    size = len(block)
    return (int.from_bytes(block, "big") ^ int.from_bytes(bytes((pad,)) * size, "big")).to_bytes(
        size, "big"
    )
