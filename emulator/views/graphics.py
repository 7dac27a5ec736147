"""A screen as a picture in a terminal: by kitty's graphics protocol, or as sixels.

Sources: sw.kovidgoyal.net/kitty/graphics-protocol; sixels as in the VT330/VT340 Programmer
Reference Manual, volume 2, chapter 14.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import NamedTuple

from emulator.screen import Screen

_CHUNK = 4096  # characters of one of kitty's commands
_IMAGE = 1  # kitty replaces a picture by another one of this number
_BAND = 6  # rows of pixels of a sixel
_REPEATED = re.compile(r"(.)\1{3,}")


def _kitty(screen: Screen, scale: int) -> str:
    png = b64encode(screen.png(scale)).decode()
    chunks = [png[at : at + _CHUNK] for at in range(0, len(png), _CHUNK)]
    # Of a PNG (f=100): show it (a=T), leave the cursor (C=1), answer nothing (q=2).
    first = f"a=T,f=100,i={_IMAGE},p=1,C=1,q=2,"
    return "".join(
        f"\x1b_G{first if not number else ''}m={int(chunk is not chunks[-1])};{chunk}\x1b\\"
        for number, chunk in enumerate(chunks)
    )


def _sixel(screen: Screen, scale: int) -> str:
    picture = screen.picture(scale)
    data, wide, palette = picture.tobytes(), picture.width, picture.getpalette() or []
    registers = [  # in percent of red, green and blue
        f"#{colour};2;" + ";".join(f"{part / 2.55:.0f}" for part in palette[3 * colour :][:3])
        for colour in sorted(set(data))
    ]
    rows = [data[at : at + wide] for at in range(0, len(data), wide)]
    bands = (rows[at : at + _BAND] for at in range(0, len(rows), _BAND))
    drawn = "-".join("$".join(_colours(band)) for band in bands)
    return f'\x1bP0;1;0q"1;1;{wide};{picture.height}{"".join(registers)}{drawn}\x1b\\'


def _colours(band: list[bytes]) -> Iterator[str]:
    """Give each colour of six rows: which of the six pixels below each other have it."""
    for colour in sorted(set(b"".join(band))):
        # All columns at once, a byte each: 63, and a bit for each of the six pixels.
        columns = int.from_bytes(b"?" * len(band[0]), "big")
        for down, row in enumerate(band):
            has_it = bytes(1 << down if value == colour else 0 for value in range(256))
            columns += int.from_bytes(row.translate(has_it), "big")
        text = columns.to_bytes(len(band[0]), "big").decode("ascii")
        yield f"#{colour}" + _REPEATED.sub(lambda run: f"!{len(run[0])}{run[1]}", text)


PROTOCOLS: dict[str, Callable[[Screen, int], str]] = {"kitty": _kitty, "sixel": _sixel}


class Picture(NamedTuple):
    """What draws a screen from the cursor on, and the terminal's lines that it takes."""

    sequence: str
    lines: int


class Graphics(NamedTuple):
    """How a terminal takes pictures, one of PROTOCOLS, and the size of its characters in pixels."""

    protocol: str
    wide: int
    high: int

    @property
    def erase(self) -> str:
        """What removes a picture that characters do not overwrite."""
        return "\x1b_Ga=d,d=A,q=2\x1b\\" if self.protocol == "kitty" else ""

    def render(self, screen: Screen, columns: int, lines: int) -> Picture | None:
        """Draw a screen as large as fits into that many columns and lines, each of its pixels a
        whole number of the terminal's; None when there is too little room."""
        size = screen.picture(1).size
        scale = min(columns * self.wide // size[0], lines * self.high // size[1])
        if scale < 1:
            return None
        taken = -(-size[1] * scale // self.high)
        return Picture(PROTOCOLS[self.protocol](screen, scale), taken)
