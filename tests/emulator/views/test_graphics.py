"""A screen as a picture in a terminal: every pixel of it, as large as there is room for."""

import base64
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from emulator.screen import EMISSIVE, Screen
from emulator.views.graphics import PROTOCOLS, Graphics
from tests.support.emulated.sixels import decode

MARGIN = 4  # pixels around the display
SMALL = Screen(24, 12, bytes(24 * 12))


@st.composite
def screens(draw: st.DrawFn) -> Screen:
    wide, high = draw(st.integers(1, 20)), draw(st.integers(1, 15))
    pixels = draw(st.lists(st.booleans(), min_size=wide * high, max_size=wide * high))
    return Screen(wide, high, bytes(pixels))


def percent(colour: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(round(part / 2.55) for part in colour)


def pixels_of_kitty(sequence: str) -> list[list[tuple[int, ...]]]:
    """Give the rows of colours of a picture that kitty is sent, as Pillow reads it."""
    commands = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", sequence)
    assert "".join(f"\x1b_G{keys};{data}\x1b\\" for keys, data in commands) == sequence
    assert all(len(data) <= 4096 and len(data) % 4 == 0 for _, data in commands)
    more = [dict(key.split("=") for key in keys.split(","))["m"] for keys, _ in commands]
    assert more == ["1"] * (len(more) - 1) + ["0"]
    with Image.open(io.BytesIO(base64.b64decode("".join(data for _, data in commands)))) as read:
        picture = read.convert("RGB")
    return [
        [percent(picture.getpixel((x, y))) for x in range(picture.width)]
        for y in range(picture.height)
    ]


READERS = {"kitty": pixels_of_kitty, "sixel": decode}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(screen=screens(), scale=st.integers(1, 3))
def test_every_pixel_is_where_it_belongs(protocol: str, screen: Screen, scale: int) -> None:
    rows = READERS[protocol](PROTOCOLS[protocol](screen, scale))
    assert len(rows) == scale * (screen.height + 2 * MARGIN)
    assert {len(row) for row in rows} == {scale * (screen.width + 2 * MARGIN)}
    lit, dark = map(percent, EMISSIVE)
    for y in range(scale * screen.height):
        for x in range(scale * screen.width):
            found = rows[scale * MARGIN + y][scale * MARGIN + x]
            assert found == (lit if screen.pixel(x // scale, y // scale) else dark)


@given(columns=st.integers(1, 40), lines=st.integers(1, 14))
def test_a_picture_is_as_large_as_there_is_room_for(columns: int, lines: int) -> None:
    wide, high = 9, 18
    picture = Graphics("sixel", wide, high).render(SMALL, columns, lines)
    room = columns * wide // (24 + 2 * MARGIN), lines * high // (12 + 2 * MARGIN)
    if picture is None:
        assert min(room) == 0
    else:
        drawn = decode(picture.sequence)
        assert len(drawn) == min(room) * (12 + 2 * MARGIN)
        assert (picture.lines - 1) * high < len(drawn) <= picture.lines * high
        assert picture.lines <= lines
