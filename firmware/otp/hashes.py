"""Digests by the algorithm names of RFC 6238: from the VM's hashlib where it has the hash, else
from sha1.py and sha512.py.

MicroPython on RP2040 and ESP32 has SHA-1 and SHA-256 in C, but no SHA-512.
"""

import hashlib

_NAMES = {"SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}


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
