"""Pictures of pages for docs/."""

import io
from pathlib import Path

from PIL import Image

_FOLDER = Path(__file__).parents[2] / "docs" / "images"
_COLOURS = 64  # of a picture's palette


def save(png: bytes, name: str) -> None:
    """Write a screenshot into docs/images, with fewer colours."""
    with Image.open(io.BytesIO(png)) as taken:
        reduced = taken.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    reduced.save(_FOLDER / name, optimize=True)
