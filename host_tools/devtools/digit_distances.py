"""How far apart the ten digits of a font stay when they are blurred as by a low visual acuity.

A visual acuity of 0.1 resolves two strokes 10 minutes of arc apart. Two lines blurred by a Gaussian
merge when they are closer than 2 sigma, so sigma is 5 minutes of arc: 0.51 mm at a reading distance
of 350 mm. The pixels of the kodeviser's smallest display (0.96 inch, 21.744 mm for 128 pixels) are
the finest it has and its worst case; those of the kodeoplæser's display (LS027B7DH01) are 0.147 mm.

The distance of two digits is the root of the summed squared differences of their blurred pictures
(lit 1, dark 0), at the offset of up to 3 pixels sideways and 1 up or down where they look most
alike, since the eye has no absolute position. Pixels of both displays are about equally large, so
that their distances can be compared.
"""

import importlib
from itertools import combinations
from math import radians, sqrt, tan
from types import ModuleType

from PIL import Image, ImageChops, ImageFilter, ImageStat

DIGITS = "0123456789"
READING_MM = 350
SMALL_PIXEL_MM = 21.744 / 128
LARGE_PIXEL_MM = 0.147
_BLUR_MM = READING_MM * tan(radians(5 / 60))
SMALL_SIGMA = _BLUR_MM / SMALL_PIXEL_MM  # pixels
LARGE_SIGMA = _BLUR_MM / LARGE_PIXEL_MM
# A dark edge of 4 sigma around a digit, so that no light is lost. Pixels.
MARGIN = 15


def picture(font: ModuleType, digits: str) -> Image.Image:
    """Give the lit pixels of digits side by side, with a dark margin around them."""
    width = sum(font.width(digit) for digit in digits)
    image = Image.new("L", (width + 2 * MARGIN, font.height() + 2 * MARGIN))
    left = MARGIN
    for digit in digits:
        rows, height, columns = font.get_ch(digit)  # a font keeps one digit in memory at a time
        stride = (columns + 7) // 8
        for y in range(height):
            for x in range(columns):
                if rows[y * stride + x // 8] >> (7 - x % 8) & 1:
                    image.putpixel((left + x, y + MARGIN), 255)
        left += columns
    return image


def blurred(font: ModuleType, digits: str, sigma: float) -> Image.Image:
    """Give picture() blurred by a Gaussian of `sigma` pixels."""
    return picture(font, digits).filter(ImageFilter.GaussianBlur(sigma))


def distance(one: Image.Image, other: Image.Image) -> float:
    """Give the distance of two blurred digits at the offset where they look most alike."""
    moved = (ImageChops.offset(other, dx, dy) for dx in range(-3, 4) for dy in (-1, 0, 1))
    return (
        sqrt(min(ImageStat.Stat(ImageChops.difference(one, image)).sum2[0] for image in moved))
        / 255
    )


def distances(font: ModuleType, sigma: float) -> dict[str, float]:
    """Give the distance of each pair of digits, "01" to "89"."""
    seen = {digit: blurred(font, digit, sigma) for digit in DIGITS}
    return {one + other: distance(seen[one], seen[other]) for one, other in combinations(DIGITS, 2)}


def gap_contrast(font: ModuleType, sigma: float) -> float:
    """Give how dark the gap between two eights is when blurred: 0 as light as the digits, 1 dark.

    The light of a column of pixels is summed up over its height."""
    image = blurred(font, "8888", sigma)
    columns = image.resize((image.width, 1), Image.Resampling.BOX).tobytes()
    cell = font.max_width()
    first, middle = MARGIN + cell, MARGIN + 2 * cell
    return 1 - min(columns[middle - 3 : middle + 3]) / max(columns[first : first + 2 * cell])


def matrix() -> str:
    """Give the distances of all pairs of six-digit codes as a Markdown table: those of the
    kodeviser below the diagonal, those of the kodeoplæser above it."""
    small = distances(_font("digits6"), SMALL_SIGMA)
    large = distances(_font("digits6_400"), LARGE_SIGMA)
    lines = ["| | " + " | ".join(DIGITS) + " |", "| --- |" + " --- |" * len(DIGITS)]
    for row in DIGITS:
        cells = [f"{small[column + row]:.1f}" for column in DIGITS if column < row]
        cells += [""]
        cells += [f"{large[row + column]:.1f}" for column in DIGITS if column > row]
        lines.append(f"| **{row}** | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _font(name: str) -> ModuleType:
    return importlib.import_module(f"firmware.products.fonts.{name}")
