"""The PIN as the user of a kodeoplæser meets it, over parts that only remember. Clauses are those
of EN 301 549."""

import pytest

from firmware.storage.pin import WAITS
from tests.firmware.ui.speaking.steps import INTERACTION, again, enter, play, said
from tests.support.runtime import Runtime

PIN = "8291"
ASKED = ["type", "pin", "hash", "end"]
THEME = ["1", "theme", "light"]
REST = [
    *("3", "key_delay", "0", "4", "new_code", "1", "2", "seconds"),
    *("6", "wait", "60", "seconds", "8", "tones", "1"),
]


def asked(left: int) -> list[str]:
    """How the PIN is asked for when so many tries are left."""
    return ["type", "pin", "tries_left", str(left), "hash", "end"]


def stand(digits: int) -> list[str]:
    """How it is said that so many digits stand, which are not named."""
    return [str(digits), "digit", "saved"]


def gives_code(heard: list[str]) -> bool:
    """Whether that is a code, read from its beginning, or the wait for a fresh one."""
    return heard[:2] == ["new_code", "wait"] or (
        heard[:2] in (["ample_time", "code"], ["hurry", "code"])
        and len(heard) == 8
        and all(clip.isdigit() for clip in heard[2:])
    )


def wrong(runtime: Runtime, times: int) -> list[str]:
    """Type a wrong PIN so often, waiting as long as it takes; what was said in the end."""
    heard: list[str] = []
    for number in range(1, times + 1):
        heard = enter(runtime, "8290")
        if number < times and WAITS[number]:
            again(runtime, f"wait {WAITS[number] * 1000 + 1000}", "red", "until quiet")
            again(runtime, "red", "until quiet")
    return heard


def test_the_pin_is_asked_for_before_the_first_code_and_once_until_off(runtime: Runtime):
    told = play(
        runtime, "red", "until quiet", *PIN, "#", "until quiet", "red", "until quiet", pin=PIN
    )
    assert said(told[:2]) == ASKED
    assert told[1][1] == "Tast nu PIN Firkant. Slut."
    assert gives_code(said(told[6:8]))
    assert gives_code(said(told[8:])), "not again while it is on"
    again(runtime, "wait 95000")  # a minute after the word that the code's half minute is over
    assert not runtime.call(INTERACTION, "lit")
    assert again(runtime, "red", "until quiet") == ASKED, "but after it was off"


def test_red_does_not_end_the_pin_and_what_was_typed_stands(runtime: Runtime):
    told = play(runtime, "red", "until quiet", *PIN[:3], "red", "until quiet", pin=PIN)
    assert said(told[5:]) == ["type", "pin", *stand(3), "hash", "end"]
    assert runtime.call(INTERACTION, "pin_tries") == 0
    assert gives_code(again(runtime, PIN[3], "#", "until quiet")[1:])


def test_clause_5_1_3_8_digits_of_the_pin_are_neither_shown_nor_spoken_on_the_loudspeaker(
    runtime: Runtime,
):
    told = play(
        runtime,
        "red",
        "until quiet",
        *[step for key in PIN for step in (key, "until quiet")],
        pin=PIN,
    )
    assert [said(told[at : at + 2]) for at in range(2, 10, 2)] == [["digit"]] * 4
    assert [shown for _, shown in told[2:]] == ["Tast nu PIN Ciffer"] * 8


def test_digits_of_the_pin_are_spoken_to_a_headset(runtime: Runtime):
    told = play(
        runtime, "in", "red", "until quiet", "8", "until quiet", "out", "2", "until quiet", pin=PIN
    )
    assert said(told[3:5]) == ["8"]
    assert "8" not in told[4][1], "and not shown"
    assert said(told[6:]) == ["digit"]


def test_each_typed_digit_of_the_pin_is_a_dot(runtime: Runtime):
    dots = []
    play(runtime, "red", "until quiet", "wait 200", pin=PIN)
    for key in PIN:
        again(runtime, key)
        dots.append(runtime.call(INTERACTION, "lit_pixels", 200))
    again(runtime, *"****", "red", "wait 200")
    steps = [
        after - before
        for before, after in zip(
            [runtime.call(INTERACTION, "lit_pixels", 200), *dots], dots, strict=False
        )
    ]
    assert len(set(steps)) == 1
    assert steps[0] > 100


