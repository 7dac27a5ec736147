"""Asking a terminal whether it shows pictures: each answers with an escape sequence, as if typed.

Sources: XTerm Control Sequences (Primary DA, whose 4 is sixel graphics; CSI 16 t, the size of a
character in pixels); kitty's graphics protocol, "Querying support".
"""

import re
from collections.abc import Callable

from emulator.views.graphics import Graphics

# Every terminal answers the last one, so that nobody waits for those that it does not know.
QUERY = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c"
_PATIENCE = 0.5  # seconds
_ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]*)c")
_CHARACTER = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
_KITTY = b"\x1b_Gi=31;OK\x1b\\"
_SIXEL = b"4"
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|_[^\x1b]*\x1b\\)")


def ask(
    write: Callable[[str], object], read: Callable[[float], bytes]
) -> tuple[Graphics | None, bytes]:
    """Ask the terminal; give how it takes pictures, None when it takes none or does not say how
    large its characters are, and what was typed meanwhile. `read(seconds)` gives what has come
    within that time, b"" when nothing has."""
    write(QUERY)
    seen = b""
    while not _ATTRIBUTES.search(seen):
        piece = read(_PATIENCE)
        if not piece:
            break
        seen += piece
    attributes, character = _ATTRIBUTES.search(seen), _CHARACTER.search(seen)
    protocol = None
    if _KITTY in seen:
        protocol = "kitty"
    elif attributes and _SIXEL in attributes[1].split(b";")[1:]:
        protocol = "sixel"
    typed = without_sequences(seen)
    if protocol is None or character is None:
        return None, typed
    high, wide = (int(number) for number in character.groups())
    return (Graphics(protocol, wide, high) if wide and high else None), typed


def without_sequences(typed: bytes) -> bytes:
    """Give what was typed without escape sequences: late answers, and keys such as the arrows."""
    return _SEQUENCE.sub(b"", typed)
