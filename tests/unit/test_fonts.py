"""The token's bitmap fonts: made by our generator from the pinned packages, and fit for the display."""

import importlib

import pytest

from firmware.products.fonts import digits6, digits8, text
from firmware.products.kodeviser import PRODUCT
from host_tools.flashing.fonts import FOLDER, FONTS, build

WIDTH, HEIGHT = 128, 64


@pytest.mark.parametrize("name", FONTS)
def test_generating_again_gives_the_same_file(name: str):
    assert (FOLDER / f"{name}.py").read_text(encoding="utf-8") == build(name)


def test_the_products_fonts_are_these():
    assert {PRODUCT["text_font"], *PRODUCT["code_fonts"].values()} == set(FONTS)


@pytest.mark.parametrize(("font", "digits"), [(digits6, 6), (digits8, 7), (digits8, 8)])
def test_a_code_of_any_digits_fits_with_a_gap_between_its_groups(font, digits: int):
    cell = font.max_width()
    assert {font.get_ch(digit)[2] for digit in "0123456789"} == {cell}
    assert digits * cell + cell * 2 // 5 <= WIDTH


def test_six_digits_are_as_high_as_two_lines_of_text_leave_room():
    assert 36 <= digits6.height() <= HEIGHT - 2 * text.height()


def test_text_is_11_to_13_pixels_high():
    assert 11 <= text.height() <= 13


@pytest.mark.parametrize("language", PRODUCT["languages"])
def test_text_has_every_letter_of_the_languages(language: str):
    texts = importlib.import_module(f"firmware.ui.texts_{language}").TEXTS
    used = set("".join(part for value in texts.values() for part in ([value] if isinstance(value, str) else value)))
    missing = bytes(text.get_ch("?")[0])
    for character in used | set("ÆØÅæøå°") - {"?"}:
        assert character == "?" or bytes(text.get_ch(character)[0]) != missing


def test_every_package_brings_its_licence_with_the_token():
    licences = FOLDER.parent.parent.parent / "LICENSES"
    for package in {package for package, *_ in FONTS.values()}:
        original = (importlib.import_module(package).ROOT / "LICENSE").read_text(encoding="utf-8-sig")
        assert original in [path.read_text(encoding="utf-8") for path in licences.iterdir()]
