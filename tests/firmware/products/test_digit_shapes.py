"""The ten digits stay apart when blurred (product page, Display: no slashed zero; 1/7, 3/8, 5/6/9,
0/8 stay apart). host_tools/devtools/digit_distances.py says how it is measured.

Smallest distances of the faces tried, each as large as fits 17 by 38 pixels, 3 pixels from the next
digit: Open Sans at width 90 and weight 675 3.9, Titillium Web SemiBold 3.8, IBM Plex Sans Condensed
Medium 3.7, Overpass made heavier 3.5, Fira Sans Condensed Medium 3.4, Share Tech 3.3 at 18 pixels.
"""

import importlib
from bisect import bisect_left
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
from PIL import ImageChops

from firmware.products.fonts import digits6, digits6_400, digits8, digits8_400
from host_tools.devtools.digit_distances import (
    DIGITS,
    LARGE_SIGMA,
    SMALL_SIGMA,
    blurred,
    distance,
    distances,
    gap_contrast,
    picture,
)
from host_tools.devtools.fonts import FONTS, Cell, render

# Font, sigma, the least distance of a pair of digits.
SHOWN = [
    pytest.param(digits6, SMALL_SIGMA, 3.8, id="digits6"),
    pytest.param(digits8, SMALL_SIGMA, 2.05, id="digits8"),
    pytest.param(digits6_400, LARGE_SIGMA, 21.4, id="digits6_400"),
    pytest.param(digits8_400, LARGE_SIGMA, 15.2, id="digits8_400"),
]


def largest(package: str, face: str, cell: Cell) -> ModuleType:
    """Return a face at the largest em whose digits fit cells of that width."""
    path = Path(importlib.import_module(package).ROOT) / "files" / face

    def drawn(half_pixels: int) -> str:
        return render(path, (half_pixels / 2, half_pixels / 2), DIGITS, cell)

    def too_large(half_pixels: int) -> bool:
        try:
            drawn(half_pixels)
        except ValueError:
            return True
        return False

    tried = range(2 * cell.width, 4 * cell.width)  # em in half pixels; a digit is 0.5 to 1 em wide
    first_too_large = tried[bisect_left(tried, True, key=too_large)]
    font = ModuleType(face)
    exec(drawn(first_too_large - 1), vars(font))
    return font


def test_blur_is_three_pixels():
    assert pytest.approx(3.0, abs=0.01) == SMALL_SIGMA


@pytest.mark.clause("display: shapes")
@pytest.mark.parametrize(("font", "sigma", "least"), SHOWN)
def test_all_ten_digits_stay_apart_at_an_acuity_of_a_tenth(
    font: ModuleType, sigma: float, least: float
):
    measured = distances(font, sigma)
    closest = min(measured, key=measured.__getitem__)
    assert measured[closest] >= least, closest


@pytest.mark.clause("display: shapes")
@pytest.mark.parametrize(
    ("font", "sigma", "least"),
    [(digits6, SMALL_SIGMA, 0.5), (digits6_400, LARGE_SIGMA, 0.95)],
    ids=["digits6", "digits6_400"],
)
def test_digits_do_not_run_together(font: ModuleType, sigma: float, least: float):
    """Between two eights it is at least half as dark as where nothing is, at the same blur."""
    assert gap_contrast(font, sigma) >= least


@pytest.mark.slow
@pytest.mark.parametrize(
    ("font", "sigma"),
    [(digits6, SMALL_SIGMA), (digits8, SMALL_SIGMA), (digits6_400, LARGE_SIGMA)],
    ids=["digits6", "digits8", "digits6_400"],
)
def test_digits_are_further_apart_than_those_drawn_for_low_vision(font: ModuleType, sigma: float):
    """Atkinson Hyperlegible is wide, so it must be small to fit, and its zero is slashed."""
    cell = FONTS[font.__name__.rsplit(".", 1)[1]].cell
    assert cell is not None
    peer = largest("fontpkg_atkinson_hyperlegible", "AtkinsonHyperlegible-Bold.ttf", cell)
    assert min(distances(font, sigma).values()) > min(distances(peer, sigma).values())


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
    zero = blurred(digits6, "0", SMALL_SIGMA)
    assert distance(zero, ImageChops.offset(zero, 2, 1)) == 0
    assert distance(zero, blurred(digits6, "8", SMALL_SIGMA)) > 1
