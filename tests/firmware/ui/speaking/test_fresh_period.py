"""The time of a code, as a listener lives it: a fresh period, the time left in words, check-back of
an expired code, and more time for those who need it."""

import base64
from itertools import pairwise

import pyotp
import pytest

from firmware.products.kodeoplaeser import PRODUCT
from firmware.speech.say import code_ms
from tests.firmware.ui.speaking.steps import INTERACTION, again, play, said
from tests.support.runtime import Runtime

TOTP = pyotp.TOTP(base64.b32encode(bytes(20)).decode())
PERIOD = 30
FRESH = 1_790_000_010  # when the second period of a play begins
OLD, NEW = list(TOTP.at(FRESH - PERIOD)), list(TOTP.at(FRESH))
WAIT = ["new_code", "wait"]


def shown(runtime: Runtime) -> str:
    text: str = runtime.call(INTERACTION, "again", "wait 0")[1]
    return text


def test_with_too_little_time_left_the_fresh_code_is_waited_for_and_read(runtime: Runtime):
    told = play(runtime, "red", "wait 2500", left=6)
    assert said(told) == [*WAIT, "5", "seconds"], "as it is when the number is said"
    assert told[0][1] == "Ny kode. Vent højst 6 sekunder."
    assert shown(runtime) == "Ny kode. Vent højst 4 sekunder."
    assert again(runtime, "wait 3000") == []
    assert again(runtime, "wait 6000") == ["ample_time", "code", *NEW]
    assert shown(runtime) == "God tid. Koden er " + " ".join(("".join(NEW[:3]), "".join(NEW[3:])))


@pytest.mark.parametrize("left", [1, 14])
@pytest.mark.parametrize("language", ["da", "en"])
def test_what_is_left_of_a_wait_is_called_the_most_where_it_is_rounded_up(
    runtime: Runtime, language: str, left: int
):
    play(runtime, "red", "wait 2500", left=left + 2, settings={"language": language})
    words = {"da": "Vent højst {} sekunder.", "en": "Wait up to {} seconds."}[language]
    assert shown(runtime).endswith(words.format({1: 2, 14: 20}[left]))


def test_a_time_that_is_set_is_said_as_it_is(runtime: Runtime):
    play(runtime, "red", "until quiet", "red+5", "4", settings={"language": "en"})
    assert shown(runtime) == "New code. 12 seconds. 1 down. 3 up."


@pytest.mark.clause("code: fresh period")
def test_the_threshold_is_the_speech_and_the_typing_time_at_every_speed(runtime: Runtime):
    for speed in (1, 3, 5):
        needed = code_ms(6, speed) // 1000 + 12
        for left, waits in ((needed, True), (needed + 1, False)):
            told = play(runtime, "red", "wait 2000", settings={"speed": speed}, left=left)
            assert (said(told)[0] == "new_code") is waits, (speed, left)


def test_the_first_sound_of_the_wait_comes_within_300_ms(runtime: Runtime):
    for steps in (
        ("down red", "wait 400"),
        ("red", "until quiet", "wait 10000", "red", "wait 400"),
    ):
        play(runtime, *steps, left=2 if len(steps) == 2 else 29)
        began = runtime.call(INTERACTION, "now") - 400 - (110 if len(steps) > 2 else 0)
        sounds = [at for at, level in runtime.call(INTERACTION, "heard") if at >= began and level]
        assert sounds[0] - began <= 300


def test_each_second_of_the_wait_ticks_softly(runtime: Runtime):
    play(runtime, "red", left=10)
    again(runtime, "wait 2500")
    before = runtime.call(INTERACTION, "now")
    again(runtime, "wait 4000")
    levels = [each for each in runtime.call(INTERACTION, "heard") if each[0] >= before]
    begun = [at for at, level in levels if level and level < 2000]
    ticks = [at for n, at in enumerate(begun) if n == 0 or at - begun[n - 1] > 500]
    assert len(ticks) == 4
    assert all(990 <= later - at <= 1010 for at, later in pairwise(ticks))
    assert max(level for _, level in levels) <= 40 * PRODUCT["gains"][6], "softly"


def test_without_tones_the_wait_is_silent_until_the_fresh_code(runtime: Runtime):
    play(runtime, "red", left=10, settings={"tones": 0})
    again(runtime, "wait 2500")
    before = runtime.call(INTERACTION, "now")
    again(runtime, "wait 4000")
    assert not [level for at, level in runtime.call(INTERACTION, "heard") if at >= before and level]
    assert again(runtime, "wait 5000")[:3] == ["ample_time", "code", NEW[0]]


