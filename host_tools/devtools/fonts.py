"""Generates the token's bitmap fonts: `python -m host_tools.devtools.fonts` writes
firmware/products/fonts/*.py.

The faces are OFL packages from PyPI, rasterised by FreeType through font-to-py. A font of text is
the module that font-to-py writes, with functions added; small digits are in the bytes of their
display. The rows of a font above 4 KB lie in a file beside its module, NAME.rows, because they
would take a tenth of an RP2040's memory; picture() reads them from the flash into a buffer. Frozen
into MicroPython a module has no file beside it, and constants stay in the flash: firmware/frozen
has such a font with its rows in the module. Sizes are pixels. The digits are Open Sans in bold
weights, made narrower, so that strokes across are heavier than upright ones: those tell 0, 6, 8 and
9 apart. Of the faces, weights and widths tried it is the most distinct under the blur of a visual
acuity of 0.1, with this room between digits (measured by
tests/firmware/products/test_digit_shapes.py; docs/internals.md has the distances). The text is PT
Sans, whose hinting is good at this size.
"""

import contextlib
import importlib
import io
import sys
from pathlib import Path
from typing import Any, NamedTuple

import freetype
from font_to_py import font_to_py

import firmware.products.fonts

FOLDER = Path(firmware.products.fonts.__file__).parent
FROZEN = Path(firmware.__file__).parent / "frozen/firmware/products/fonts"

_DIGITS = "0123456789"
_ASCII = "".join(chr(code) for code in range(0x20, 0x7F))
# For account names in neighbouring languages; accented capitals would cost every line a row.
_LETTERS = "ÆØÅæøåÄÖÜäöüßÐÞáíóúýðþéèêëàâçñô"
_SIGNS = "°"
# Characters of the phrases of firmware.speech, and of most accounts' names; brackets would cost
# every line a row.
_SPOKEN = (
    " &'+,-./:?@_äöüé" + _DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzÆØÅæøå"
)
_ERROR_CHARACTER = "?"

_OPEN_SANS = "fontpkg_open_sans", "OpenSans[wdth,wght].ttf"
_PT_SANS = "fontpkg_pt_sans", "PT_Sans-Web-Regular.ttf"


class Cell(NamedTuple):
    """The place that each character of a monospaced font has, and what of it stays empty between
    two of them, at least: digits too close run together in a blur."""

    width: int
    gap: int


class Source(NamedTuple):
    """What a font is made of: package and face, the em's width and height in pixels, characters,
    cell (None: each character has its own width), and the place on the face's axes."""

    package: str
    face: str
    em: tuple[float, float]
    characters: str
    cell: Cell | None = None
    axes: dict[str, float] | None = None


FONTS = {
    # 128 x 64 pixels of 0.17 mm. Between two lines of text are 38 rows.
    "digits6": Source(
        *_OPEN_SANS, (36, 50.75), _DIGITS, Cell(20, gap=3), {"wdth": 90, "wght": 675}
    ),
    "digits8": Source(
        *_OPEN_SANS, (27.25, 41.75), _DIGITS, Cell(15, gap=2), {"wdth": 95, "wght": 600}
    ),
    "text": Source(*_PT_SANS, (11, 11), _ASCII + _LETTERS + _SIGNS),
    # 400 x 240 pixels of 0.147 mm. Six digits and their gap of 0.4 cells on one line are 6.4 cells
    # of 62 pixels, and 124 pixels (18.2 mm) high; line of text, rule and bar leave 136. On two
    # lines there would be (240 - 46 - 10 - 6) / 2 = 89.
    "digits6_400": Source(
        *_OPEN_SANS, (94, 168.5), _DIGITS, Cell(62, gap=12), {"wdth": 100, "wght": 700}
    ),
    "digits8_400": Source(
        *_OPEN_SANS, (73.25, 139.25), _DIGITS, Cell(47, gap=9), {"wdth": 95, "wght": 700}
    ),
    # Capital H and digits 30 pixels, 4.4 mm: EN 301 549, 5.1.4 asks for 0.7 degrees, 4.3 mm at 350
    # mm.
    "text_400": Source(*_PT_SANS, (42, 42), _SPOKEN),
}


