"""The names of the keys: what they say, and that the screen below is as it was when they end."""

import pytest

from tests.firmware.ui.speaking.steps import INTERACTION, again, play, said
from tests.support.runtime import Runtime

ENDED = ["explore", "end"]
LEFT = ["red", "new_code", *ENDED]
EXPLORE = ("hold 0 2100", "until quiet")
LEAVE = {"red": LEFT, "hold 0 2100": ["0", "repeat", *ENDED], "wait 20100": ENDED}


def explore(runtime: Runtime, *steps: str, **options: object) -> None:
    """Have the keys say their names after those steps on a token that counts."""
    play(runtime, *steps, *EXPLORE, "5", "until quiet", kind="hotp", **options)


@pytest.mark.parametrize("way", LEAVE)
def test_a_code_keeps_its_keys_and_what_was_typed(runtime: Runtime, way: str):
    number = said(play(runtime, "red", "until quiet", "wait 1100", kind="hotp"))[-6:]
    again(runtime, *number[:3], *EXPLORE)
    assert again(runtime, way, "until quiet") == LEAVE[way]
    shown = runtime.call(INTERACTION, "again", "wait 10")[1].replace(" ", "")
    assert shown == "Kodener" + "".join(number + number[:3])
    assert again(runtime, *number[3:], "until quiet") == [*number[3:], "right"]
    assert again(runtime, *EXPLORE, way, "until quiet")[-2:] == ENDED
    assert again(runtime, "#", "until quiet") == [number[-1], "right"], "the verdict too"
    assert runtime.call(INTERACTION, "counter") == 1


def test_the_screen_below_acts_on_a_key_while_the_end_is_said(runtime: Runtime):
    explore(runtime, "red", "until quiet", "red+3", "until quiet")
    again(runtime, "red")
    assert again(runtime, "3", "until quiet") == ["volume", "8"]


@pytest.mark.parametrize("screen", ["red+3", "red+8", "red+2"])
def test_what_was_shown_is_shown_again(runtime: Runtime, screen: str):
    play(runtime, "red", "until quiet", screen, "until quiet", kind="hotp")
    before = runtime.call(INTERACTION, "again", "wait 10")[1]
    again(runtime, *EXPLORE, "red", "until quiet")
    assert runtime.call(INTERACTION, "again", "wait 10")[1] == before


@pytest.mark.parametrize("apart", [120, 220, 400, 700, 850])
def test_a_hand_that_trembles_leaves_them_and_takes_no_code(runtime: Runtime, apart: int):
    code = said(play(runtime, "red", "until quiet", kind="hotp"))[-7:]
    again(runtime, *EXPLORE)
    assert again(runtime, "red", f"wait {apart}", "red", "until quiet", "wait 2000")[-7:] == code
    assert runtime.call(INTERACTION, "counter") == 1


@pytest.mark.parametrize("apart", [220, 700])
def test_a_hand_that_trembles_leaves_them_for_what_was_typed_of_a_pin(runtime: Runtime, apart: int):
    play(runtime, "red", "until quiet", "8", "2", *EXPLORE, kind="hotp", pin="8291")
    heard = again(runtime, "red", f"wait {apart}", "red", "until quiet", "wait 2000")
    assert heard[-7:] == ["type", "pin", "2", "digit", "saved", "hash", "end"]
    assert again(runtime, "9", "1", "#", "until quiet")[-7] == "code"


@pytest.mark.clause("5.1.3.8")
def test_over_a_pin_a_digit_is_named_into_a_headset_only(runtime: Runtime):
    play(runtime, "red", "until quiet", *EXPLORE, kind="hotp", pin="8291")
    assert again(runtime, *"8291", "until quiet") == ["digit"] * 4
    assert runtime.call(INTERACTION, "again", "wait 10")[1].strip() == "Ciffer"
    assert again(runtime, "*", "until quiet") == ["star", "practice"]
    again(runtime, "in")
    assert again(runtime, "8", "until quiet") == ["8", "serial"]
    assert runtime.call(INTERACTION, "again", "wait 10")[1].strip() == "Ciffer"
    assert again(runtime, "red+1", "until quiet") == ["red", "1", "volume", "down"]


@pytest.mark.clause("5.5.2", "keys: explore")
@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("3", ["red", "3", "volume", "up"]),
        ("0", ["red", "0", "repeat"]),
        ("*", ["red", "star", "practice"]),
        ("#", ["red", "hash", "account", "on"]),
    ],
)
def test_red_with_a_key_says_both_and_does_nothing(runtime: Runtime, key: str, name: list[str]):
    explore(runtime, "red", "until quiet")
    for _ in range(2):
        assert again(runtime, f"red+{key}", "until quiet") == name
    assert again(runtime, "down red", "wait 3000", f"down {key}", "wait 2500") == name
    assert again(runtime, "up red", f"up {key}", "wait 2000") == [], "it goes on"
    assert again(runtime, "red", "until quiet") == LEFT
    assert runtime.call(INTERACTION, "saved") == ([], {})
    assert runtime.call(INTERACTION, "counter") == 1
