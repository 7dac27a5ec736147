"""A screen as characters: every pixel where it belongs, in the largest form that fits."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.screen import Screen
from emulator.views.terminal import render, smallest

KODEVISER, KODEOPLAESER = Screen(128, 64, bytes(128 * 64)), Screen(400, 240, bytes(400 * 240))
_DOTS = {1: (0, 0), 2: (0, 1), 3: (0, 2), 4: (1, 0), 5: (1, 1), 6: (1, 2), 7: (0, 3), 8: (1, 3)}


def _halves(name: str) -> set[tuple[int, int]]:
    return {
        "UPPER HALF BLOCK": {(0, 0)},
        "LOWER HALF BLOCK": {(0, 1)},
        "FULL BLOCK": {(0, 0), (0, 1)},
    }[name]


def _quarters(name: str) -> set[tuple[int, int]]:
    if name == "FULL BLOCK":
        return {(0, 0), (0, 1), (1, 0), (1, 1)}
    return {
        (x, y)
        for x, across in enumerate(("LEFT", "RIGHT"))
        for y, down in enumerate(("UPPER", "LOWER"))
        if name in (f"{down} HALF BLOCK", f"{across} HALF BLOCK") or f"{down} {across}" in name
    }


def _dots(name: str) -> set[tuple[int, int]]:
    return {_DOTS[int(digit)] for digit in name.removeprefix("BRAILLE PATTERN DOTS-")}


@pytest.mark.parametrize(
    ("wide", "high", "pixels"), [(1, 2, _halves), (2, 2, _quarters), (2, 4, _dots)]
)
@given(width=st.integers(2, 9), height=st.integers(3, 9), data=st.data())
def test_every_pixel_is_where_it_belongs_by_the_names_of_the_characters(
    wide, high, pixels, width, height, data
):
    drawn = data.draw(st.lists(st.booleans(), min_size=width * height, max_size=width * height))
    screen = Screen(width, height, bytes(drawn))
    columns, lines = -(-width // wide) + 2, -(-height // high) + 2
    picture = render(screen, columns, lines)
    assert (len(picture), {len(line) for line in picture}) == (lines, {columns})
    found = {
        (wide * column + x, high * row + y)
        for row, line in enumerate(picture[1:-1])
        for column, character in enumerate(line[1:-1])
        if character != " "
        for x, y in pixels(unicodedata.name(character))
    }
    assert found == {(x, y) for x in range(width) for y in range(height) if screen.pixel(x, y)}


@pytest.mark.parametrize(
    ("screen", "terminal", "size"),
    [
        (KODEVISER, (300, 100), (130, 34)),
        (KODEVISER, (129, 100), (66, 34)),
        (KODEVISER, (80, 24), (66, 18)),
        (KODEVISER, (65, 24), None),
        (KODEVISER, (80, 17), None),
        (KODEOPLAESER, (402, 122), (402, 122)),
        (KODEOPLAESER, (202, 122), (202, 122)),
        (KODEOPLAESER, (202, 62), (202, 62)),
        (KODEOPLAESER, (201, 200), None),
        (KODEOPLAESER, (80, 24), None),
    ],
)
def test_the_largest_picture_that_fits_is_taken(screen, terminal, size):
    picture = render(screen, *terminal)
    assert (picture and (len(picture[0]), len(picture))) == size
    assert (smallest(screen) <= terminal) or picture is None


def test_a_page_has_any_number_of_lines():
    assert len(render(KODEVISER, 80)) == 34
