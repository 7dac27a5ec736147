"""Generates the token's bitmap fonts: `python -m host_tools.devtools.fonts` writes
firmware/products/fonts/*.py.

The faces are OFL packages from PyPI, rasterised by FreeType through font-to-py. A font is the
module that font-to-py writes, with a function `width` added. The rows of a font above 4 KB lie in a
file beside its module, NAME.rows, because they would take a tenth of an RP2040's memory; get_ch()
reads them from the flash into a buffer. Frozen into MicroPython a module has no file beside it, and
constants stay in the flash: firmware/frozen has such a font as one module. Sizes are pixels. The
digits are Share Tech, which under the blur of a visual acuity of 0.1 is the most distinct (measured
by tests/firmware/products/test_digit_shapes.py). The text is PT Sans, whose hinting is good at this
size.
"""

import contextlib
import importlib
import io
import sys
from pathlib import Path
from typing import Any

from font_to_py import font_to_py

import firmware.products.fonts

FOLDER = Path(firmware.products.fonts.__file__).parent
FROZEN = Path(firmware.__file__).parent / "frozen/firmware/products/fonts"

_DIGITS = "0123456789"
_ASCII = "".join(chr(code) for code in range(0x20, 0x7F))
# For account names in neighbouring languages; accented capitals would cost every line a row.
_LETTERS = "ÆØÅæøåÄÖÜäöüßÐÞáíóúýðþéèêëàâçñô"
_SIGNS = "°"
# Characters of the phrases of firmware.speech; speaking tokens show no other text.
_SPOKEN = " ,-.?" + _DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzÆØÅæøå"
_ERROR_CHARACTER = "?"

# name -> package, face, size of the em in pixels, characters, width of a cell (None for each
# character's own)
FONTS: dict[str, tuple[str, str, float, str, int | None]] = {
    "digits6": ("fontpkg_share_tech", "ShareTech-Regular.ttf", 51.75, _DIGITS, 20),
    "digits8": ("fontpkg_share_tech", "ShareTech-Regular.ttf", 36.75, _DIGITS, 15),
    "text": ("fontpkg_pt_sans", "PT_Sans-Web-Regular.ttf", 11, _ASCII + _LETTERS + _SIGNS, None),
    # 400 x 240 pixels of 0.147 mm. Six digits and their gap of 0.4 cells on one line are 6.4 cells
    # of 62 pixels, and 111 pixels (16.3 mm) high. On two lines, beside a line of text and the bar:
    # (240 - 46 - 10 - 6) / 2 = 89.
    "digits6_400": ("fontpkg_share_tech", "ShareTech-Regular.ttf", 158, _DIGITS, 62),
    "digits8_400": ("fontpkg_share_tech", "ShareTech-Regular.ttf", 121.75, _DIGITS, 47),
    # Capital H and digits 30 pixels, 4.4 mm: EN 301 549, 5.1.4 asks for 0.7 degrees, 4.3 mm at 350
    # mm.
    "text_400": ("fontpkg_pt_sans", "PT_Sans-Web-Regular.ttf", 42, _SPOKEN, None),
}


class _Font(font_to_py.Font):  # type: ignore[misc]
    """A font of a given em size instead of a given height; the em may be a fraction of a pixel."""

    def get_dimensions(self, em: float) -> int:
        self._face.set_char_size(0, round(em * 64))
        return int(self.bmp_dimensions(em))


class _Proportional(_Font):
    """A proportional font whose characters all end in an empty column, because a face's own side
    bearings are rounded to zero at this size."""

    def _assign_values(self) -> None:
        for character in self:
            glyph = self._glyph_for_character(character)
            left = max(0, int(glyph.left))
            width = int(max(glyph.advance_width, left + glyph.width + 1))
            bitmap = font_to_py.Bitmap(width, self.height)
            bitmap.bitblt(glyph.bitmap, self.height - int(glyph.ascent) - self._max_descent, left)
            self[character] = [bitmap, width, width]
        self.max_width = max(width for _, width, _ in self.values())


