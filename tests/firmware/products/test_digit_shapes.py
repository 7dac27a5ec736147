"""The ten digits stay apart when blurred (product page, Display: no slashed zero; 1/7, 3/8, 5/6/9,
0/8 stay apart).

A visual acuity of 0.1 resolves two strokes 10 minutes of arc apart. Two lines blurred by a Gaussian
merge when they are closer than 2 sigma, so sigma is 5 minutes of arc: 0.51 mm at a reading distance
of 350 mm. The smallest display has the finest pixels and is the worst case: 0.96 inch, 21.744 mm
for 128 pixels, 0.17 mm each; sigma is 3.0 pixels there (2.2 on a 1.3 inch display).

The distance of two digits is the root of the summed squared differences of their blurred pictures
(lit 1, dark 0), at the offset of up to 3 pixels sideways and 1 up or down where they look most
alike, since the eye has no absolute position.

Smallest distances of the faces tried, each as large as fits digits of at most 18 pixels and 38
rows: Share Tech 3.3, Saira Condensed SemiBold with its letter O for the zero 3.1, Open Sans 500 at
width 75 3.0, Noto Sans 700 at width 75 3.0, Encode Sans 600 at width 80 2.8, Roboto Condensed 600
2.7, Fira Sans Condensed Medium 2.5, Atkinson Hyperlegible Bold 1.2.
"""

import importlib
from bisect import bisect_left
from itertools import combinations, pairwise
from math import radians, sqrt, tan
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from firmware.products.fonts import digits6, digits6_400, digits8, digits8_400
from host_tools.devtools.fonts import render

DIGITS = "0123456789"
READING_MM = 350
PIXEL_MM = 21.744 / 128
LARGE_PIXEL_MM = 0.147
SIGMA = READING_MM * tan(radians(5 / 60)) / PIXEL_MM
MARGIN = 12  # 4 sigma, so that no light is lost at the edges


def picture(font: ModuleType, digit: str) -> Image.Image:
    """Return a digit's lit pixels with a dark margin around them."""
    glyph, height, width = font.get_ch(digit)
    stride = (width + 7) // 8
    image = Image.new("L", (width + 2 * MARGIN, height + 2 * MARGIN))
    for y in range(height):
        for x in range(width):
            if glyph[y * stride + x // 8] >> (7 - x % 8) & 1:
                image.putpixel((x + MARGIN, y + MARGIN), 255)
    return image


def distance(one: Image.Image, other: Image.Image) -> float:
    """Return the distance of two blurred digits at the offset where they look most alike."""
    moved = (ImageChops.offset(other, dx, dy) for dx in range(-3, 4) for dy in (-1, 0, 1))
    return (
        sqrt(min(ImageStat.Stat(ImageChops.difference(one, image)).sum2[0] for image in moved))
        / 255
    )


def distances(font: ModuleType, sigma: float = SIGMA) -> dict[str, float]:
    """Return the distance of each pair of digits."""
    blurred = {
        digit: picture(font, digit).filter(ImageFilter.GaussianBlur(sigma)) for digit in DIGITS
    }
    return {
        one + other: distance(blurred[one], blurred[other])
        for one, other in combinations(DIGITS, 2)
    }


def largest(package: str, face: str, cell: int) -> ModuleType:
    """Return a face at the largest em whose digits fit cells of that width."""
    path = Path(importlib.import_module(package).ROOT) / "files" / face

    def too_large(half_pixels: int) -> bool:
        try:
            render(path, half_pixels / 2, DIGITS, cell)
        except ValueError:
            return True
        return False

    tried = range(2 * cell, 4 * cell)  # em in half pixels; a digit is 0.5 to 1 em wide
    first_too_large = tried[bisect_left(tried, True, key=too_large)]
    source = render(path, (first_too_large - 1) / 2, DIGITS, cell)
    font = ModuleType(face)
    exec(source, vars(font))
    return font


def test_blur_is_three_pixels():
    assert pytest.approx(3.0, abs=0.01) == SIGMA


@pytest.mark.parametrize(
    ("font", "least"), [(digits6, 3.2), (digits8, 1.6)], ids=["digits6", "digits8"]
)
def test_all_ten_digits_stay_apart_at_an_acuity_of_a_tenth(font: ModuleType, least: float):
    measured = distances(font)
    closest = min(measured, key=measured.__getitem__)
    assert measured[closest] >= least, closest


@pytest.mark.clause("display: shapes")
@pytest.mark.parametrize(
    ("font", "least"), [(digits6_400, 16), (digits8_400, 10)], ids=["digits6_400", "digits8_400"]
)
def test_digits_of_the_large_display_stay_several_times_as_far_apart(
    font: ModuleType, least: float
):
    """The same blur of 0.51 mm on the pixels of the LS027B7DH01."""
    assert min(distances(font, SIGMA * PIXEL_MM / LARGE_PIXEL_MM).values()) >= least


LARGE_SIGMA = SIGMA * PIXEL_MM / LARGE_PIXEL_MM


@pytest.mark.clause("display: shapes")
@pytest.mark.parametrize(
    ("font", "sigma", "least"),
    [(digits6, SIGMA, 3.2), (digits6_400, LARGE_SIGMA, 16)],
    ids=["digits6", "digits6_400"],
)
def test_pairs_of_the_product_page_stay_apart(font: ModuleType, sigma: float, least: float):
    measured = distances(font, sigma)
    close = {pair for pair in ("17", "38", "56", "59", "69", "08") if measured[pair] < least}
    assert not close


@pytest.mark.slow
@pytest.mark.parametrize(
    ("font", "cell"),
    [(digits6, 20), (digits8, 15), (digits6_400, 62)],
    ids=["digits6", "digits8", "digits6_400"],
)
def test_digits_are_further_apart_than_those_drawn_for_low_vision(font: ModuleType, cell: int):
    """Atkinson Hyperlegible is wide, so it must be small to fit, and its zero is slashed."""
    peer = largest("fontpkg_atkinson_hyperlegible", "AtkinsonHyperlegible-Bold.ttf", cell)
    assert min(distances(font).values()) > min(distances(peer).values())


@pytest.mark.clause("display: shapes")
@pytest.mark.parametrize(
    "font", [digits6, digits6_400, digits8_400], ids=["digits6", "digits6_400", "digits8_400"]
)
def test_zero_is_not_slashed(font: ModuleType):
    """The middle of the zero is dark from side to side."""
    image = picture(font, "0")
    middle = image.height // 2
    lit = [x for x in range(image.width) if image.getpixel((x, middle))]
    gaps = [after - before for before, after in pairwise(lit) if after - before > 1]
    assert len(gaps) == 1
    assert gaps[0] >= 8


def test_the_distance_of_a_digit_to_itself_is_zero():
    """Moved or not; shows that the measure can fail."""
    zero = picture(digits6, "0").filter(ImageFilter.GaussianBlur(SIGMA))
    assert distance(zero, ImageChops.offset(zero, 2, 1)) == 0
    assert distance(zero, picture(digits6, "8").filter(ImageFilter.GaussianBlur(SIGMA))) > 1
