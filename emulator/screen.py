"""A picture of a screen: pixels, a PNG, the same turned by half a turn."""

from pathlib import Path

from PIL import Image

_MARGIN = 4  # dark pixels around the panel in a PNG
_LIT, _DARK, _BEZEL = (228, 240, 255), (6, 7, 10), (20, 22, 28)


class Screen:
    """`width` x `height` pixels, `data` one byte each (1: lit), row by row from the top left."""

    def __init__(self, width: int, height: int, data: bytes) -> None:
        """ValueError when the sizes disagree."""
        if len(data) != width * height:
            raise ValueError(f"{width} x {height} pixels are not {len(data)} bytes.")
        self.width, self.height, self.data = width, height, data

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
        """Whether no pixel is lit."""
        return not any(self.data)

    def rotated(self) -> "Screen":
        """What somebody sees who holds the token the other way up."""
        return Screen(self.width, self.height, self.data[::-1])

    def to_png(self, path: Path | str, scale: int = 4) -> Path:
        """Write a PNG, each pixel `scale` x `scale`, and return its path."""
        glass = Image.new("RGB", (self.width + 2 * _MARGIN, self.height + 2 * _MARGIN), _BEZEL)
        picture = Image.new("RGB", (self.width, self.height))
        picture.putdata([_LIT if lit else _DARK for lit in self.data])
        glass.paste(picture, (_MARGIN, _MARGIN))
        glass.resize((glass.width * scale, glass.height * scale), Image.Resampling.NEAREST).save(path)
        return Path(path)
