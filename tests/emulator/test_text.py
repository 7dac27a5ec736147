"""Reading text back from pixels, drawn with the firmware's own fonts."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from emulator.screen import Screen
from emulator.screen_text import read_text
from emulator.views.terminal import render

WIDTH, HEIGHT = 128, 64
DIGITS6, DIGITS8, TEXT = (
    import_module(f"firmware.products.fonts.{name}") for name in ("digits6", "digits8", "text")
)
WORDS = st.text(
    "abcdefghijklmnopqrstuvwxyzæøåABCDEFGHIJKLMNOPQRSTUVWXYZÆØÅ0123456789.,:-%/°",
    min_size=1,
    max_size=9,
)


class Canvas:
    """A picture to draw on, with the firmware's fonts."""

    def __init__(self) -> None:
        self.data = bytearray(WIDTH * HEIGHT)

    def text(self, font: ModuleType, text: str, x: int, y: int) -> int:
        for character in text:
            rows, height, width = font.get_ch(character)
            stride = (width + 7) // 8
            for row in range(height):
                for column in range(width):
                    if (
                        rows[row * stride + column // 8] >> (7 - column % 8) & 1
                        and x + column < WIDTH
                    ):
                        self.data[(y + row) * WIDTH + x + column] = 1
            x += width
        return x

    def box(self, x: int, y: int, width: int, height: int) -> None:
        for row in range(y, y + height):
            self.data[row * WIDTH + x : row * WIDTH + x + width] = b"\1" * width

    @property
    def screen(self) -> Screen:
        return Screen(WIDTH, HEIGHT, bytes(self.data))


def grouped(canvas: Canvas, font: ModuleType, code: str, y: int) -> None:
    half = len(code) // 2
    gap = font.max_width() * 2 // 5
    x = (WIDTH - gap - sum(font.get_ch(digit)[2] for digit in code)) // 2
    x = canvas.text(font, code[:half], x, y)
    canvas.text(font, code[half:], x + gap, y)


@given(st.text("0123456789", min_size=6, max_size=6), st.integers(0, 15))
def test_every_six_digit_code_is_read_with_its_gap(code: str, y: int) -> None:
    canvas = Canvas()
    grouped(canvas, DIGITS6, code, y)
    assert read_text(canvas.screen) == [f"{code[:3]} {code[3:]}"]


@given(st.text("0123456789", min_size=7, max_size=8))
def test_longer_codes_are_read_too(code: str) -> None:
    canvas = Canvas()
    grouped(canvas, DIGITS8, code, 10)
    assert read_text(canvas.screen) == [f"{code[: len(code) // 2]} {code[len(code) // 2 :]}"]


@given(st.text("0123456789", min_size=6, max_size=6), st.integers(0, 124))
def test_bar_name_and_battery_do_not_disturb(code: str, filled: int) -> None:
    canvas = Canvas()
    canvas.text(TEXT, "Bank", 0, 0)
    for x, y, width, height in (
        (113, 2, 14, 1),
        (113, 10, 14, 1),
        (113, 2, 1, 9),
        (126, 2, 1, 9),
        (127, 5, 1, 3),
        (115, 4, 2, 5),
    ):
        canvas.box(x, y, width, height)
    grouped(canvas, DIGITS6, code, 16)
    for x, y, width, height in (
        (0, 56, 128, 1),
        (0, 63, 128, 1),
        (0, 56, 1, 8),
        (127, 56, 1, 8),
        (2, 58, filled, 4),
    ):
        canvas.box(x, y, width, height)
    assert read_text(canvas.screen) == ["Bank", f"{code[:3]} {code[3:]}"]


@given(st.lists(WORDS, min_size=1, max_size=2))
def test_words_are_read_back_as_drawn(words: list[str]) -> None:
    line = " ".join(words)
    canvas = Canvas()
    canvas.text(TEXT, line, 0, 20)
    assume(sum(TEXT.get_ch(character)[2] for character in line) <= WIDTH)
    assume(any(character.isalnum() for character in line))
    assert read_text(canvas.screen) == [line]


def test_lines_come_from_top_to_bottom() -> None:
    canvas = Canvas()
    canvas.text(TEXT, "nedenunder", 0, 30)
    canvas.text(TEXT, "Øverst", 0, 5)
    assert read_text(canvas.screen) == ["Øverst", "nedenunder"]


def test_a_flipped_screen_is_read_flipped() -> None:
    canvas = Canvas()
    grouped(canvas, DIGITS6, "169608", 12)
    turned = canvas.screen.rotated()
    assert read_text(turned) != ["169 608"]
    assert read_text(turned.rotated()) == ["169 608"]


def test_no_text_is_read_from_a_dark_or_a_full_screen() -> None:
    assert read_text(Screen(WIDTH, HEIGHT, bytes(WIDTH * HEIGHT))) == []
    assert read_text(Screen(WIDTH, HEIGHT, b"\1" * WIDTH * HEIGHT)) == []


def test_a_png_holds_every_pixel(tmp_path: Path) -> None:
    canvas = Canvas()
    canvas.box(3, 5, 1, 1)
    picture = Image.open(canvas.screen.to_png(tmp_path / "picture.png", scale=2))
    assert picture.size == ((WIDTH + 8) * 2, (HEIGHT + 8) * 2)
    assert picture.getpixel(((3 + 4) * 2 + 1, (5 + 4) * 2 + 1)) != picture.getpixel((20, 20))


def test_the_terminal_view_shows_two_pixels_a_character() -> None:
    lines = render(Screen(3, 3, bytes((1, 0, 1, 1, 1, 0, 0, 0, 1))), columns=5)
    assert lines == ["┌───┐", "│█▄▀│", "│  ▀│", "└───┘"]


def test_a_narrow_terminal_gets_four_pixels_a_character() -> None:
    lines = render(Screen(3, 3, bytes((1, 0, 1, 1, 1, 0, 0, 0, 1))), columns=4)
    assert lines == ["┌──┐", "│▙▘│", "│ ▘│", "└──┘"]