def test_red_again_gives_the_current_code_at_once(runtime: Runtime):
    play(runtime, "red", "wait 1500", left=8)
    assert again(runtime, "red", "wait 5000") == ["hurry", "code", *OLD]
    assert shown(runtime) == "Det haster. Koden er 416 600"


def test_a_hand_that_trembles_from_off_still_waits(runtime: Runtime):
    play(runtime, "red", "wait 200", "red", left=10)
    assert again(runtime, "wait 5000")[-4:] == [*WAIT, "8", "seconds"]
    assert again(runtime, "wait 11000") == ["ample_time", "code", *NEW]


@pytest.mark.parametrize("way", ["together", "one after another"])
def test_functions_can_be_used_meanwhile_and_the_wait_goes_on(runtime: Runtime, way: str):
    play(runtime, "red", "wait 2500", left=16)
    volume = ["red+3"] if way == "together" else ["red", "red", "wait 300", "3"]
    assert again(runtime, *volume, "wait 1500")[-2:] == ["volume", "7"]
    assert shown(runtime).startswith("Ny kode. Lydstyrke 7 Vent højst ")
    assert again(runtime, "8", "wait 1000") == ["no_function"]
    assert again(runtime, "0", "wait 3000")[:2] == WAIT
    assert again(runtime, "wait 14000") == ["ample_time", "code", *NEW]


def test_the_last_code_is_repeated_until_the_fresh_one_comes(runtime: Runtime):
    play(runtime, "red", "until quiet", "wait 17000", "red", "wait 3000")
    assert shown(runtime).startswith("Ny kode.")
    assert again(runtime, "red+0", "wait 6000") == ["hurry", "code", *OLD]


def test_own_pace_starts_on_a_fresh_period(runtime: Runtime):
    play(runtime, "red", "wait 1000", "red+2", "until quiet", left=29)
    assert again(runtime, "6", "wait 500") == ["4"], "there is time enough"
    play(runtime, "red", "until quiet", "wait 9000")
    assert again(runtime, "red+2", "wait 3000")[:2] == WAIT
    assert again(runtime, "wait 15000") == ["own_pace", "5", "again", "4", "back", "6", "on"]
    assert again(runtime, "6", "wait 500") == NEW[:1]


def test_own_pace_of_the_current_code_by_red_during_the_wait(runtime: Runtime):
    play(runtime, "red", "wait 2000", "red+2", "wait 3000", left=15)
    assert again(runtime, "red", "wait 6000")[0] == "own_pace"
    assert again(runtime, "6", "wait 500") == OLD[:1]


def test_own_pace_of_an_expired_code_reads_a_fresh_one(runtime: Runtime):
    play(runtime, "red", "until quiet", "wait 25000")
    assert again(runtime, "red+2", "until quiet")[0] == "own_pace"
    assert again(runtime, "6", "wait 500") == NEW[:1]


@pytest.mark.parametrize("left", range(1, 30, 4))
def test_time_left_is_said_in_words_before_the_digits_and_never_as_a_number(
    runtime: Runtime, left: int
):
    told = play(runtime, "red", "until quiet", left=left, settings={"typing_time": 0})
    heard = said(told)
    word = "ample_time" if left * 1000 >= code_ms(6, 3) + 12000 else "hurry"
    assert heard[:8] == [word, "code", *OLD]
    assert heard[8:] in ([], ["expired", "press_red"])


@pytest.mark.parametrize("battery", [3900, 3300])
@pytest.mark.parametrize("names", [("a",), ("a", "b")])
def test_low_battery_is_said_after_the_code(runtime: Runtime, battery: int, names: tuple):
    heard = said(play(runtime, "red", "until quiet", battery=battery, names=names))
    title = ["code"] if len(names) == 1 else ["account", "1"]
    assert heard == ["ample_time", *title, *OLD, *(["battery_low"] if battery < 3500 else [])]


def test_ample_time_is_shown_only_while_there_is(runtime: Runtime):
    play(runtime, "red", "until quiet")
    assert shown(runtime).startswith("God tid. Koden er")
    again(runtime, "wait 12000")
    assert shown(runtime) == "Koden er 416 600"
    assert again(runtime, "#", "until quiet") == ["hurry", "code", *OLD]


