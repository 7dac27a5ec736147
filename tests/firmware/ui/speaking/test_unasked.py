"""What the token says without being asked: that it turns off, is plugged in, has an account."""

import pytest

from tests.firmware.ui.speaking.steps import INTERACTION, again, play, said
from tests.support.runtime import Runtime


def shown(runtime: Runtime, step: str) -> str | None:
    return runtime.call(INTERACTION, "again", step)[1]


def test_the_token_says_that_it_turns_off_and_then_does(runtime: Runtime):
    told = play(runtime, "red", "until quiet", "wait 59500", "wait 700", "wait 1000", kind="hotp")
    assert said(told[2:]) == ["turns_off"]
    assert told[3][1] == "Slukker."
    assert told[4][1] is None
    assert not runtime.call(INTERACTION, "lit")


@pytest.mark.parametrize("key", ["red", *"0123456789*#"])
def test_any_key_goes_back_to_where_it_was_and_does_no_more(runtime: Runtime, key: str):
    code = said(play(runtime, "red", "until quiet", "wait 60100", kind="hotp"))[-8:-1]
    assert shown(runtime, "wait 10") == "Slukker."
    assert again(runtime, key, "until quiet") == code, "the same: no counter has moved"
    assert runtime.call(INTERACTION, "lit")


def test_a_function_goes_on_where_it_was(runtime: Runtime):
    code = said(play(runtime, "red", "until quiet", "wait 60100", kind="hotp"))[-8:-1]
    assert shown(runtime, "wait 10") == "Slukker."
    assert again(runtime, "red+0", "until quiet") == code
    assert code[0] == "code"


def test_what_was_typed_stands_when_a_key_comes_in_the_last_moment(runtime: Runtime):
    play(runtime, "red", "until quiet", *"82", "until quiet", "wait 60100", pin="8291")
    assert shown(runtime, "wait 10") == "Slukker."
    assert again(runtime, "7", "until quiet")[-2:] == ["hash", "end"], "the 7 was not typed"
    assert again(runtime, "9", "1", "#", "until quiet")[-7] == "code"


@pytest.mark.parametrize("speed", [1, 5])
def test_the_end_of_the_word_is_waited_for_at_every_speed(runtime: Runtime, speed: int):
    play(runtime, "red", "until quiet", "wait 61000", kind="hotp", settings={"speed": speed})
    levels = runtime.call(INTERACTION, "heard")
    assert levels[-1][1] == 0
    loud = [at for at, level in levels if level]
    assert levels[-1][0] - loud[-1] >= 390, "a clip of 400 ms here"


def test_the_cable_is_announced_once_over_what_is_shown(runtime: Runtime):
    told = play(runtime, "red", "until quiet", "cable in", "wait 300", "until quiet", kind="hotp")
    assert said(told[2:]) == ["plugged_in"]
    assert told[3][1] == "Strøm."
    assert told[4][1] == told[1][1], "then the code is shown again"
    assert again(runtime, "cable out", "wait 3000") == []


def test_the_cable_waits_for_the_end_of_what_is_said(runtime: Runtime):
    told = play(runtime, "red", "wait 1500", "cable in", "until quiet", "until quiet", kind="hotp")
    assert said(told)[-8] == "code"
    assert said(told)[-1] == "plugged_in", "after the last digit"
    assert said(told).count("plugged_in") == 1


def test_a_pin_a_payment_and_own_pace_are_not_interrupted(runtime: Runtime):
    play(runtime, "red", "until quiet", "8", "until quiet", "cable in", "wait 5000", pin="8291")
    assert again(runtime, *"291", "#", "until quiet", "until quiet")[-1] == "plugged_in"
    play(
        runtime, "red", "until quiet", "red+2", "until quiet", "cable in", "wait 5000", kind="hotp"
    )
    assert shown(runtime, "wait 10").startswith("Eget tempo.")


def test_a_cable_that_brings_the_power_is_announced_and_the_token_is_off_again(runtime: Runtime):
    told = play(runtime, "power by cable", "wait 200", "until quiet", "wait 500")
    assert said(told) == ["plugged_in"]
    assert told[1][1] == "Strøm."
    assert told[3][1] is None
    assert not runtime.call(INTERACTION, "lit")
    told = play(runtime, "power by cable", "wait 200", "red", "until quiet")
    assert said(told)[1:3] == ["ample_time", "code"], "red wakes it meanwhile"
    told = play(runtime, "power by cable", "wait 200", "5", "wait 2000")
    assert said(told) == ["plugged_in"]
    assert told[-1][1] is None


def test_a_cable_that_charges_the_cell_is_told_apart_from_one_that_gives_power(runtime: Runtime):
    steps = "red", "until quiet", "cable in charging", "wait 300", "until quiet"
    told = play(runtime, *steps, kind="hotp")
    assert said(told)[-3:] == ["plugged_in", "battery", "charging"]
    assert "Strøm. Batteri får strøm." in [shown for _, shown, *_ in told if shown]
    told = again(runtime, "red+5", "until quiet")
    assert told[:4] == ["status", "battery", "charging", "plugged_in"]
    told = again(runtime, "cable out", "cable in", "until quiet", "red+5", "until quiet")
    assert told[:5] == ["plugged_in", "status", "battery", "charged", "plugged_in"]
    told = play(runtime, "power by cable charging", "wait 200", "until quiet", "wait 500")
    assert said(told) == ["plugged_in", "battery", "charging"]


def test_a_host_that_speaks_ends_the_announcement(runtime: Runtime):
    told = play(runtime, "power by cable", "wait 200", "request", "wait 3000")
    assert told[2][1] is None
    assert not runtime.call(INTERACTION, "amplifier")


@pytest.mark.parametrize(
    ("names", "clips", "text"),
    [
        (("a",), ["account", "saved"], "Konto Gemt."),
        (("a", "b"), ["account", "2", "saved"], "Konto 2 Gemt."),
    ],
)
def test_an_account_that_the_host_has_stored_is_announced(
    runtime: Runtime, names: tuple[str, ...], clips: list[str], text: str
):
    place = len(names) - 1
    told = play(
        runtime,
        *(f"saved {place}", "wait 1400", "request", "wait 1400", "wait 300", "until quiet"),
        "wait 500",
        names=names,
    )
    assert said(told[:4]) == [], "the host is not done"
    assert said(told[4:]) == clips
    assert told[4][1] == text
    assert told[6][1] is None, "and off again"


def test_the_status_says_the_cable_and_every_setting_with_its_value(runtime: Runtime):
    told = play(
        runtime,
        *("red", "until quiet", "cable in", "until quiet", "red+5", "until quiet"),
        settings={"key_delay": 5, "typing_time": 40, "time_outs": 5, "inverted": True, "volume": 8},
        kind="hotp",
    )
    heard = said(told[4:])
    assert heard[:5] == ["status", "battery", "charged", "plugged_in", "clock_ok"]
    assert heard[heard.index("volume") :] == [
        *("volume", "8", "speed", "3", "1", "theme", "dark", "3", "key_delay", "5"),
        *("4", "new_code", "4", "0", "seconds", "6", "wait", "5", "minutes"),
        *("8", "tones", "1"),
    ]
    assert said(play(runtime, "red", "until quiet", "red+5", "until quiet")[2:])[-18:] == [
        *("1", "theme", "light", "3", "key_delay", "0"),
        *("4", "new_code", "1", "2", "seconds", "6", "wait", "60", "seconds"),
        *("8", "tones", "1"),
    ]
