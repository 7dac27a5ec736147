"""Driver: functions that are there as machine code and in plain Python; `module` is in
firmware.crypto."""

import sys


def _load(module: str):
    name = "firmware.crypto." + module
    __import__(name)
    return sys.modules[name]


def native(module: str) -> bool:
    """Return True when the functions of the module are machine code."""
    _load(module)
    return "firmware.crypto." + module + "_native" in sys.modules


def ladder(module: str, k: int, u: int) -> int:
    """Return the product."""
    return _load(module).ladder(k, u)


def chacha20(module: str, key: bytes, nonce: bytes, counter: int, data: bytes) -> bytes:
    """Return the data that were changed in place."""
    changed = bytearray(data)
    _load(module).chacha20(key, nonce, counter, changed)
    return bytes(changed)


def poly1305(module: str, key: bytes, message: bytes) -> bytes:
    """Return the tag."""
    return _load(module).poly1305(key, message)