def test_check_back_of_a_code_that_expires_meanwhile(runtime: Runtime):
    play(runtime, "red", "until quiet", left=20)
    again(runtime, *"4166", "until quiet")
    assert again(runtime, "wait 20000") == ["expired"]
    assert shown(runtime) == "Koden er forældet. 416 600 416 6"
    assert again(runtime, "0", "until quiet") == ["0"], "it was heard"
    assert again(runtime, "0", "until quiet") == ["0", "right_but", "expired", "press_red"]
    assert shown(runtime) == "Rigtig, men forældet. 416 600 Tryk på rød."


def test_an_expired_code_is_said_to_be_so_while_it_is_typed(runtime: Runtime):
    play(runtime, "red", "until quiet", "wait 24000", "wait 3000")
    assert again(runtime, "4", "wait 80", "1", "wait 80") == ["4", "1"], "too quick to be heard"
    assert again(runtime, "6", "until quiet") == ["6", "expired"]
    assert again(runtime, "6", "until quiet") == ["6"]
    assert again(runtime, *"01", "until quiet")[-6:] == [
        *["1", "digit", "6", "is_wrong", "expired", "press_red"]
    ]


def test_a_code_checked_in_time_is_said_to_expire_afterwards(runtime: Runtime):
    play(runtime, "red", "until quiet", *"416600", "until quiet")
    assert again(runtime, "wait 25000") == ["expired"]
    assert shown(runtime) == "Det stemmer. 416 600 forældet."


def test_typing_time_is_set_by_ear_and_kept(runtime: Runtime):
    ways = ["1", "down", "3", "up"]
    play(runtime, "red", "until quiet", "red+5", "until quiet")
    assert again(runtime, "4", "until quiet") == ["new_code", "1", "2", "seconds", *ways]
    assert shown(runtime) == "Ny kode. 12 sekunder. 1 ned. 3 op."
    for seconds in ("20", "30", "40", "40"):
        assert again(runtime, "3", "until quiet")[1:3] == list(seconds)
    for seconds in ("30", "20", "12", "6", "0", "0"):
        assert "".join(again(runtime, "1", "until quiet")[1:-5]) == seconds
    assert runtime.call(INTERACTION, "saved")[1] == {"typing_time": 0}


def test_without_typing_time_no_code_is_waited_for(runtime: Runtime):
    told = play(runtime, "red", "wait 6000", left=3, settings={"typing_time": 0})
    assert said(told)[:3] == ["hurry", "code", "4"]


@pytest.mark.parametrize("typing", [12, 20, 40, 60])
def test_a_code_is_waited_for_once_and_a_fresh_one_has_ample_time(runtime: Runtime, typing: int):
    play(
        runtime,
        "red",
        "wait 3000",
        left=20 if typing > 12 else 10,
        settings={"typing_time": typing},
    )
    assert again(runtime, "wait 25000")[:3] == ["ample_time", "code", NEW[0]]


@pytest.mark.clause("11.2.2.1", "4.2.10")
def test_time_outs_are_set_by_ear_to_ten_times_as_long(runtime: Runtime):
    ways = ["1", "down", "3", "up"]
    play(runtime, "red", "until quiet", "red+5", "until quiet", kind="hotp")
    assert again(runtime, "6", "until quiet") == ["wait", "60", "seconds", *ways]
    for minutes in ("2", "5", "10", "10"):
        assert again(runtime, "3", "until quiet") == ["wait", minutes, "minutes", *ways]
    assert runtime.call(INTERACTION, "saved")[1] == {"time_outs": 10}
    again(runtime, "wait 599000")
    assert runtime.call(INTERACTION, "lit")
    again(runtime, "wait 2000")
    assert not runtime.call(INTERACTION, "lit")


@pytest.mark.clause("11.2.2.1")
def test_the_names_of_the_keys_stay_ten_times_as_long_too(runtime: Runtime):
    play(runtime, "red", "until quiet", "hold 0 2100", kind="hotp", settings={"time_outs": 10})
    again(runtime, "wait 199000")
    assert again(runtime, "1", "until quiet")[0] == "1"
    assert again(runtime, "wait 201000") == ["explore", "end"]


def test_no_wait_where_a_code_is_counted(runtime: Runtime):
    told = play(runtime, "red", "until quiet", kind="hotp", left=1)
    assert "new_code" not in said(told)


def test_an_account_that_is_blocked_meanwhile_gives_no_code(runtime: Runtime):
    play(runtime, "red", "wait 3000", left=5)
    runtime.call(INTERACTION, "block")
    assert again(runtime, "wait 6000") == ["blocked", "contact_issuer"]