class _Font(font_to_py.Font):  # type: ignore[misc]
    """A font of a given em (width, height) instead of a given height; the em may be a fraction of a
    pixel."""

    axes: dict[str, float] | None = None

    def get_dimensions(self, em: tuple[float, float]) -> int:
        if self.axes is not None:
            names = [axis.tag for axis in self._face.get_variation_info().axes]
            self._face.set_var_design_coords([self.axes[name] for name in names])
        width, height = em
        self._face.set_char_size(round(width * 64), round(height * 64))
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
    """A font whose characters are centred in cells of one width, so that digits do not move. They
    are drawn as they are, not hinted: that would even out what tells them apart."""

    cell = Cell(0, 0)

    def _glyph_for_character(self, character: str) -> font_to_py.Glyph:
        mono = freetype.FT_LOAD_TARGET_MONO
        self._face.load_char(
            character, freetype.FT_LOAD_RENDER | freetype.FT_LOAD_NO_HINTING | mono
        )
        return font_to_py.Glyph.from_glyphslot(self._face.glyph)

    def _assign_values(self) -> None:
        cell, gap = self.cell
        for character in self:
            glyph = self._glyph_for_character(character)
            if glyph.width > cell - gap:
                raise ValueError(
                    f"'{character}' is {glyph.width} pixels wide, which leaves less than {gap} of "
                    f"a cell of {cell}"
                )
            bitmap = font_to_py.Bitmap(cell, self.height)
            row = self.height - int(glyph.ascent) - self._max_descent
            bitmap.bitblt(glyph.bitmap, row, (cell - glyph.width) // 2)
            self[character] = [bitmap, cell, cell]
        self.max_width = cell


_MAX_IN_MEMORY = 4096  # bytes
_ROWS = 64  # of the display that the small digits are for

# A picture is what framebuf's blit() takes; 3 is framebuf.MONO_HLSB, 6 GS8.
_PICTURE = """
def width(ch):
    return get_ch(ch)[2]


def picture(ch):
    rows, height, width = get_ch(ch)
    return rows, width, height, 3
"""

_DIGITS_IN_BYTES = """# Made by python -m host_tools.devtools.fonts of {face}.
# Each pixel is a byte of eight rows; the digits begin {top} rows below the first.

_pictures = (
{pictures}
)


def height():
    return {height}


def max_width():
    return {width}


def min_ch():
    return 48


def max_ch():
    return 57


def width(ch):
    return {width}


def picture(ch):
    digit = ord(ch) - 48
    return _pictures[digit if 0 <= digit < 10 else 0]


def get_ch(ch):
    picture_of = picture(ch)[0]
    rows = bytearray({stride} * {height})
    for y in range({height}):
        for x in range({width}):
            if picture_of[(y + {top}) // 8 * {width} + x] >> (y + {top}) % 8 & 1:
                rows[y * {stride} + x // 8] |= 0x80 >> x % 8
    return rows, {height}, {width}
"""

_LARGE = """# Made by python -m host_tools.devtools.fonts of {face}{where}.

_chars = {characters!r}
_widths = {widths!r}
_places = {places!r}
{rows}

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


def picture(ch):
    number = _number(ch)
    width = _widths[number]
    size = (width + 7) // 8 * {height}
    place = _places[2 * number] | _places[2 * number + 1] << 8
{glyph}


def get_ch(ch):
    rows, width, height, _ = picture(ch)
    return rows, height, width
"""

_ROWS_IN_FILE = """_file = open(__file__.rsplit(".", 1)[0] + ".rows", "rb")
_start = _file.tell()
_rows = memoryview(bytearray({most}))
"""

_GLYPH_IN_FILE = """\
    rows = _rows[:size]
    _file.seek(_start + place)
    _file.readinto(rows)
    return rows, width, {height}, 3\
"""

_ROWS_IN_MODULE = """_rows = memoryview({rows})
"""

_GLYPH_IN_MODULE = """\
    return _rows[place : place + size], width, {height}, 3\
"""


def build(name: str) -> dict[Path, bytes]:
    """Give the files of the font `name`: its module and, if it is large, its rows and the module to
    freeze."""
    made_of = FONTS[name]
    path = Path(importlib.import_module(made_of.package).ROOT) / "files" / made_of.face
    source = render(path, made_of.em, made_of.characters, made_of.cell, made_of.axes)
    font: dict[str, Any] = {}
    exec(source, font)  # noqa: S102 - our own
    if len(font["_font"]) <= _MAX_IN_MEMORY:
        small = _digits_in_bytes(font, path.name) if made_of.cell else source
        return {FOLDER / f"{name}.py": small.encode()}
    characters = "".join(sorted(made_of.characters))
    glyphs = [font["get_ch"](character) for character in characters]
    rows, places = b"", b""
    for glyph, _, _ in glyphs:
        places += len(rows).to_bytes(2, "little")
        rows += glyph
    height = font["height"]()

    def module(where: str, kept: str, glyph: str) -> bytes:
        return _LARGE.format(
            face=path.name,
            where=where,
            characters=characters,
            widths=bytes(width for _, _, width in glyphs),
            places=places,
            rows=kept,
            height=height,
            max_width=font["max_width"](),
            first=ord(characters[0]),
            last=ord(characters[-1]),
            unknown=max(0, characters.find(_ERROR_CHARACTER)),
            glyph=glyph.format(height=height),
        ).encode()

    most = max(len(glyph) for glyph, _, _ in glyphs)
    beside = "; the rows of its characters lie beside it"
    return {
        FOLDER / f"{name}.py": module(beside, _ROWS_IN_FILE.format(most=most), _GLYPH_IN_FILE),
        FOLDER / f"{name}.rows": rows,
        FROZEN / f"{name}.py": module(
            "", _ROWS_IN_MODULE.format(rows=_lines(rows)), _GLYPH_IN_MODULE
        ),
    }


def _digits_in_bytes(font: dict[str, Any], face: str) -> str:
    """Give the source of a module of digits whose pictures are copied by bytes, which framebuf does
    by pixels: bytes of eight rows, of which the first begins where the display has a byte when the
    digits stand in the middle of its rows."""
    height, width = font["height"](), font["max_width"]()
    top = (_ROWS - height + 1) // 2 % 8
    rows = (top + height + 7) // 8 * 8
    stride = (width + 7) // 8
    pictures = []
    for digit in _DIGITS:
        glyph = font["get_ch"](digit)[0]
        picture = bytearray(rows // 8 * width)
        for y in range(height):
            for x in range(width):
                lit = glyph[y * stride + x // 8] >> (7 - x % 8) & 1
                picture[(y + top) // 8 * width + x] |= lit << (y + top) % 8
        pictures.append(f"    ({_lines(bytes(picture))}    , {width}, {rows // 8}, 6),")
    return _DIGITS_IN_BYTES.format(
        face=face,
        pictures="\n".join(pictures),
        height=height,
        width=width,
        top=top,
        stride=stride,
    )


def _lines(content: bytes) -> str:
    """Give bytes as the source text of a constant, 24 a line."""
    pieces = (content[at : at + 24] for at in range(0, len(content), 24))
    return "\n" + "\n".join(f"    b{_quoted(piece)}" for piece in pieces) + "\n"


def _quoted(piece: bytes) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in piece) + '"'


def render(
    path: Path,
    em: tuple[float, float],
    characters: str,
    cell: Cell | None = None,
    axes: dict[str, float] | None = None,
) -> str:
    """Give the source of a font module with `characters` of the face in `path`.

    `em` is its width and height in pixels; `cell` the place of every character, None for each
    character's own width; `axes` the place on the axes of a variable face.
    """
    kind: type[Any] = (
        type("_Proportional", (_Proportional,), {"axes": axes})
        if cell is None
        else type("_Monospaced", (_Monospaced,), {"cell": cell, "axes": axes})
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
    return source.getvalue() + _PICTURE


def main() -> None:
    """Write all fonts into firmware/products/fonts, and those to freeze."""
    FROZEN.mkdir(parents=True, exist_ok=True)
    for name in FONTS:
        for path, content in build(name).items():
            path.write_bytes(content)


if __name__ == "__main__":
    main()