class _Monospaced(_Font):
    """A font whose characters are centred in cells of one width, so that digits do not move."""

    cell = 0

    def _assign_values(self) -> None:
        for character in self:
            glyph = self._glyph_for_character(character)
            if glyph.width > self.cell - max(
                2, self.cell // 10
            ):  # digits too close run together in a blur
                raise ValueError(
                    f"'{character}' is {glyph.width} pixels wide, too wide for a cell of "
                    f"{self.cell}"
                )
            bitmap = font_to_py.Bitmap(self.cell, self.height)
            row = self.height - int(glyph.ascent) - self._max_descent
            bitmap.bitblt(glyph.bitmap, row, (self.cell - glyph.width) // 2)
            self[character] = [bitmap, self.cell, self.cell]
        self.max_width = self.cell


_MAX_IN_MEMORY = 4096  # bytes

_WIDTH = """
def width(ch):
    return get_ch(ch)[2]
"""

_WITH_ROWS_FILE = """# Made by python -m host_tools.devtools.fonts of {face}; \
the rows of its characters lie beside it.

_chars = {characters!r}
_widths = {widths!r}
_places = {places!r}
_file = open(__file__.rsplit(".", 1)[0] + ".rows", "rb")
_start = _file.tell()
_rows = memoryview(bytearray({most}))


def height():
    return {height}


def max_width():
    return {max_width}


def min_ch():
    return {first}


def max_ch():
    return {last}


def _number(ch):
    number = _chars.find(ch)
    return number if number >= 0 else {unknown}


def width(ch):
    return _widths[_number(ch)]


def get_ch(ch):
    number = _number(ch)
    width = _widths[number]
    rows = _rows[: (width + 7) // 8 * {height}]
    _file.seek(_start + (_places[2 * number] | _places[2 * number + 1] << 8))
    _file.readinto(rows)
    return rows, {height}, width
"""


def build(name: str) -> dict[Path, bytes]:
    """Give the files of the font `name`: its module and, if it is large, its rows and the module to
    freeze."""
    package, face, em, characters, cell = FONTS[name]
    path = Path(importlib.import_module(package).ROOT) / "files" / face
    source = render(path, em, characters, cell)
    font: dict[str, Any] = {}
    exec(source, font)  # noqa: S102 - our own
    if len(font["_font"]) <= _MAX_IN_MEMORY:
        return {FOLDER / f"{name}.py": source.encode()}
    whole = source
    characters = "".join(sorted(characters))
    glyphs = [font["get_ch"](character) for character in characters]
    rows, places = b"", b""
    for glyph, _, _ in glyphs:
        places += len(rows).to_bytes(2, "little")
        rows += glyph
    source = _WITH_ROWS_FILE.format(
        face=path.name,
        characters=characters,
        widths=bytes(width for _, _, width in glyphs),
        places=places,
        most=max(len(glyph) for glyph, _, _ in glyphs),
        height=font["height"](),
        max_width=font["max_width"](),
        first=ord(characters[0]),
        last=ord(characters[-1]),
        unknown=max(0, characters.find(_ERROR_CHARACTER)),
    )
    return {
        FOLDER / f"{name}.py": source.encode(),
        FOLDER / f"{name}.rows": rows,
        FROZEN / f"{name}.py": whole.encode(),
    }


def render(path: Path, em: float, characters: str, cell: int | None = None) -> str:
    """Give the source of a font module with `characters` of the face in `path`.

    `em` is in pixels; `cell` is the width of every character, None for each character's own.
    """
    kind: type[Any] = (
        _Proportional if cell is None else type("_Monospaced", (_Monospaced,), {"cell": cell})
    )
    error_character = ord(_ERROR_CHARACTER if _ERROR_CHARACTER in characters else characters[0])
    source = io.StringIO()
    command = sys.argv
    sys.argv = [
        "python -m host_tools.devtools.fonts"
    ]  # font-to-py quotes the command line in the file
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # and reports on the standard output
            font = kind(str(path), em, 0x20, 0x7E, False, error_character, characters, False)
            font_to_py.write_data(source, font, path.name, True, False, False, characters)
    finally:
        sys.argv = command
    return source.getvalue() + _WIDTH


def main() -> None:
    """Write all fonts into firmware/products/fonts, and those to freeze."""
    FROZEN.mkdir(parents=True, exist_ok=True)
    for name in FONTS:
        for path, content in build(name).items():
            path.write_bytes(content)


if __name__ == "__main__":
    main()
