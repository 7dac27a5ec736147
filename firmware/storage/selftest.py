"""Test of the flash through its file system. Imported when the host asks for the self-test."""

import os

if False:
    from firmware.interfaces import Random  # type: ignore[unreachable]

_PATH = "/selftest.tmp"
_BLOCK = 4096  # bytes; one erase block of every board's flash
_PIECE = 256


def flash_works(random: "Random") -> bool:
    """Return True when a scratch file of random bytes reads back as written and can be removed."""
    piece = random(_PIECE)
    try:
        with open(_PATH, "wb") as file:
            for _ in range(_BLOCK // _PIECE):
                file.write(piece)
        with open(_PATH, "rb") as file:
            same = all(file.read(_PIECE) == piece for _ in range(_BLOCK // _PIECE))
        os.remove(_PATH)
    except OSError:
        return False
    try:
        os.stat(_PATH)
    except OSError:
        return same
    return False
