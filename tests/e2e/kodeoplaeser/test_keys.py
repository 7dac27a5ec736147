"""What people do with the red key, on a whole token: slow chords, one finger, a hand that
trembles."""

import pytest

from host_tools.secret import Secret
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.said_and_shown import SaidAndShown
from tests.support.emulated.token import START, hotp, totp

CODES = ("755224", "287082")  # RFC 4226, appendix D
PIN = "829136"


def off(
    token: SpeakingToken, *credentials: object, pin: str = "", language: str = "da"
) -> SpeakingToken:
    """Provision a token, which is off then, two seconds into a period."""
    session = token.provision(*credentials)
    if pin:
        session.set_pin(Secret(pin.encode()))
    if language != "da":
        session.write_settings({"language": language})
    token.emulator.unplug()
    token.emulator.set_time(START - START % 30 + 3602)
    token.emulator.advance(1)
    return token


def slow_chord(token: SpeakingToken, key: str, held: float) -> float:
    """Hold red for so many seconds before the other key; give the time of the red press."""
    moment = token.emulator.elapsed
    token.emulator.key_down("red")
    token.emulator.advance(held)
    token.tap(key)
    token.emulator.key_up("red")
    return moment


def one_finger(token: SpeakingToken, key: str, apart: float) -> float:
    """Press red, red and a key, so many seconds from one to the next."""
    moment = token.emulator.elapsed
    for each in ("red", "red", key):
        token.tap(each)
        token.emulator.advance(apart - 0.12)
    return moment


@pytest.mark.clause("5.9", "code: repeat", "code: HOTP")
@pytest.mark.parametrize("way", ["slow", "one finger"])
def test_a_counted_code_is_repeated_and_its_counter_stands(blank: SpeakingToken, way: str):
    token = off(blank, hotp())
    assert token.clips_until_quiet(token.tap("red"))[-7:] == ["code", *CODES[0]]
    moment = slow_chord(token, "0", 0.6) if way == "slow" else one_finger(token, "0", 0.8)
    assert token.clips_until_quiet(moment)[-7:] == ["code", *CODES[0]]
    assert token.clips_until_quiet(token.tap("red"))[-7:] == ["code", *CODES[1]], "the next one"


@pytest.mark.clause("5.9", "code: repeat", "code: pinned")
@pytest.mark.parametrize("way", ["slow", "one finger"])
def test_after_its_period_the_last_code_is_repeated_and_said_to_be_over(
    blank: SpeakingToken, way: str
):
    token = off(blank, totp())
    first = token.clips_until_quiet(token.tap("red"))[1:8]
    token.emulator.advance(31)
    moment = slow_chord(token, "0", 0.6) if way == "slow" else one_finger(token, "0", 0.8)
    heard = token.clips_until_quiet(moment)
    assert heard[-9:] == ["code", "expired", *first[1:], "press_red"]
    assert token.clips_until_quiet(token.tap("red"))[1:8] != first


@pytest.mark.clause("5.9", "pin: tries")
@pytest.mark.parametrize("way", ["slow", "one finger"])
def test_louder_while_the_pin_is_typed_leaves_what_was_typed(blank: SpeakingToken, way: str):
    token = off(blank, hotp(), pin=PIN)
    token.clips_until_quiet(token.tap("red"))
    for key in PIN[:3]:
        token.tap(key)
        token.emulator.advance(0.6)
    moment = slow_chord(token, "3", 0.4) if way == "slow" else one_finger(token, "3", 0.8)
    assert token.clips_until_quiet(moment)[-5:] == ["volume", "7", "3", "digit", "saved"]
    for key in PIN[3:]:
        token.tap(key)
        token.emulator.advance(0.6)
    heard = token.clips_until_quiet(token.tap("#"))
    assert heard[-7:] == ["code", *CODES[0]], "no try was lost, nothing had to be typed again"


@pytest.mark.clause("5.2", "5.8", "code: red", "keys: status")
def test_a_trembling_hand_gets_a_code_and_sets_the_delay_by_ear(blank: SpeakingToken):
    token = off(blank, totp())
    moment = token.tap("red")
    token.emulator.advance(0.33 - 0.12)
    token.tap("red")
    heard = token.clips_until_quiet(moment)
    assert "function" not in heard
    assert heard[-8:-6] == ["ample_time", "code"]
    moment = slow_chord(token, "5", 0.4)
    offered = token.clips_until_quiet(moment)[-18:]
    assert offered[:3] == ["3", "key_delay", "0"]
    assert offered[3:12] == ["4", "new_code", "1", "2", "seconds", "6", "wait", "60", "seconds"]
    assert offered[12:] == ["7", "vibration", "0", "8", "tones", "1"]
    assert token.clips_until_quiet(token.tap("3"))[:2] == ["key_delay", "0"]
    for tenths in "35":
        heard = token.clips_until_quiet(token.tap("3"))
        assert heard[:2] == ["key_delay", tenths]
    token.emulator.advance(62)
    assert token.connect().settings()["key_delay"] == 5, "and kept"
    token.emulator.unplug()
    token.emulator.advance(1)
    token.clips_until_quiet(token.tap("red"))
    token.tap("red")
    token.emulator.advance(0.33 - 0.12)
    moment = token.tap("red")
    heard = token.clips_until_quiet(moment)
    assert heard[0] in ("ample_time", "hurry"), "while it is on, too"
    assert heard[1:2] == ["code"]
    assert "".join(heard[2:]).isdigit()
    assert len(heard) == 8


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_trembling_hand_is_offered_the_delay_by_ear_and_on_the_display(
    blank: SpeakingToken, language: str
):
    token = off(blank, hotp(), language=language)
    mirror = SaidAndShown(token, language)
    emulator = token.emulator
    for key in ("red", "#"):  # each struck twice
        token.tap(key)
        emulator.advance(0.33 - 0.12)
        moment = token.tap(key) + 0.03  # what the first of the two said has been cut off
        assert "key_delay" not in mirror.check(moment)
    quiet = token.clips(moment)[-1].end
    emulator.advance(quiet + 11.9 - emulator.elapsed)
    assert token.clips(quiet + 0.1) == [], "the code is typed meanwhile"
    assert mirror.check(emulator.elapsed) == ["key_delay", "0", "star", "up"]
    assert mirror.check(token.tap("*")) == ["key_delay", "5", "1", "down", "3", "up"]
    emulator.advance(62)
    assert token.connect().settings()["key_delay"] == 5, "and kept"


@pytest.mark.clause("speech: first sound", "code: red")
def test_a_code_comes_at_the_release_where_nothing_is_lost_by_it(blank: SpeakingToken):
    token = off(blank, totp())
    token.tap("red")
    token.emulator.advance(1.5)
    moment = token.tap("red", 0.06)
    token.emulator.advance(1)
    assert token.emulator.audio(moment, moment + 0.2).onset() is not None
    assert token.clips_until_quiet(moment)[:2] == ["ample_time", "code"]
