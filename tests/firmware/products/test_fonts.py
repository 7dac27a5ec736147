"""The token's bitmap fonts: made by our generator from the pinned packages, and fit for the
display."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from firmware.products import kodeoplaeser
from firmware.products.fonts import digits6, digits8, text, text_400
from firmware.products.kodeviser import PRODUCT
from host_tools.devtools.fonts import FOLDER, FONTS, FROZEN, build

WIDTH, HEIGHT = 128, 64


@pytest.mark.slow
@pytest.mark.parametrize("name", FONTS)
def test_generating_again_gives_the_same_file(name: str):
    files = build(name)
    paths = [*FOLDER.glob(f"{name}.*"), *FROZEN.glob(f"{name}.*")]
    assert files == {path: path.read_bytes() for path in paths}


@pytest.mark.parametrize("path", sorted(FROZEN.glob("*.py")), ids=lambda path: path.stem)
def test_a_frozen_font_has_the_same_characters(path: Path):
    font = importlib.import_module(f"firmware.products.fonts.{path.stem}")
    frozen: dict[str, Any] = {}
    exec(path.read_text(), frozen)
    for character in [*FONTS[path.stem].characters, "\u20ac"]:
        rows, height, width = font.get_ch(character)
        constant = frozen["get_ch"](character)
        assert (bytes(constant[0]), *constant[1:]) == (bytes(rows), height, width)
        assert frozen["width"](character) == font.width(character)
    for name in ("height", "max_width", "min_ch", "max_ch"):
        assert frozen[name]() == getattr(font, name)()


@pytest.mark.parametrize("name", FONTS)
def test_a_font_says_how_wide_each_character_is_and_shows_it_as_wide(name: str):
    font = importlib.import_module(f"firmware.products.fonts.{name}")
    characters = FONTS[name].characters
    widths = [font.width(character) for character in characters]
    assert widths == [font.get_ch(character)[2] for character in characters]
    assert max(widths) == font.max_width()
    unknown = "?" if "?" in characters else min(characters)
    assert bytes(font.get_ch("\u20ac")[0]) == bytes(font.get_ch(unknown)[0])


MONO_HLSB, GS8 = 3, 6  # as in MicroPython's framebuf


@pytest.mark.parametrize("name", FONTS)
def test_a_picture_shows_what_the_rows_of_a_character_do(name: str):
    font = importlib.import_module(f"firmware.products.fonts.{name}")
    for character in FONTS[name].characters:
        rows, height, width = font.get_ch(character)
        stride = (width + 7) // 8
        picture, columns, lines, kind = font.picture(character)
        assert columns == width
        if kind == MONO_HLSB:
            assert (bytes(picture), lines) == (bytes(rows), height)
            continue
        assert kind == GS8
        top = ((HEIGHT - height + 1) // 2) % 8  # the digits in the middle of the display
        assert (HEIGHT - 8 * lines) % 16 == 0, "which then are whole bytes"
        assert {
            (x, y)
            for x in range(width)
            for y in range(8 * lines)
            if picture[y // 8 * width + x] >> y % 8 & 1
        } == {
            (x, y + top)
            for x in range(width)
            for y in range(height)
            if rows[y * stride + x // 8] >> (7 - x % 8) & 1
        }


def test_the_products_use_these_fonts():
    products = PRODUCT, kodeoplaeser.PRODUCT
    assert {
        font for data in products for font in (data["text_font"], *data["code_fonts"].values())
    } == set(FONTS)


@pytest.mark.parametrize(("font", "digits"), [(digits6, 6), (digits8, 7), (digits8, 8)])
def test_a_code_of_any_digits_fits_with_a_gap_between_its_groups(font, digits: int):
    cell = font.max_width()
    assert {font.get_ch(digit)[2] for digit in "0123456789"} == {cell}
    assert digits * cell + cell * 2 // 5 <= WIDTH


def test_six_digits_are_as_high_as_two_lines_of_text_leave_room():
    assert 36 <= digits6.height() <= HEIGHT - 2 * text.height()


LARGE_WIDTH, LARGE_HEIGHT = 400, 240  # LS027B7DH01
PITCH_MM = 0.147


def of_product(digits: int | None = None) -> ModuleType:
    """Return the kodeoplæser's font for a code of that many digits, or for text."""
    data = kodeoplaeser.PRODUCT
    name = data["text_font"] if digits is None else data["code_fonts"][digits]
    return importlib.import_module(f"firmware.products.fonts.{name}")


def ink(font, characters: str) -> list[int]:
    """Return the height of each character's ink in pixels."""
    heights = []
    for character in characters:
        glyph, rows, columns = font.get_ch(character)
        stride = (columns + 7) // 8
        lit = [y for y in range(rows) if any(glyph[y * stride : (y + 1) * stride])]
        heights.append(lit[-1] - lit[0] + 1)
    return heights


@pytest.mark.clause("display: digits")
@pytest.mark.parametrize("digits", [6, 7, 8])
def test_a_code_fits_the_large_display_on_one_line(digits: int):
    font = of_product(digits)
    cell = font.max_width()
    assert digits * cell + cell * 2 // 5 <= LARGE_WIDTH
    assert font.height() <= LARGE_HEIGHT - 2 * text_400.height() - 16


@pytest.mark.clause("5.1.4", "4.2.2")
def test_clause_5_1_4_capitals_and_digits_are_4_3_mm_high_at_least():
    """EN 301 549, 5.1.4: a capital H seen at 0.7 degrees, here at 350 mm."""
    assert min(ink(of_product(), "H0123456789")) * PITCH_MM >= 4.3
    assert min(ink(of_product(6), "0123456789")) * PITCH_MM >= 16


@pytest.mark.clause("display: digits")
def test_six_digits_are_larger_on_one_line_than_on_two():
    """Two lines would share the height with a line of text and the bar."""
    on_two_lines = (LARGE_HEIGHT - text_400.height() - 10 - 6) // 2
    assert min(ink(of_product(6), "0123456789")) > on_two_lines


@pytest.mark.parametrize("language", ["da", "en", "kl"])
def test_text_of_the_large_display_has_every_letter_of_the_phrases(language: str):
    phrases = dict(importlib.import_module(f"firmware.speech.phrases_{language}").PHRASES)
    missing = bytes(text_400.get_ch("?")[0])
    for character in set("".join(phrases.values())) - {"?"}:
        assert bytes(text_400.get_ch(character)[0]) != missing


def test_text_is_11_to_13_pixels_high():
    assert 11 <= text.height() <= 13


@pytest.mark.parametrize("language", PRODUCT["languages"])
def test_text_has_every_letter_of_the_languages(language: str):
    texts = importlib.import_module(f"firmware.ui.fob.texts_{language}").TEXTS
    used = set(
        "".join(
            part
            for value in texts.values()
            for part in ([value] if isinstance(value, str) else value)
        )
    )
    missing = bytes(text.get_ch("?")[0])
    for character in used | set("ÆØÅæøå°") - {"?"}:
        assert character == "?" or bytes(text.get_ch(character)[0]) != missing


def test_every_package_brings_its_licence_with_the_token():
    licences = FOLDER.parent.parent.parent / "LICENSES"
    for package in {made_of.package for made_of in FONTS.values()}:
        original = (importlib.import_module(package).ROOT / "LICENSE").read_text(
            encoding="utf-8-sig"
        )
        assert original in [path.read_text(encoding="utf-8") for path in licences.iterdir()]
