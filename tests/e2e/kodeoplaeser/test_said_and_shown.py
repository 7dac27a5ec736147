"""Everything that the kodeoplæser says is shown, and everything shown is said: every view, both
languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.emulated.kodeoplaeser import LANGUAGES, SpeakingToken
from tests.support.emulated.provisioned import Provisioned
from tests.support.emulated.said_and_shown import SaidAndShown
from tests.support.emulated.token import SECRET, START, hotp, totp


@pytest.fixture(params=LANGUAGES)
def mirror(
    provisioned: Provisioned, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[SaidAndShown]:
    language = request.param

    def prepare(token: SpeakingToken) -> None:
        session = token.provision(totp(), hotp("Arbejde", SECRET[::-1], digits=8))
        session.write_settings({"language": language})
        token.emulator.unplug()
        token.emulator.set_time(START + 7201)
        token.emulator.advance(1)

    with provisioned.token(f"two accounts, {language}", prepare, tmp_path / "token") as token:
        yield SaidAndShown(token, language)


@pytest.mark.clause(
    "display: mirror", "5.1.3.1", "5.1.5", "5.1.3.3", "5.1.3.14", "5.1.3.6", "4.2.1", "4.2.4"
)
def test_functions_say_what_they_show(mirror: SaidAndShown):
    token = mirror.token
    assert mirror.check(token.tap("red"))
    for key in "013456#2*":  # own pace of a code that lasts: it was said before
        assert mirror.check(token.chord(key)), key
    assert mirror.check(token.function("8"))
    assert mirror.check(token.tap("9")), "which means nothing here"
    token.tap("red")
    assert mirror.check(token.tap("red"))
    for setting, down, up in (("volume", "1", "3"), ("speed", "4", "6")):
        token.chord(down)
        for _ in range(8):
            heard = mirror.token.tap(down)
        assert "lowest" in mirror.check(heard), setting
        for _ in range(8):
            heard = mirror.token.tap(up)
        said = mirror.check(heard)
        assert "highest" in said, setting
        assert ("hard_to_hear" in said) == (setting == "speed")


@pytest.mark.clause("display: mirror", "5.1.3.14", "5.6.1", "5.6.2")
def test_a_new_language_is_announced_and_shown_in_that_language(token: SpeakingToken):
    token.tap("red")
    for language in ("en", "da"):
        mirror = SaidAndShown(token, language)
        assert mirror.check(token.chord("9"))[-2:] == ["language", "language_name"]


@pytest.mark.clause("display: mirror", "5.1.3.1", "5.1.5", "5.5.2")
def test_key_names_are_said_as_they_are_shown(mirror: SaidAndShown):
    token = mirror.token
    mirror.check(token.tap("red"))
    moment = token.emulator.elapsed
    token.emulator.key_down("0")
    assert "explore" in mirror.check(moment)
    token.emulator.key_up("0")
    for key in (*"0123456789*#", "red"):
        assert len(mirror.check(token.tap(key))) >= 2, key


@pytest.mark.clause("display: mirror", "5.1.3.1", "5.1.5", "keys: check-back", "keys: own pace")
def test_typing_and_own_pace_say_what_they_show(mirror: SaidAndShown):
    token = mirror.token
    code = "".join(clip for clip in mirror.check(token.tap("red")) if clip.isdigit())[-6:]
    for key in code[:3] + str((int(code[3]) + 1) % 10) + code[4:] + code[:2] + "**" + code:
        assert mirror.check(token.tap(key)), key
    mirror.check(token.chord("*"))  # a number that lasts, which was said before
    mirror.check(token.chord("2"))
    for key in "6666664455":
        assert mirror.check(token.tap(key), marks=True), key


FAULTS = ("clock lost", "blocked", "no account", "low battery")


@pytest.mark.clause("display: mirror", "5.1.3.1", "5.1.5", "5.1.3.15", "speech: errors", "4.2.4")
@pytest.mark.parametrize("fault", FAULTS)
def test_errors_are_spoken_as_they_are_shown(mirror: SaidAndShown, fault: str):
    token = mirror.token
    if fault == "clock lost":
        token.emulator.remove_rtc_supply()
    elif fault == "low battery":
        token.emulator.battery_mv = 3300
    else:
        session = token.connect()
        if fault == "blocked":
            session.block()
        else:
            session.remove_account("Bank")
            session.remove_account("Arbejde")
        token.emulator.unplug()
        token.emulator.advance(62)
    assert mirror.check(token.tap("red"))
    assert mirror.check(token.chord("5"))


@pytest.mark.clause("display: mirror", "code: pinned", "5.1.3.6")
def test_the_end_of_a_code_is_said_and_shown(token: SpeakingToken):
    mirror = SaidAndShown(token, "da")
    mirror.check(token.tap("red"))
    moment = token.emulator.elapsed
    token.emulator.advance(29 - token.emulator.now % 30)
    assert mirror.check(moment) == ["expired", "press_red"]


@pytest.mark.clause("display: mirror", "code: fresh period")
@pytest.mark.parametrize("into", [13, 24])
def test_the_wait_for_a_fresh_code_is_said_and_shown(mirror: SaidAndShown, into: int):
    token = mirror.token
    token.emulator.set_time(START + 7200 + into)
    heard = mirror.check(token.tap("red"))
    assert heard[:6] == [*"bank", "new_code", "wait"]
    assert heard[-11:-6] == ["ample_time", *"bank"]


@pytest.mark.clause("display: mirror", "keys: check-back")
def test_a_code_that_expires_while_it_is_checked_is_said_and_shown(mirror: SaidAndShown):
    token = mirror.token
    code = [clip for clip in mirror.check(token.tap("red")) if clip.isdigit()][-6:]
    for key in code[:2]:
        mirror.check(token.tap(key))
    moment = token.emulator.elapsed
    token.emulator.advance(29 - token.emulator.now % 30)
    assert mirror.check(moment) == ["expired"]
    for key in code[2:5]:
        mirror.check(token.tap(key))
    assert mirror.check(token.tap(code[5])) == [code[5], "right_but", "expired", "press_red"]


def test_turning_off_is_said_and_shown_and_a_key_keeps_it_on(mirror: SaidAndShown):
    token = mirror.token
    mirror.check(token.chord("3"))  # red wakes it
    token.emulator.advance(57.4)
    assert mirror.check(token.emulator.elapsed) == ["turns_off"]
    assert not token.emulator.powered
    mirror.said.clear()
    mirror.check(token.tap("red"))
    mirror.check(token.chord("*"))
    token.emulator.advance(57.4)
    shown = token.shown()
    while token.shown() == shown:
        token.emulator.advance(0.05)
    heard = mirror.check(token.tap("#"))
    assert heard[0] == "practice", "what was heard last"


def test_the_cable_and_a_stored_account_are_said_and_shown(blank: SpeakingToken):
    mirror = SaidAndShown(blank, "da")
    moment = blank.emulator.elapsed
    blank.emulator.plug()
    assert mirror.check(moment) == ["plugged_in", "battery", "charging"]
    assert not blank.emulator.display_on
    session = blank.provision(totp())
    moment = blank.emulator.elapsed
    assert mirror.check(moment) == ["account", "saved"]
    session.put_credential(hotp("Arbejde"))
    moment = blank.emulator.elapsed
    assert mirror.check(moment) == [*"arbejde", "saved"]
    assert not blank.emulator.display_on
    blank.emulator.unplug()
    blank.emulator.advance(1)
    mirror.said.clear()
    mirror.check(blank.tap("red"))
    moment = blank.emulator.elapsed
    blank.emulator.plug()
    assert mirror.check(moment)[-3:] == ["plugged_in", "battery", "charging"]
    assert "plugged_in" in mirror.check(blank.chord("5"))


@pytest.mark.clause("battery: charging")
def test_that_the_battery_is_charging_is_told_apart_from_power(mirror: SaidAndShown):
    token = mirror.token
    mirror.check(token.tap("red"))
    for state, millivolts in (("charging", 3300), ("charging", 4100), ("charged", 4200)):
        token.emulator.battery_mv = millivolts
        moment = token.emulator.elapsed
        token.emulator.plug()
        told = ["battery", "charging"] if state == "charging" else []
        assert mirror.check(moment)[-1 - len(told) :] == ["plugged_in", *told]
        status = mirror.check(token.chord("5"))
        assert status[:4] == ["status", "battery", state, "plugged_in"]
        token.emulator.unplug()
        token.emulator.advance(1)
    token.emulator.board.parts["charger"].remove()
    token.emulator.battery_mv = 3900
    token.emulator.plug()
    token.emulator.advance(5)
    status = mirror.check(token.chord("5"))
    assert status[:4] == ["status", "battery", "charged", "plugged_in"]


def test_the_comparison_finds_what_is_only_said_or_only_shown(token: SpeakingToken):
    mirror = SaidAndShown(token, "da")
    mirror.check(token.tap("red"))
    mirror.phrases = {**mirror.phrases, "status": "Tilstand."}
    with pytest.raises(AssertionError, match="said and not shown"):
        mirror.check(token.chord("5"))
    mirror = SaidAndShown(token, "da")
    with pytest.raises(AssertionError, match="shown and never said"):
        mirror.check(token.chord("2"))
