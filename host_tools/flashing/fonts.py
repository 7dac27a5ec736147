"""Makes the token's bitmap fonts: `python -m host_tools.flashing.fonts` writes firmware/products/fonts/*.py.

The faces are OFL packages from PyPI, rasterised by FreeType through font-to-py, whose file format the firmware reads.
Sizes are pixels. The digits are Share Tech because it keeps the ten apart best under the blur of a visual acuity of
0.1; tests/unit/test_digit_shapes.py measures it. The text is PT Sans, whose hinting holds at this size.
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

_DIGITS = "0123456789"
_ASCII = "".join(chr(code) for code in range(0x20, 0x7F))
# Names of accounts may be in any language around us; accents on capitals would cost every line a row.
_LETTERS = "ÆØÅæøåÄÖÜäöüßÐÞáíóúýðþéèêëàâçñô"
_SIGNS = "°"
# What the phrases of firmware.speech are made of; no name is shown where it cannot be said.
_SPOKEN = " ,.?" + _DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzÆØÅæøå"
_ERROR_CHARACTER = "?"

# name -> package, face, size of the em in pixels, characters, width of a cell (None for each character's own)
FONTS: dict[str, tuple[str, str, float, str, int | None]] = {
    "digits6": ("fontpkg_share_tech", "ShareTech-Regular.ttf", 51.75, _DIGITS, 20),
    "digits8": ("fontpkg_share_tech", "ShareTech-Regular.ttf", 36.75, _DIGITS, 15),
    "text": ("fontpkg_pt_sans", "PT_Sans-Web-Regular.ttf", 11, _ASCII + _LETTERS + _SIGNS, None),
    # 400 x 240 pixels of 0.147 mm. Six digits and their gap of 0.4 cells on one line are 6.4 cells of 62 pixels, and
    # 111 pixels (16.3 mm) high. On two lines, beside a line of text and the bar: (240 - 46 - 10 - 6) / 2 = 89.
    "digits6_400": ("fontpkg_share_tech", "ShareTech-Regular.ttf", 158, _DIGITS, 62),
    "digits8_400": ("fontpkg_share_tech", "ShareTech-Regular.ttf", 121.75, _DIGITS, 47),
    # Capital H and digits 30 pixels, 4.4 mm: EN 301 549, 5.1.4 asks for 0.7 degrees, 4.3 mm at 350 mm.
    "text_400": ("fontpkg_pt_sans", "PT_Sans-Web-Regular.ttf", 42, _SPOKEN, None),
}


class _Font(font_to_py.Font):  # type: ignore[misc]
    """A font of a given em instead of a given height: between whole heights lie steps that fill the width better."""

    def get_dimensions(self, em: float) -> int:
        self._face.set_char_size(0, round(em * 64))
        return int(self.bmp_dimensions(em))


class _Apart(_Font):
    """A font whose characters all end in a dark column: at this size a face's own side bearings round away."""

    def _assign_values(self) -> None:
        for character in self:
            glyph = self._glyph_for_character(character)
            left = max(0, int(glyph.left))
            width = int(max(glyph.advance_width, left + glyph.width + 1))
            bitmap = font_to_py.Bitmap(width, self.height)
            bitmap.bitblt(glyph.bitmap, self.height - int(glyph.ascent) - self._max_descent, left)
            self[character] = [bitmap, width, width]
        self.max_width = max(width for _, width, _ in self.values())


class _Cells(_Font):
    """A font whose characters stand in the middle of cells of one width, so that no digit pushes its neighbours."""

    cell = 0

    def _assign_values(self) -> None:
        for character in self:
            glyph = self._glyph_for_character(character)
            if glyph.width > self.cell - max(2, self.cell // 10):  # digits too close run together in a blur
                raise ValueError(f"'{character}' is {glyph.width} pixels wide, too wide for a cell of {self.cell}")
            bitmap = font_to_py.Bitmap(self.cell, self.height)
            row = self.height - int(glyph.ascent) - self._max_descent
            bitmap.bitblt(glyph.bitmap, row, (self.cell - glyph.width) // 2)
            self[character] = [bitmap, self.cell, self.cell]
        self.max_width = self.cell


def build(name: str) -> str:
    """Give the source of the font module `name`."""
    package, face, em, characters, cell = FONTS[name]
    return render(Path(importlib.import_module(package).ROOT) / "files" / face, em, characters, cell)


def render(path: Path, em: float, characters: str, cell: int | None = None) -> str:
    """Give the source of a font module: the characters of a face, in equal cells or with their own widths."""
    kind: type[Any] = _Apart if cell is None else type("_Cells", (_Cells,), {"cell": cell})
    error_character = ord(_ERROR_CHARACTER if _ERROR_CHARACTER in characters else characters[0])
    source = io.StringIO()
    command = sys.argv
    sys.argv = ["python -m host_tools.flashing.fonts"]  # font-to-py quotes the command line in the file
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # and reports on the standard output
            font = kind(str(path), em, 0x20, 0x7E, False, error_character, characters, False)
            font_to_py.write_data(source, font, path.name, True, False, False, characters)
    finally:
        sys.argv = command
    return source.getvalue()


def main() -> None:
    """Write all fonts."""
    for name in FONTS:
        (FOLDER / f"{name}.py").write_text(build(name), encoding="utf-8")


if __name__ == "__main__":
    main()
