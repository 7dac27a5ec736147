"""Text recognition on a screen's pixels, with the fonts that the firmware draws with.

A font is a font-to-py module, horizontally mapped: get_ch(character) gives (rows of bytes, height,
width).
"""

import sys
from collections.abc import Iterable, Iterator
from functools import cache, reduce
from importlib import import_module
from operator import or_
from types import ModuleType
from typing import NamedTuple

from emulator.screen import Screen

FONTS = ("digits6", "digits8", "text")
_BINARY = bytes.maketrans(b"\0\1", b"01")
GAP = 2  # blank columns beyond a character's own spacing that count as a space


class _Glyph(NamedTuple):
    character: str
    left: int  # blank columns before the ink
    columns: tuple[int, ...]  # of the ink, bit 0 at the top
    rows: tuple[int, ...]  # of the ink, bit 0 at the left
    width: int  # of the whole cell
    ink: int  # lit pixels


class _Line(NamedTuple):
    ink: int
    top: int
    left: int
    text: str
    glyphs: tuple[tuple[_Glyph, int], ...]  # each with the column where its ink begins


def close_fonts() -> None:
    """Close the files of the large fonts, which otherwise stay open until the process ends."""
    for name in [name for name in sys.modules if name.startswith("firmware.products.fonts.")]:
        if hasattr(sys.modules[name], "_file"):
            sys.modules[name]._file.close()


def read_text(screen: Screen, fonts: Iterable[ModuleType] | None = None) -> list[str]:
    """The lines of text on the screen, top to bottom; a wide gap, as between groups of digits,
    reads as a space."""
    tables = [_table(font) for font in (fonts if fonts is not None else map(_font, FONTS))]
    picture = _Picture(screen)
    places = [
        (number, top)
        for number, (height, _) in enumerate(tables)
        for top in range(screen.height - height + 1)
    ]
    found: dict[tuple[int, int], _Line] = {}
    lines: list[_Line] = []
    while True:
        for number, top in places:  # where pixels have changed since the last reading
            line = _read(picture, top, *tables[number])
            if line:
                found[number, top] = line
            else:
                found.pop((number, top), None)
        if not found:
            return [line.text for line in sorted(lines, key=lambda line: (line.top, line.left))]
        chosen, best = max(found.items(), key=lambda item: (item[1].ink, -item[1].top))
        lines.append(best)
        picture.erase(best)
        end = best.top + tables[chosen[0]][0]
        places = [
            (number, top)
            for number, top in found
            if top < end and top + tables[number][0] > best.top
        ]


class _Picture:
    """The lit pixels of a screen as integers: of a column bit 0 is at the top, of a row bit 0 is
    at the left."""

    def __init__(self, screen: Screen) -> None:
        width, digits = screen.width, screen.data.translate(_BINARY)
        self.columns = [int(digits[x::width][::-1], 2) for x in range(width)]
        self._rows = [int(digits[at : at + width][::-1], 2) for at in range(0, len(digits), width)]

    def after_blank(self, top: int, height: int) -> Iterator[int]:
        """Give each column with ink in a band of rows that has none in the column before it."""
        inked = reduce(or_, self._rows[top : top + height])
        starts = inked & ~(inked << 1)
        while starts:
            yield (starts & -starts).bit_length() - 1
            starts &= starts - 1

    def erase(self, line: _Line) -> None:
        """Clear the pixels that a line accounts for."""
        for glyph, left in line.glyphs:
            for x, column in enumerate(glyph.columns, left):
                self.columns[x] &= ~(column << line.top)
            for y, row in enumerate(glyph.rows, line.top):
                self._rows[y] &= ~(row << left)


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
            lit = tuple(
                sum((column >> y & 1) << x for x, column in enumerate(ink)) for y in range(height)
            )
            count = sum(column.bit_count() for column in ink)
            glyph = _Glyph(character, inked[0], ink, lit, width, count)
            starts.setdefault(ink[0], []).append(glyph)
    for glyphs in starts.values():
        glyphs.sort(key=lambda glyph: -glyph.ink)
    return font.height(), starts


def _read(
    picture: _Picture, top: int, height: int, starts: dict[int, list[_Glyph]]
) -> _Line | None:
    """Give the text in a band of rows, ignoring what is not text, such as a bar or a picture."""
    text, glyphs = "", []
    x, end = 0, None  # end: where the cell of the last character ends
    for first in picture.after_blank(top, height):
        if first < x:  # within a character, such as a quotation mark, that was read already
            continue
        run = _run(picture.columns, first, top, height, starts)
        if not run:
            end = None
            continue
        for glyph, at in run:
            if text and (end is None or at - glyph.left - end >= GAP):
                text += " "
            text += glyph.character
            end = at - glyph.left + glyph.width
            x = at + len(glyph.columns)
        glyphs += run
    if not any(character.isalnum() for character in text):
        return None
    ink = sum(glyph.ink for glyph, _ in glyphs)
    return _Line(ink, top, glyphs[0][1], text, tuple(glyphs))


def _run(
    columns: list[int], x: int, top: int, height: int, starts: dict[int, list[_Glyph]]
) -> list[tuple[_Glyph, int]]:
    """Give the glyphs from column `x` to the next blank column of a band, [] when none fit."""
    mask = (1 << height) - 1
    for glyph in starts.get(columns[x] >> top & mask, ()):
        after = x + len(glyph.columns)
        band = tuple(column >> top & mask for column in columns[x:after])
        if band != glyph.columns:
            continue
        if after >= len(columns) or not columns[after] >> top & mask:
            return [(glyph, x)]
        rest = _run(columns, after, top, height, starts)
        if rest:
            return [(glyph, x), *rest]
    return []
