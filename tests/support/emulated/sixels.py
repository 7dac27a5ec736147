"""Sixels back into colours, by chapter 14 of DEC's VT330/VT340 Programmer Reference Manual, for
tests."""

import re

_BAND = 6
_COMMAND = re.compile(
    r'"(?P<raster>[\d;]+)|#(?P<colour>\d+)(?:;2;(?P<rgb>[\d;]+))?|!(?P<times>\d+)(?P<run>[?-~])'
    r"|(?P<one>[?-~])|(?P<back>\$)|(?P<down>-)"
)


def decode(sequence: str) -> list[list[tuple[int, ...]]]:
    """Give the rows of colours, percent of red, green and blue. AssertionError for what is no
    sixel sequence, and for a pixel without a colour."""
    begin = re.match(r"\x1bP[\d;]*q", sequence)
    assert begin, sequence[:20]
    assert sequence.endswith("\x1b\\")
    body, at = sequence[begin.end() : -2], 0
    registers: dict[str, tuple[int, ...]] = {}
    pixels: dict[tuple[int, int], tuple[int, ...]] = {}
    x, y, colour, size = 0, 0, (), (0, 0)
    while at < len(body):
        found = _COMMAND.match(body, at)
        assert found, body[at : at + 20]
        at = found.end()
        if found["raster"]:
            size = tuple(map(int, found["raster"].split(";")))[2:]
        elif found["colour"]:
            if found["rgb"]:
                registers[found["colour"]] = tuple(map(int, found["rgb"].split(";")))
            colour = registers[found["colour"]]
        elif found["back"]:
            x = 0
        elif found["down"]:
            x, y = 0, y + _BAND
        else:
            bits = ord(found["run"] or found["one"]) - ord("?")
            wide, down = int(found["times"] or 1), [n for n in range(_BAND) if bits >> n & 1]
            pixels |= {(x + right, y + n): colour for right in range(wide) for n in down}
            x += wide
    wide, high = size
    assert max(pixels) == (wide - 1, high - 1)
    return [[pixels[x, y] for x in range(wide)] for y in range(high)]
