"""A screen's content: its pixels, also as a PNG."""

from io import BytesIO
from pathlib import Path

from PIL import Image

_INVERTED = bytes.maketrans(b"\0\1", b"\1\0")
_MARGIN = 4  # dark pixels around the panel in a PNG
_BEZEL, _BEZEL_COLOUR = 2, (20, 22, 28)  # place in a PNG's palette, after the pixels' 0 and 1
Colour = tuple[int, int, int]
EMISSIVE: tuple[Colour, Colour] = ((228, 240, 255), (6, 7, 10))  # of a lit pixel and a dark one


class Screen:
    """`width` x `height` pixels, `data` one byte each, row by row from the top left.

    1 is a lit pixel of an emissive display and a black one of a reflective display.
    """

    def __init__(
        self, width: int, height: int, data: bytes, colours: tuple[Colour, Colour] = EMISSIVE
    ) -> None:
        """`colours` are those of 1 and 0. ValueError when `data` has another size."""
        if len(data) != width * height:
            raise ValueError(f"{width} x {height} pixels are not {len(data)} bytes.")
        self.width, self.height, self.data, self.colours = width, height, data, colours

    def __eq__(self, other: object) -> bool:
        """Compare sizes and pixels."""
        if not isinstance(other, Screen):
            return NotImplemented
        return (self.width, self.height, self.data) == (other.width, other.height, other.data)

    def __hash__(self) -> int:
        """Hash sizes and pixels."""
        return hash((self.width, self.height, self.data))

    def pixel(self, x: int, y: int) -> bool:
        """Tell whether the pixel at (`x`, `y`), counted from the top left, is 1."""
        if not (0 <= x < self.width and 0 <= y < self.height):
            raise IndexError(f"({x}, {y}) lies outside of {self.width} x {self.height} pixels.")
        return bool(self.data[y * self.width + x])

    @property
    def dark(self) -> bool:
        """Whether no pixel is 1."""
        return not any(self.data)

    def rotated(self) -> "Screen":
        """Give the screen turned by 180 degrees, as seen with the token held upside down."""
        return Screen(self.width, self.height, self.data[::-1], self.colours)

    def ink_on_paper(self) -> "Screen":
        """Give the screen with its rarer colour as 1, so that text is 1 in either theme."""
        if 2 * self.data.count(1) <= len(self.data):
            return self
        return Screen(self.width, self.height, self.data.translate(_INVERTED), self.colours[::-1])

    def to_png(self, path: Path | str, scale: int = 4) -> Path:
        """Write the PNG to a file; give its path."""
        Path(path).write_bytes(self.png(scale))
        return Path(path)

    def png(self, scale: int = 4) -> bytes:
        """Give a PNG in which each pixel is `scale` x `scale`."""
        written = BytesIO()
        self.picture(scale).save(written, "PNG")
        return written.getvalue()

    def picture(self, scale: int) -> Image.Image:
        """Give the display with a margin, each pixel `scale` x `scale`: palette indices, 0 and 1
        the screen's."""
        glass = Image.new("P", (self.width + 2 * _MARGIN, self.height + 2 * _MARGIN), _BEZEL)
        glass.putpalette(
            [part for colour in (*self.colours[::-1], _BEZEL_COLOUR) for part in colour]
        )
        glass.paste(Image.frombytes("P", (self.width, self.height), self.data), (_MARGIN, _MARGIN))
        size = glass.width * scale, glass.height * scale
        return glass.resize(size, Image.Resampling.NEAREST)
