"""The self-test of both products: the part it names for each fault."""

import numpy as np
import pytest

from firmware.boards.pico2 import BOARD
from firmware.protocol.messages import SELFTEST_PULSES
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.token import TokenUnderTest, digits, totp

WIRED = BOARD["products"]["kodeoplaeser"]

ALGORITHMS = {"hotp", "totp_sha256", "totp_sha512", "x25519", "chacha20poly1305"}
PARTS = {"display", "clock", "button", "battery", "charger", "flash"}
OF_ALL = {*PARTS, "storage", "random", *ALGORITHMS}
OF_THE_SPEAKING = {"keypad", "audio", "amplifier", "jack", "vibration"}


def failed(parts: dict[str, bool]) -> set[str]:
    return {part for part, works in parts.items() if works is not True}


def test_a_good_kodeviser_passes_in_every_part(kodeviser: TokenUnderTest):
    parts = kodeviser.provision(totp()).selftest()
    assert set(parts) == OF_ALL
    assert failed(parts) == set()


def test_a_good_kodeoplaeser_passes_in_every_part_with_and_without_a_headset(token: SpeakingToken):
    session = token.connect()
    parts = session.selftest()
    assert set(parts) == OF_ALL | OF_THE_SPEAKING
    assert failed(parts) == set()
    token.emulator.plug_headset()
    token.emulator.advance(0.1)
    assert failed(session.selftest()) == set()


def test_the_selftest_is_silent_and_presses_no_key(token: SpeakingToken):
    session = token.connect()
    began = token.emulator.elapsed
    played = list(token.emulator.board.parts["amplifier"].spans)
    session.selftest()
    token.emulator.advance(2)
    assert token.emulator.audio(began).onset() is None
    assert token.emulator.board.parts["amplifier"].spans == played
    assert not token.emulator.display_on
    pressed = token.tap("red")
    assert digits(token.emulator.screen_text()[1:2])
    assert token.clips_until_quiet(pressed)[:2] == ["ample_time", "code"]


def test_what_a_selftest_loads_takes_no_memory_afterwards(token: SpeakingToken):
    session = token.connect()
    session.selftest()  # what stays of it, as names do, is there
    token.emulator.advance(2)
    before = token.emulator.heap().free
    session.selftest()
    token.emulator.advance(0.03)
    assert token.emulator.heap().free < before - 2048
    token.emulator.advance(2)
    assert token.emulator.heap().free == pytest.approx(before, abs=256)


def test_the_motor_runs_as_often_as_the_host_asks_for(token: SpeakingToken):
    session = token.connect()
    began = token.emulator.elapsed
    assert session.selftest()["vibration"] is True
    strength = np.array(token.emulator.vibration(began))
    rises = np.flatnonzero(np.diff((strength > 0.5).astype(int)) == 1)
    assert len(rises) == SELFTEST_PULSES
    assert strength[-1] < 0.5


def test_a_motor_that_is_torn_off_fails_and_a_token_without_one_has_none_to_test(
    token: SpeakingToken,
):
    motor = token.emulator.board.parts["vibration"]
    session = token.connect()
    motor.remove()
    assert failed(session.selftest()) == {"vibration"}
    token.emulator.unplug()
    token.emulator.advance(62)
    assert "vibration" not in token.connect().selftest()


def test_a_status_pin_that_is_held_high_fails_the_charger(token: SpeakingToken):
    """As by an MCP73831 in its place, whose full cell drives the pin to the cable's 5 V."""
    session = token.connect()
    token.emulator.battery_mv = 4200
    assert failed(session.selftest()) == set()
    token.emulator.board.pins.drive(WIRED["charger"]["pin"], 1)
    assert failed(session.selftest()) == {"charger"}


def test_a_key_held_during_the_selftest_is_not_taken_for_a_press(token: SpeakingToken):
    session = token.connect()
    token.tap("red")
    before = token.emulator.screen_text()[0]
    token.emulator.key_down("5")
    token.emulator.advance(0.1)
    shown = token.emulator.screen_text()
    assert shown[0] == before
    assert failed(session.selftest()) == {"keypad"}
    token.emulator.advance(0.2)
    token.emulator.key_up("5")
    token.emulator.advance(0.2)
    assert failed(session.selftest()) == set()


@pytest.mark.parametrize(
    ("first", "second"), [("rows", "rows"), ("columns", "columns"), ("rows", "columns")]
)
def test_two_keypad_lines_that_touch_fail_the_keypad(token: SpeakingToken, first: str, second: str):
    session = token.connect()
    wired = WIRED["keypad"]
    token.emulator.board.parts["keypad"].short(wired[first][0], wired[second][-1])
    assert failed(session.selftest()) == {"keypad"}


@pytest.mark.parametrize("speed", [0, 0.5, 2])
def test_a_sound_clock_that_stands_still_or_runs_wrong_fails_the_audio(
    token: SpeakingToken, speed: float
):
    token.emulator.board.parts["audio"].clock_speed = speed
    session = token.connect()
    assert failed(session.selftest()) == {"audio"}


def test_a_jack_whose_pin_is_stuck_high_fails_the_jack(token: SpeakingToken):
    session = token.connect()
    pin = WIRED["jack"]["pin"]
    token.emulator.board.pins.drive(pin, 1)
    assert failed(session.selftest()) == {"jack"}


@pytest.mark.parametrize("part", ["display", "clock"])
def test_a_missing_chip_fails_its_part(kodeviser: TokenUnderTest, part: str):
    session = kodeviser.provision(totp())
    kodeviser.emulator.board.detach(part)
    assert part in failed(session.selftest())


def test_a_flash_that_takes_nothing_fails_the_flash_and_the_vault_stays(kodeviser: TokenUnderTest):
    session = kodeviser.provision(totp())
    kodeviser.emulator.flash.failing = True
    assert failed(session.selftest()) == {"flash"}
    kodeviser.emulator.flash.failing = False
    assert failed(session.selftest()) == set()
    assert [account.name for account in session.accounts()] == ["Bank"]