@pytest.mark.parametrize("headset", [False, True])
def test_star_takes_the_last_digit_back(runtime: Runtime, headset: bool):
    play(runtime, *["in"] * headset, "red", "until quiet", *"820", "until quiet", pin=PIN)
    name = "0" if headset else "digit"
    assert again(runtime, "*", "until quiet") == [name, "cleared", *stand(2)]
    assert "0" not in runtime.call(INTERACTION, "again", "wait 10")[1]
    again(runtime, "*", "*", "until quiet")
    assert again(runtime, "*", "until quiet") == ASKED, "where none is left it is asked for again"
    assert gives_code(enter(runtime, PIN))


def test_too_short_is_no_try(runtime: Runtime):
    told = play(runtime, "red", "until quiet", "8", "2", "9", "#", "until quiet", pin=PIN)
    assert said(told[5:]) == ["type", "pin", "too_short", *stand(3), "hash", "end"]
    assert runtime.call(INTERACTION, "pin_tries") == 0


def test_the_hash_after_something_else_was_said_is_no_try(runtime: Runtime):
    play(runtime, "red", "until quiet", *"8290", "until quiet", "red+3", "until quiet", pin=PIN)
    assert again(runtime, "#", "until quiet") == ["type", "pin", *stand(4), "hash", "end"]
    assert runtime.call(INTERACTION, "pin_tries") == 0
    again(runtime, "*")
    assert gives_code(enter(runtime, PIN[3]))


@pytest.mark.clause("pin: tries", "4.2.7")
@pytest.mark.parametrize("function", ["red+3", "red+5", "red+8", "red+#", "red+2", "hold 0 2100"])
def test_after_something_else_was_said_it_is_said_how_many_digits_of_the_pin_stand(
    runtime: Runtime, function: str
):
    play(runtime, "red", "until quiet", *PIN[:3], "until quiet", pin=PIN)
    heard = again(runtime, function, "until quiet", "wait 21000", "until quiet")
    assert heard[-3:] == stand(3)
    assert again(runtime, PIN[3], "until quiet") == ["digit", *stand(4)]
    assert gives_code(again(runtime, "#", "until quiet"))
    assert runtime.call(INTERACTION, "pin_tries") == 0


@pytest.mark.clause("pin: tries", "5.9")
@pytest.mark.parametrize("headset", [False, True])
@pytest.mark.parametrize("typed", [0, 2])
def test_a_step_of_the_volume_that_comes_too_late_is_heard_to_be_typed(
    runtime: Runtime, typed: int, headset: bool
):
    play(runtime, *["in"] * headset, "red", "until quiet", *PIN[:typed], pin=PIN)
    again(runtime, "red", "red", "3", "wait 700")
    heard = again(runtime, "3", "until quiet")
    assert heard == ["3" if headset else "digit", *stand(typed + 1)]
    assert again(runtime, "4", "until quiet") == ["4" if headset else "digit"]
    assert runtime.call(INTERACTION, "pin_tries") == 0


def test_a_step_of_the_volume_that_comes_in_time_is_one(runtime: Runtime):
    play(runtime, "red", "until quiet", *PIN[:2], pin=PIN)
    again(runtime, "red", "red", "3", "wait 500")
    assert again(runtime, "3", "until quiet") == ["volume", "8", *stand(2)]


def test_where_no_digit_of_the_pin_stands_none_is_said(runtime: Runtime):
    play(runtime, "red", "until quiet", "8", "*", "until quiet", pin=PIN)
    assert again(runtime, "red+3", "until quiet") == ["volume", "7"]


def test_a_ninth_digit_is_refused(runtime: Runtime):
    told = play(runtime, "red", "until quiet", *"829136405", "until quiet", pin=PIN)
    assert said(told[-2:]) == ["end", "hash"]


def test_a_wrong_pin_says_how_many_tries_are_left(runtime: Runtime):
    told = play(runtime, "red", "until quiet", *"8290", "#", "until quiet", pin=PIN)
    assert said(told[6:]) == ["pin", "is_wrong", "tries_left", "9", *ASKED]
    assert told[-1][1] == "PIN er forkert. Forsøg tilbage 9 Tast nu PIN Firkant. Slut."
    assert gives_code(enter(runtime, PIN)), "typed without another key before"
    assert runtime.call(INTERACTION, "pin_tries") == 0


