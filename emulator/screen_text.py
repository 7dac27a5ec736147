"""Text recognition on a screen's pixels, with the fonts that the firmware draws with.

A font is a font-to-py module, horizontally mapped: get_ch(character) gives (rows of bytes, height,
width).
"""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import NamedTuple

from emulator.screen import Screen

FONTS = ("digits6", "digits8", "text")
GAP = 2  # blank columns beyond a character's own spacing that count as a space


class _Glyph(NamedTuple):
    character: str
    left: int  # blank columns before the ink
    columns: tuple[int, ...]  # of the ink, bit 0 at the top
    width: int  # of the whole cell
    ink: int  # lit pixels


class _Line(NamedTuple):
    ink: int
    top: int
    left: int
    text: str
    pixels: tuple[tuple[int, int], ...]  # (column, lit rows) that this line accounts for


def read_text(screen: Screen, fonts: Iterable[ModuleType] | None = None) -> list[str]:
    """The lines of text on the screen, top to bottom; a wide gap, as between groups of digits,
    reads as a space."""
    tables = [_table(font) for font in (fonts if fonts is not None else map(_font, FONTS))]
    columns = [
        sum(1 << y for y in range(screen.height) if screen.pixel(x, y)) for x in range(screen.width)
    ]
    places = [
        (number, top)
        for number, (height, _) in enumerate(tables)
        for top in range(screen.height - height + 1)
    ]
    found: dict[tuple[int, int], _Line] = {}
    lines: list[_Line] = []
    while True:
        for number, top in places:  # where pixels have changed since the last reading
            height, starts = tables[number]
            band = [column >> top & (1 << height) - 1 for column in columns]
            line = _read(band, top, starts) if any(band) else None
            if line:
                found[number, top] = line
            else:
                found.pop((number, top), None)
        if not found:
            return [line.text for line in sorted(lines, key=lambda line: (line.top, line.left))]
        chosen, best = max(found.items(), key=lambda item: (item[1].ink, -item[1].top))
        lines.append(best)
        for x, lit in best.pixels:
            columns[x] &= ~(lit << best.top)
        end = best.top + tables[chosen[0]][0]
        places = [
            (number, top)
            for number, top in found
            if top < end and top + tables[number][0] > best.top
        ]


def _font(name: str) -> ModuleType:
    return import_module(f"firmware.products.fonts.{name}")


@cache
def _table(font: ModuleType) -> tuple[int, dict[int, list[_Glyph]]]:
    """A font's height, and its glyphs by the first column of their ink, the most ink first."""
    characters = {chr(code) for code in range(font.min_ch(), font.max_ch() + 1)}
    unknown = bytes(font.get_ch(chr(font.max_ch() + 1))[0])
    # What a font shows for a character it lacks: its question mark, or its first character when it
    # has none.
    stand_in = "?" if font.min_ch() <= ord("?") <= font.max_ch() else chr(font.min_ch())
    starts: dict[int, list[_Glyph]] = {}
    for character in sorted(characters):
        rows, height, width = font.get_ch(character)
        if bytes(rows) == unknown and character != stand_in:
            continue  # the font has no such character
        stride = (width + 7) // 8
        cell = [
            sum((rows[y * stride + x // 8] >> (7 - x % 8) & 1) << y for y in range(height))
            for x in range(width)
        ]
        inked = [x for x, column in enumerate(cell) if column]
        if inked:
            ink = tuple(cell[inked[0] : inked[-1] + 1])
            glyph = _Glyph(
                character, inked[0], ink, width, sum(column.bit_count() for column in ink)
            )
            starts.setdefault(ink[0], []).append(glyph)
    for glyphs in starts.values():
        glyphs.sort(key=lambda glyph: -glyph.ink)
    return font.height(), starts


def _read(band: list[int], top: int, starts: dict[int, list[_Glyph]]) -> _Line | None:
    """Give the text in a band of rows, ignoring what is not text, such as a bar or a picture."""
    text, ink, pixels, start = "", 0, [], 0
    x, end = 0, None  # end: where the cell of the last character ends
    while x < len(band):
        if not band[x] or (x and band[x - 1] and end is None):
            x += 1
            continue
        run = _run(band, x, starts)
        if not run:
            x, end = x + 1, None
            continue
        for glyph, at in run:
            if text and (end is None or at - glyph.left - end >= GAP):
                text += " "
            start = at if not text else start
            text += glyph.character
            ink += glyph.ink
            pixels += [(at + i, column) for i, column in enumerate(glyph.columns)]
            end = at - glyph.left + glyph.width
            x = at + len(glyph.columns)
    if not any(character.isalnum() for character in text):
        return None
    return _Line(ink, top, start, text, tuple(pixels))


def _run(band: list[int], x: int, starts: dict[int, list[_Glyph]]) -> list[tuple[_Glyph, int]]:
    """Give the glyphs from column `x` to the next blank column, [] when none fit."""
    for glyph in starts.get(band[x], ()):
        after = x + len(glyph.columns)
        if tuple(band[x:after]) != glyph.columns:
            continue
        if after >= len(band) or not band[after]:
            return [(glyph, x)]
        rest = _run(band, after, starts)
        if rest:
            return [(glyph, x), *rest]
    return []
