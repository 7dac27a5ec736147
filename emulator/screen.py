"""A picture of a screen: pixels, a PNG, the same turned by half a turn."""

from pathlib import Path

from PIL import Image

_MARGIN = 4  # dark pixels around the panel in a PNG
_BEZEL = (20, 22, 28)
Colour = tuple[int, int, int]
EMISSIVE: tuple[Colour, Colour] = ((228, 240, 255), (6, 7, 10))  # of a lit pixel and a dark one


class Screen:
    """`width` x `height` pixels, `data` one byte each, row by row from the top left.

    1 is lit on a display that shines, and black on one that reflects.
    """

    def __init__(
        self, width: int, height: int, data: bytes, colours: tuple[Colour, Colour] = EMISSIVE
    ) -> None:
        """`colours` of the pixels that are 1 and 0. ValueError when the sizes disagree."""
        if len(data) != width * height:
            raise ValueError(f"{width} x {height} pixels are not {len(data)} bytes.")
        self.width, self.height, self.data, self.colours = width, height, data, colours

    def __eq__(self, other: object) -> bool:
        """Equal when every pixel is."""
        if not isinstance(other, Screen):
            return NotImplemented
        return (self.width, self.height, self.data) == (other.width, other.height, other.data)

    def __hash__(self) -> int:
        """Of the pixels."""
        return hash((self.width, self.height, self.data))

    def pixel(self, x: int, y: int) -> bool:
        """Whether the pixel `x` from the left, `y` from the top is lit."""
        if not (0 <= x < self.width and 0 <= y < self.height):
            raise IndexError(f"({x}, {y}) lies outside of {self.width} x {self.height} pixels.")
        return bool(self.data[y * self.width + x])

    @property
    def dark(self) -> bool:
        """Whether nothing is shown: no pixel is lit, or black."""
        return not any(self.data)

    def rotated(self) -> "Screen":
        """What somebody sees who holds the token the other way up."""
        return Screen(self.width, self.height, self.data[::-1], self.colours)

    def ink_on_paper(self) -> "Screen":
        """The same with the colour of which there is less as 1, so that text reads the same in
        every theme."""
        if 2 * self.data.count(1) <= len(self.data):
            return self
        return Screen(
            self.width, self.height, bytes(1 - pixel for pixel in self.data), self.colours[::-1]
        )

    def to_png(self, path: Path | str, scale: int = 4) -> Path:
        """Write a PNG, each pixel `scale` x `scale`, and return its path."""
        glass = Image.new("RGB", (self.width + 2 * _MARGIN, self.height + 2 * _MARGIN), _BEZEL)
        picture = Image.new("RGB", (self.width, self.height))
        ink, paper = self.colours
        picture.putdata([ink if pixel else paper for pixel in self.data])
        glass.paste(picture, (_MARGIN, _MARGIN))
        glass.resize((glass.width * scale, glass.height * scale), Image.Resampling.NEAREST).save(
            path
        )
        return Path(path)