def test_the_third_wrong_pin_makes_its_user_wait(runtime: Runtime):
    play(runtime, "red", "until quiet", pin=PIN)
    assert wrong(runtime, 3) == ["pin", "is_wrong", "tries_left", "7", "wait", "30", "seconds"]
    assert again(runtime, "wait 10000", "red", "until quiet") == [
        *("pin", "tries_left", "7", "wait", "20", "seconds")
    ]
    heard = again(runtime, *PIN, "until quiet")
    assert heard[-4:-1] == ["no_function", "wait", "10"], "no try is taken meanwhile"
    heard = again(runtime, "red", "wait 21000")
    assert (heard[:4], heard[-3:]) == (
        ["pin", "tries_left", "7", "wait"],
        ["seconds", "pin", "press_red"],
    ), "and it tells when it is over"
    assert again(runtime, "red", "until quiet") == asked(7)
    assert gives_code(enter(runtime, PIN))


@pytest.mark.clause("pin: tries", "5.1.3.4")
def test_how_many_tries_are_left_is_said_again(runtime: Runtime):
    play(runtime, "red", "until quiet", pin=PIN)
    heard = wrong(runtime, 2)
    assert heard[:4] == ["pin", "is_wrong", "tries_left", "8"]
    assert again(runtime, "red", "until quiet")[:4] == heard[:4], "by a repeat"
    status = again(runtime, "5", "red+5", "until quiet")
    assert status[status.index("status") :][-6:] == ["pin", "tries_left", "8", *stand(1)]
    again(runtime, "*")
    status = again(runtime, "red+5", "until quiet")
    assert status[status.index("pin") :][:3] == ["pin", "tries_left", "8"], "by the status"
    assert again(runtime, "red", "until quiet") == asked(8), "by the next question"
    enter(runtime, "8290")
    told = again(runtime, "red+3", "until quiet")
    assert told[:4] == ["pin", "is_wrong", "volume", "7"]
    waits = again(runtime, "#", "until quiet")
    assert waits[:5] == ["pin", "is_wrong", "tries_left", "7", "wait"], "in the wait"
    runtime.call(INTERACTION, "power_cycle")
    assert again(runtime, "red", "until quiet")[:3] == ["pin", "tries_left", "7"]
    again(runtime, "wait 31000")
    assert again(runtime, "#", "until quiet") == ["pin", "tries_left", "7", "press_red"]
    again(runtime, "red", "until quiet")
    assert gives_code(enter(runtime, PIN))
    assert "tries_left" not in again(runtime, "red+5", "until quiet"), "not after the right one"


def test_the_wait_outlives_the_power(runtime: Runtime):
    play(runtime, "red", "until quiet", pin=PIN)
    wrong(runtime, 5)
    runtime.call(INTERACTION, "power_cycle")
    assert again(runtime, "red", "until quiet") == [
        *("pin", "tries_left", "5", "wait", "2", "minutes")
    ]


@pytest.mark.clause("pin: tries")
def test_a_wait_that_outlasts_the_time_to_turning_off_is_said_then_and_after_red(runtime: Runtime):
    play(runtime, "red", "until quiet", pin=PIN)
    assert wrong(runtime, 5)[-3:] == ["wait", "2", "minutes"]
    heard: list[str] = []
    while "turns_off" not in heard:
        heard += again(runtime, "wait 100")
    assert heard + again(runtime, "until quiet") == ["turns_off", "wait", "60", "seconds"]
    assert not runtime.call(INTERACTION, "lit")
    heard = again(runtime, "wait 15000", "red", "until quiet")
    assert heard == ["pin", "tries_left", "5", "wait", "40", "seconds"], "what is left"
    assert again(runtime, "wait 40000")[-2:] == ["pin", "press_red"]
    assert again(runtime, "wait 61000", "until quiet")[-1] == "turns_off", "no wait goes on then"


def test_a_key_without_a_meaning_hides_no_end_of_the_wait(runtime: Runtime):
    play(runtime, "red", "until quiet", pin=PIN)
    wrong(runtime, 3)
    heard = again(runtime, "9", "until quiet")
    assert heard[:4] == ["pin", "is_wrong", "no_function", "wait"]
    assert again(runtime, "wait 30000")[-2:] == ["pin", "press_red"]


