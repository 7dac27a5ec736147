"""An emptying cell: the token warns while every code is still shown and said to its end, and below
that it is dark. Voltages are those of the cell without load, millivolts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import datasheet, supply
from emulator.session import Emulator
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.token import START, TokenUnderTest, digits, totp

ROOT = Path(__file__).parents[3]
CHIPS = {
    "kodeviser": {"RP2040", "ds3231", "ssd1306"},
    "kodeoplaeser": {"RP2350", "ds3231", "amplifier"},
}
CELLS = (datasheet.NEW_CELL, datasheet.WORN_CELL)


@pytest.fixture(scope="module")
def kodeviser(image: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenUnderTest]:
    """Give a kodeviser with an account, unplugged."""
    folder = tmp_path_factory.mktemp("battery") / "token"
    with Emulator(state=folder, image=image, time=START) as emulator:
        token = TokenUnderTest(emulator)
        token.provision(totp(digits=8))
        emulator.unplug()
        yield token


def marked(emulator: Emulator) -> bool:
    """Whether a battery stands at the upper right of a kodeviser's screen."""
    screen = emulator.screen()
    return any(screen.pixel(x, y) for x in range(113, 128) for y in range(1, 10))


@pytest.mark.parametrize("milliohms", CELLS)
def test_a_kodeviser_warns_long_before_its_last_code(kodeviser: TokenUnderTest, milliohms: int):
    emulator = kodeviser.emulator
    emulator.battery_milliohms = milliohms
    shown, warned = [], []
    for millivolts in range(3700, 2900, -20):
        emulator.battery_mv = millivolts
        emulator.advance(35 - emulator.now % 30)
        emulator.press()
        emulator.advance(8)
        if emulator.display_on:
            assert digits(emulator.screen_text()[-1:])
            shown.append(millivolts)
            if marked(emulator):
                warned.append(millivolts)
        emulator.advance(31)
        assert not emulator.powered
    lowest = supply.lowest_cell("pico", CHIPS["kodeviser"], milliohms)
    assert lowest <= min(shown) < lowest + 20
    assert shown == list(range(3700, min(shown) - 1, -20)), "no code fails above that"
    assert warned == [each for each in shown if each <= max(warned)]
    assert max(warned) >= 3500
    assert max(warned) - min(shown) >= 400
    emulator.battery_mv, emulator.battery_milliohms = 3900, 0


@pytest.mark.parametrize("milliohms", CELLS)
def test_a_kodeoplaeser_warns_long_before_its_last_code_is_said(
    token: SpeakingToken, milliohms: int
):
    emulator = token.emulator
    emulator.battery_milliohms = milliohms
    lowest = supply.lowest_cell("pico2", CHIPS["kodeoplaeser"], milliohms)
    for millivolts, works in ((3700, True), (3500, True), (lowest, True), (lowest - 1, False)):
        emulator.battery_mv = millivolts
        emulator.advance(32 - emulator.now % 30)
        pressed = token.tap("red")
        emulator.advance(0.3)
        if not works:
            assert not emulator.powered
            continue
        clips = token.clips_until_quiet(pressed)
        assert emulator.powered
        assert digits(emulator.screen_text()[1:2])
        assert clips.count("code") == 1
        assert ("battery_low" in clips) == (millivolts <= 3500)
        emulator.advance(140)
        assert not emulator.powered


def test_a_token_that_its_cell_cannot_feed_runs_from_the_cable(kodeviser: TokenUnderTest):
    emulator = kodeviser.emulator
    emulator.battery_mv = 2900
    emulator.press()
    assert not emulator.powered
    session = kodeviser.connect()
    assert session.info()["battery_mv"] == pytest.approx(2900, abs=10)
    emulator.press()
    assert digits(emulator.screen_text()[-1:])
    emulator.unplug()
    emulator.advance(1)
    assert not emulator.powered
    emulator.battery_mv = 3900


def test_the_page_says_what_the_model_says():
    page = (ROOT / "docs" / "hardware.md").read_text()
    told = re.findall(r"^\| (\w+) on (\w+) \| (\d\.\d\d) V \| (\d\.\d\d) V \|$", page, re.MULTILINE)
    microcontrollers = {"pico": "RP2040", "pico2": "RP2350", "esp32_s3": "ESP32-S3"}
    wanted = []
    for board, microcontroller in microcontrollers.items():
        for product, load in (("kodeviser", "ssd1306"), ("kodeoplæser", "amplifier")):
            chips = {microcontroller, "ds3231", load}
            volts = [-(-supply.lowest_cell(board, chips, cell) // 10) / 100 for cell in CELLS]
            wanted.append((product, board, *(f"{each:.2f}" for each in volts)))
    assert sorted(told) == sorted(wanted)
