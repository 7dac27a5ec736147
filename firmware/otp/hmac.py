"""Digests by the algorithm names of RFC 6238, HMAC (RFC 2104), the comparison of its tags, and HKDF
(RFC 5869), which is made of it. Sizes in bytes.

A digest comes from the VM's hashlib where it has the hash, else from sha1.py and sha512.py:
MicroPython on RP2040 and ESP32 has SHA-1 and SHA-256 in C, but no SHA-512.
"""

import hashlib

_NAMES = {"SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}


def _pads(size: int) -> tuple:
    """Return a block of 0x36, and what makes one of 0x5c of it, as numbers."""
    return int.from_bytes(b"\x36" * size, "big"), int.from_bytes(b"\x6a" * size, "big")


_PADS = _pads(64)


def digest(algorithm: str, data: bytes) -> bytes:
    """Return the digest of data; algorithm is "SHA1", "SHA256" or "SHA512", else ValueError."""
    name = _NAMES.get(algorithm)
    if name is None:
        raise ValueError("unknown hash algorithm")
    native = getattr(hashlib, name, None)
    if native is not None:
        return native(data).digest()
    # Imported only when needed: each line costs 80 us at import on an RP2040, and the default
    # algorithm is SHA-1.
    if name == "sha1":
        from firmware.otp.sha1 import sha1 as portable
    elif name == "sha512":
        from firmware.otp.sha512 import sha512 as portable
    else:
        raise ValueError("this VM lacks SHA-256")
    return portable(data)


def hmac(algorithm: str, key: bytes, message: bytes) -> bytes:
    """Return the HMAC of message; algorithm is "SHA1", "SHA256" or "SHA512", else ValueError."""
    size = 128 if algorithm == "SHA512" else 64  # of a block
    inner, turned = _PADS if size == 64 else _pads(size)
    if len(key) > size:
        key = digest(algorithm, key)
    # XOR of long integers runs in C; a loop over the block's bytes would cost more than the hash
    # itself.
    padded = int.from_bytes(key, "big") << 8 * (size - len(key)) ^ inner
    message = padded.to_bytes(size, "big") + message
    outer = (padded ^ turned).to_bytes(size, "big")
    if algorithm == "SHA256":  # every VM has it, and opening the vault takes six
        sha256 = hashlib.sha256
        return sha256(outer + sha256(message).digest()).digest()
    return digest(algorithm, outer + digest(algorithm, message))


def equal(left: bytes, right: bytes) -> bool:
    """Return True when both are equal.

    The time depends on their lengths, not on where they differ.
    """
    if len(left) != len(right):
        return False
    difference = 0
    for i in range(len(left)):
        difference |= left[i] ^ right[i]
    return difference == 0


def hkdf_sha256(key_material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """Derive `length` bytes (at most 8160, else ValueError) from key_material.

    An empty salt means 32 zero bytes.
    """
    if not 0 < length <= 255 * 32:
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