@pytest.mark.parametrize("fault", ["lost", "absent"])
def test_without_a_clock_the_wait_counts_from_power_on(runtime: Runtime, fault: str):
    play(runtime, "red", "until quiet", pin=PIN, clock=fault, kind="hotp")
    wrong(runtime, 4)
    runtime.call(INTERACTION, "power_cycle")
    assert again(runtime, "red", "until quiet") == [
        *("pin", "tries_left", "6", "wait", "60", "seconds")
    ]
    assert again(runtime, "red", "wait 61000")[-2:] == ["pin", "press_red"]
    assert again(runtime, "red", "until quiet") == asked(6)


def test_the_tenth_wrong_pin_blocks(runtime: Runtime):
    play(runtime, "red", "until quiet", pin=PIN)
    assert wrong(runtime, 10) == ["blocked", "contact_issuer"]
    assert again(runtime, "red", "until quiet") == ["blocked", "contact_issuer"]
    assert enter(runtime, PIN, "red") == ["blocked", "contact_issuer"]
    runtime.call(INTERACTION, "power_cycle")
    assert again(runtime, "red", "until quiet") == ["blocked", "contact_issuer"]


def test_a_try_that_cannot_be_noted_is_not_judged(runtime: Runtime):
    told = play(
        runtime, "red", "until quiet", *PIN, "#", "until quiet", pin=PIN, storage_fails=True
    )
    assert said(told[6:]) == ["storage_failed", "try_again"]


@pytest.mark.parametrize("key", "13456789*")
def test_what_gives_no_code_needs_no_pin(runtime: Runtime, key: str):
    told = play(runtime, "red", "until quiet", f"red+{key}", "until quiet", pin=PIN)
    assert not set(said(told[2:])) & {"type", "no_code"}


@pytest.mark.parametrize("key", "02#")
def test_what_gives_a_code_needs_the_pin(runtime: Runtime, key: str):
    told = play(
        runtime, "red", "until quiet", f"red+{key}", "until quiet", pin=PIN, names=("a", "b")
    )
    assert said(told[2:]) in (ASKED, ["no_code"])


def change(runtime: Runtime, *numbers: str, pin: str = PIN) -> list[str]:
    """Change the PIN from the status view, typing those numbers; what was said in the end."""
    play(runtime, "red", "until quiet", "red+5", "until quiet", pin=pin)
    heard = again(runtime, "2", "until quiet")
    assert heard == ASKED
    for number in numbers:
        heard = enter(runtime, number)
    return heard


def test_status_offers_to_change_the_pin_where_there_is_one(runtime: Runtime):
    told = play(runtime, "red", "until quiet", "red+5", "until quiet", pin=PIN)
    assert said(told[2:])[-20:] == [*THEME, "2", "pin", *REST]
    told = play(runtime, "red", "until quiet", "red+5", "until quiet", "2", "until quiet")
    assert said(told[2:])[-20:] == [*THEME, *REST, "no_function", "press_red"]


def test_the_user_changes_the_pin(runtime: Runtime):
    assert change(runtime, PIN) == ["new_pin", "pin_size", "hash", "end"]
    again_asked = ["new_pin", "again", "star", "new_pin", "hash", "end"]
    assert enter(runtime, "40962") == again_asked
    standing = ["new_pin", "pin_size", *stand(5), "hash", "end"]
    assert again(runtime, "*", "until quiet") == standing, "the star leads back to the first"
    assert again(runtime, "*", "until quiet") == ["digit", "cleared", *stand(4)]
    assert enter(runtime, "3") == again_asked
    assert enter(runtime, "40963") == ["new_pin", "saved"]
    assert again(runtime, "red", "until quiet") == ASKED
    assert enter(runtime, PIN)[:2] == ["pin", "is_wrong"]
    assert gives_code(enter(runtime, "40963"))


@pytest.mark.clause("pin: changed", "5.1.3.4")
@pytest.mark.parametrize("key", ["red", "0", "#", "9", "*", "red+*"])
@pytest.mark.parametrize("stored", [True, False])
def test_what_has_become_of_a_new_pin_is_said_until_it_was_heard(
    runtime: Runtime, key: str, stored: bool
):
    change(runtime, PIN, "40963")
    if not stored:
        runtime.call(INTERACTION, "fail")
    told = ["new_pin", "saved"] if stored else ["storage_failed", "try_again"]
    again(runtime, *"40963", "#", "wait 100")
    more = ["no_function"] if key == "red+*" else []
    assert again(runtime, key, "until quiet") == [*more, *told]
    assert again(runtime, "red", "until quiet") == ASKED, "the code's, once it was heard"


