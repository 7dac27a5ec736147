"""Time from a key press to silence and to the answer, measured on the kodeoplæser's samples."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from emulator.sound import SILENT
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.provisioned import Provisioned, with_account
from tests.support.emulated.token import digits, hotp

KEYPAD = "0123456789*#"
STEP = 0.05
WITHIN = 0.1
_UNTIL_CODE = 1.0  # seconds from the release of red, where a counter moves
# seconds of silence between what was being said and the answer: a voice itself seldom pauses so
# long
_GAP = 0.008


@pytest.fixture
def counting(provisioned: Provisioned, tmp_path: Path) -> Iterator[SpeakingToken]:
    """Start a token with an HOTP account: nothing is said because time has passed."""
    with provisioned.token(
        "a counting account", lambda token: with_account(token, hotp()), tmp_path / "token"
    ) as token:
        yield token


def announcement(token: SpeakingToken) -> float:
    """Return the seconds from its beginning to the last sound of a code."""
    began = begin(token, 0)
    token.until_quiet()
    return token.emulator.audio(began).offset() - began


def begin(token: SpeakingToken, at: float) -> float:
    """Press red and wait until the code has been read for `at` seconds; return the time."""
    token.emulator.advance(1.2)  # so that this press of red is not the second of two
    token.tap("red", 0.03)
    token.emulator.advance(_UNTIL_CODE + at)
    return token.emulator.elapsed


def sound_after(token: SpeakingToken, moment: float) -> tuple[float, bool]:
    """Return how long the speech continues after `moment`, and whether more follows."""
    heard = token.emulator.audio(moment)
    loud = np.flatnonzero(np.abs(np.array(heard.samples, np.int32)) > SILENT) / heard.rate
    if not loud.size or loud[0] > _GAP:
        return 0.0, bool(loud.size)
    breaks = np.flatnonzero(np.diff(loud) > _GAP)
    return float(loud[breaks[0]] if breaks.size else loud[-1]), bool(breaks.size)


def places(length: float, first: int, every: int) -> list[float]:
    """Return times within an announcement, `every` times 50 ms apart, after the release of red."""
    return [STEP * n for n in range(max(first, 2), int(length / STEP) + 1, every)]


@pytest.mark.clause("speech: silence", "speech: keys", "5.1.3.4", "5.1.3.5", "5.1.3.10")
@pytest.mark.parametrize("keys", ["red", KEYPAD], ids=["red", "keypad"])
def test_a_key_silences_an_announcement_within_100_ms_at_every_50_ms_of_it(
    counting: SpeakingToken, keys: str
):
    length = announcement(counting)
    late = {}
    for number, at in enumerate(places(length, 0, 1)):
        key = keys if keys == "red" else keys[number % len(keys)]
        moment = begin(counting, at)
        counting.emulator.key_down(key)
        counting.emulator.advance(0.35)
        counting.emulator.key_up(key)
        late[key, round(at, 2)], answered = sound_after(counting, moment)
        assert answered, f"{key} at {at:.2f} s is acted on"
    assert max(late.values()) <= WITHIN, late


@pytest.mark.clause("speech: silence", "5.1.3.5")
@pytest.mark.parametrize("key", KEYPAD)
def test_each_key_of_the_keypad_silences_all_parts_of_an_announcement(
    counting: SpeakingToken, key: str
):
    length = announcement(counting)
    late = {}
    for at in places(length, KEYPAD.index(key), 2 * len(KEYPAD)):
        moment = begin(counting, at)
        counting.emulator.key_down(key)
        counting.emulator.advance(0.25)
        counting.emulator.key_up(key)
        late[round(at, 2)], _ = sound_after(counting, moment)
    assert len(late) >= 4
    assert max(late.values()) <= WITHIN, late


@pytest.mark.clause("speech: silence", "headset: out")
def test_pulling_the_headset_silences_an_announcement_at_once_at_every_50_ms_of_it(
    counting: SpeakingToken,
):
    counting.emulator.plug_headset()
    length = announcement(counting)
    late = {}
    for at in places(length, 0, 1):
        moment = begin(counting, at)
        counting.emulator.unplug_headset()
        counting.emulator.advance(0.3)
        late[round(at, 2)], more = sound_after(counting, moment)
        assert not more, "nothing is said aloud"
        counting.emulator.plug_headset()
    assert max(late.values()) <= 0.02, late


@pytest.mark.clause("speech: keys", "keys: check-back")
@pytest.mark.parametrize("pace", [0.03, 0.08])
def test_keys_that_come_fast_while_it_speaks_are_all_taken(counting: SpeakingToken, pace: float):
    counting.tap("red")
    counting.emulator.advance(1.3)
    code = digits(counting.emulator.screen_text()[1:2])
    counting.emulator.advance(1)
    for key in code:
        moment = counting.tap(key, pace)
    assert counting.clips_until_quiet(moment)[-1] == "right"


@pytest.mark.clause("speech: first sound")
@pytest.mark.parametrize("speaking", [False, True], ids=["quiet", "speaking"])
def test_every_key_is_answered_by_sound_within_300_ms(counting: SpeakingToken, speaking: bool):
    late = {}
    for key in KEYPAD:
        for way in ("alone", "with red"):
            moment = begin(counting, 1.5)
            if not speaking:
                counting.until_quiet()
                moment = counting.emulator.elapsed
            if way == "with red":
                counting.emulator.key_down("red")
                counting.emulator.advance(0.06)
                moment = counting.emulator.elapsed
            counting.emulator.key_down(key)
            counting.emulator.advance(0.4)
            counting.emulator.key_up(key)
            if way == "with red":
                counting.emulator.key_up("red")
            onset = counting.emulator.audio(moment + 2 * _GAP).onset()
            assert onset is not None, (key, way)
            late[key, way] = onset - moment
    assert max(late.values()) <= 0.3, late


@pytest.mark.clause("5.7")
def test_a_key_that_is_held_does_not_repeat(counting: SpeakingToken):
    counting.tap("red")
    for key in (*KEYPAD[1:], "red"):
        counting.until_quiet()
        moment = counting.emulator.elapsed
        counting.emulator.key_down(key)
        heard = counting.clips_until_quiet(moment)
        assert heard or key == "red", f"{key} is heard once"
        quiet = counting.emulator.elapsed
        counting.emulator.advance(5)
        assert counting.emulator.audio(quiet).onset() is None, f"{key} is heard again"
        counting.emulator.key_up(key)
        counting.emulator.advance(1.2)


@pytest.mark.clause("5.8", "4.2.7")
def test_clause_5_8_repeated_presses_within_the_set_delay_count_once(
    counting: SpeakingToken,
):
    counting.connect().write_settings({"key_delay": 6})
    counting.emulator.unplug()
    counting.emulator.advance(62)
    counting.tap("red")
    counting.emulator.advance(0.4)
    counting.tap("red")
    counting.emulator.advance(1.7)  # a second press may come later by the delay
    counting.until_quiet()
    code = digits(counting.emulator.screen_text()[1:2])
    assert code == "755224", "the first of RFC 4226: the second press of red did not count"
    for key in code:
        counting.emulator.advance(0.7)
        moment = counting.tap(key, 0.05)
        counting.emulator.advance(0.4)
        counting.tap(key, 0.05)
    assert counting.clips_until_quiet(moment)[-1] == "right"
    counting.tap("red")
    counting.emulator.advance(0.8)
    moment = counting.tap("red")
    assert counting.clips_until_quiet(moment) == ["function", "choose_key"], (
        "red twice, the slower way"
    )


@pytest.mark.clause("5.8")
def test_the_same_digit_pressed_twice_counts_twice_without_a_delay(counting: SpeakingToken):
    counting.tap("red")
    counting.emulator.advance(1.3)
    for key in "755224":
        moment = counting.tap(key, 0.05)
        counting.emulator.advance(0.05)
    assert counting.clips_until_quiet(moment)[-1] == "right"
