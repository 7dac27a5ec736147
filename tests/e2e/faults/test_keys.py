"""Keys that hang, and keypad lines that are shorted or open."""

import base64

import pyotp
import pytest

from firmware.boards.pico2 import BOARD
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.token import SECRET, TokenUnderTest, digits, totp

KEYPAD = BOARD["products"]["kodeoplaeser"]["keypad"]
CODES = pyotp.TOTP(base64.b32encode(SECRET).decode())
MINUTE = 61.0
KEYS = "123456789*0#"


def failed(parts: dict[str, bool]) -> set[str]:
    return {part for part, works in parts.items() if works is not True}


def fresh(token: SpeakingToken | TokenUnderTest) -> None:
    """Let time pass up to 2 s into a period."""
    token.emulator.advance(32 - token.emulator.now % 30)


# A key that hangs


@pytest.mark.parametrize("key", ["5", "0", "#"])
def test_a_key_that_hangs_at_power_on_is_not_pressed(token: SpeakingToken, key: str):
    emulator = token.emulator
    emulator.board.parts["keypad"].press(key)
    emulator.advance(1)
    pressed = token.tap("red")
    assert digits(emulator.screen_text()[1:2]) == CODES.at(int(emulator.now))
    assert "code" in token.clips_until_quiet(pressed)


def test_a_key_pressed_together_with_the_one_that_turns_it_on_counts(token: SpeakingToken):
    emulator = token.emulator
    emulator.board.parts["keypad"].press("8")
    emulator.key_down("red")
    emulator.advance(0.3)
    said = emulator.elapsed
    emulator.key_up("8")
    emulator.key_up("red")
    assert "serial" in " ".join(token.clips_until_quiet(said))


@pytest.mark.parametrize("key", ["5", "0"])
def test_other_keys_work_while_one_hangs_for_a_minute(token: SpeakingToken, key: str):
    emulator = token.emulator
    token.tap("red")
    token.until_quiet()
    emulator.key_down(key)
    for _ in range(2):
        emulator.advance(MINUTE / 2)
        token.tap("#")  # keeps it on
    token.until_quiet()
    assert emulator.powered
    token.tap("red")
    emulator.advance(2)
    token.until_quiet()
    chord = token.chord("8")
    assert "serial" in " ".join(token.clips_until_quiet(chord))


def test_a_key_that_hangs_lets_the_token_turn_off(token: SpeakingToken):
    emulator = token.emulator
    token.tap("red")
    emulator.key_down("7")
    emulator.advance(2 * MINUTE)
    assert not emulator.powered


def test_a_red_key_that_hangs_leaves_the_digits_digits(token: SpeakingToken):
    emulator = token.emulator
    token.tap("red")
    token.until_quiet()
    emulator.key_down("red")
    emulator.advance(MINUTE / 2)
    said = token.tap("8")
    clips = " ".join(token.clips_until_quiet(said))
    assert "serial" not in clips, "red, down for so long, selects no function"


@pytest.mark.parametrize("product", ["kodeviser", "kodeoplaeser"])
def test_a_button_that_hangs_sends_the_token_to_sleep(product: str, request: pytest.FixtureRequest):
    """It keeps the power on against the latch: all that the firmware can do is to sleep."""
    if product == "kodeviser":
        token = request.getfixturevalue("kodeviser")
        token.provision(totp())
        token.emulator.unplug()
        token.emulator.advance(31)
    else:
        token = request.getfixturevalue("token")
    emulator = token.emulator
    emulator.press_down()
    emulator.advance(10)
    assert emulator.display_on
    assert not emulator.mcu.light_sleep
    emulator.advance(3 * MINUTE)
    assert not emulator.display_on
    assert emulator.powered
    assert emulator.mcu.light_sleep
    if product == "kodeoplaeser":
        assert not emulator.board.parts["amplifier"].on
    emulator.plug()
    emulator.advance(1)
    assert not emulator.mcu.light_sleep, "the cable wakes it"
    assert token.connect().info()["clock_lost"] is False
    emulator.unplug()
    emulator.advance(1)
    emulator.release()
    emulator.advance(1)
    assert not emulator.powered
    fresh(token)
    emulator.press()
    shown = digits([line for line in emulator.screen_text() if any(map(str.isdigit, line))][:1])
    assert shown == CODES.at(int(emulator.now))


# Lines


@pytest.mark.parametrize("line", [*KEYPAD["rows"], *KEYPAD["columns"]])
def test_a_line_that_touches_ground_fails_the_keypad(token: SpeakingToken, line: int):
    session = token.connect()
    token.emulator.board.pins.drive(line, 0)
    assert failed(session.selftest()) == {"keypad"}
    token.emulator.board.pins.drive(line, None)
    assert failed(session.selftest()) == set()


@pytest.mark.parametrize("line", [*KEYPAD["rows"], *KEYPAD["columns"]])
def test_an_open_line_fails_the_keypad_once_all_keys_were_tried(token: SpeakingToken, line: int):
    """Without a key on it an open line is like a whole one."""
    session = token.connect()
    token.emulator.board.parts["keypad"].cut(line)
    assert failed(session.selftest()) == set()
    for key in KEYS:
        token.tap(key)
    assert failed(session.selftest()) == {"keypad"}


def test_a_good_keypad_whose_keys_were_all_tried_passes(token: SpeakingToken):
    session = token.connect()
    for key in KEYS:
        token.tap(key)
    assert failed(session.selftest()) == set()