def test_a_function_leaves_what_has_become_of_a_new_pin(runtime: Runtime):
    change(runtime, PIN, "40963")
    again(runtime, *"40963", "#", "wait 100", "red+3", "wait 100")
    assert again(runtime, "red", "until quiet") == ["new_pin", "saved"]


@pytest.mark.parametrize("typed", [(), (PIN,), (PIN, "40963"), ("8290",)])
def test_the_status_leads_out_of_the_change_of_a_pin_where_nothing_is_typed(
    runtime: Runtime, typed: tuple[str, ...]
):
    change(runtime, *typed)
    again(runtime, "5", "until quiet", "red+5", "until quiet")
    deleted = again(runtime, "*", "until quiet")
    assert deleted == ["digit", "cleared"], "what was typed had to stand"
    assert again(runtime, "red+5", "until quiet")[-20:] == [*THEME, "2", "pin", *REST]
    code = asked(9) if typed == ("8290",) else ASKED
    assert again(runtime, "red", "until quiet") == code, "the code's"
    assert gives_code(enter(runtime, PIN)), "which is as it was"


def test_a_simple_new_pin_is_refused_with_the_reason(runtime: Runtime):
    assert change(runtime, PIN, "1234") == ["new_pin", "too_simple", "hash", "end"]
    assert enter(runtime, "40963")[:2] == ["new_pin", "again"]


@pytest.mark.parametrize("keys", ["red+0", "red+2"])
@pytest.mark.parametrize("typed", [[], ["40963"]])
def test_no_function_says_the_digits_of_a_new_pin(runtime: Runtime, keys: str, typed: list[str]):
    """Not even as the check of a code that it would lead to."""
    change(runtime, PIN, *typed)
    heard = again(runtime, keys, "until quiet", *"8264", "until quiet")
    assert "code" not in heard
    assert not {"8", "2", "6"} & set(heard)


def test_a_function_leaves_the_wait_after_wrong_pins(runtime: Runtime):
    play(runtime, "red", "until quiet", pin=PIN)
    wrong(runtime, 3)
    heard = again(runtime, "wait 2000", "red+3", "until quiet")
    assert heard[:4] == ["pin", "is_wrong", "volume", "7"]
    assert "wait" in heard
    assert again(runtime, "wait 31000") == ["pin", "press_red"]
    assert again(runtime, "red+3", "until quiet") == ["pin", "volume", "8", "press_red"]
    assert again(runtime, "red", "until quiet") == asked(7)


def test_two_new_pins_that_differ_are_refused(runtime: Runtime):
    heard = change(runtime, PIN, "40963", "40964")
    assert heard == ["new_pin", "differs", "try_again", "hash", "end"]


def test_the_pin_before_stays_when_the_new_one_cannot_be_kept(runtime: Runtime):
    change(runtime, PIN, "40963")
    runtime.call(INTERACTION, "fail")
    assert enter(runtime, "40963") == ["storage_failed", "try_again"]
    runtime.call(INTERACTION, "mend")
    assert again(runtime, "red", "until quiet") == ASKED
    assert gives_code(enter(runtime, PIN))


def test_a_wrong_pin_changes_nothing(runtime: Runtime):
    assert change(runtime, "8290") == ["pin", "is_wrong", "tries_left", "9", *ASKED]


@pytest.mark.parametrize("language", ["da", "en", "kl"])
def test_all_that_is_said_about_the_pin_is_shown(runtime: Runtime, language: str):
    phrases = runtime.call(INTERACTION, "phrases", language)
    settings = {"language": language}
    play(runtime, "red", "until quiet", pin=PIN, settings=settings)
    heard = wrong(runtime, 6)
    again(runtime, "wait 301000", "red", "until quiet", "red+5", "until quiet")
    for step in (
        "2",
        *PIN,
        "#",
        *"1234",
        "#",
        *"4096",
        "#",
        *"4095",
        "#",
        *"4096",
        "#",
        *"4096",
        "#",
    ):
        heard += again(runtime, step, "until quiet")
    seen = "".join(runtime.call(INTERACTION, "seen")).replace(" ", "")
    missing = [
        clip for clip in heard if phrases[clip].replace(" ", "") not in seen and clip not in seen
    ]
    assert not missing
