"""Keys, views and voice of the kodeoplæser over parts that only remember; the whole token is tested
in tests/e2e."""

from itertools import pairwise

import pytest

from firmware.products.kodeoplaeser import PRODUCT
from tests.firmware.ui.speaking.steps import INTERACTION, again, play, said
from tests.support.runtime import Runtime

CODE = ["ample_time", "code", "4", "1", "6", "6", "0", "0"]
TROUBLES = {
    "not_provisioned": {"names": ()},
    "blocked": {"state": "blocked"},
    "damaged": {"state": "damaged"},
    "clock_lost": {"clock": "lost"},
    "clock_absent": {"clock": "absent"},
    "storage_failed": {"kind": "hotp", "storage_fails": True},
}


def test_red_speaks_and_shows_the_code(runtime: Runtime):
    told = play(runtime, "red", "until quiet")
    assert said(told) == CODE
    assert told[0][1] == "God tid. Koden er 416 600"


def test_groups_are_400_to_800_ms_apart_at_every_speed_and_further_than_digits(runtime: Runtime):
    for speed in range(1, 6):
        play(runtime, "red", "until quiet", settings={"speed": speed})
        digits = [at for at, clip, _ in runtime.call(INTERACTION, "times") if clip.isdigit()][:6]
        gaps = [
            after - before - 400 for before, after in pairwise(digits)
        ]  # each clip lasts 400 ms
        assert 400 <= gaps[2] <= 800
        assert all(gap < gaps[2] - 100 for gap in gaps[:2] + gaps[3:])


def test_first_sound_comes_within_300_ms_of_the_press_also_while_on(runtime: Runtime):
    play(runtime, "red", "until quiet", "wait 2000")
    pressed = runtime.call(INTERACTION, "now")
    runtime.call(INTERACTION, "again", "hold red 400")
    levels = runtime.call(INTERACTION, "heard")
    first = min(at for at, level in levels if at >= pressed and level)
    assert first - pressed <= 200


def test_clause_5_1_3_5_any_key_stops_speech_and_is_acted_on(runtime: Runtime):
    for key in ["red", *"0123456789*#"]:
        play(runtime, "red", "wait 1100")
        assert runtime.call(INTERACTION, "heard")[-1][1] == 0
        runtime.call(INTERACTION, "again", "wait 200")
        runtime.call(INTERACTION, "again", "wait 200")
        assert runtime.call(INTERACTION, "heard")[-1][1] > 0, "it is speaking"
        before = runtime.call(INTERACTION, "now")
        runtime.call(INTERACTION, "again", f"down {key}")
        assert runtime.call(INTERACTION, "heard")[-1] == [before, 0] or runtime.call(
            INTERACTION, "heard"
        )[-1] == (before, 0)
        answer = runtime.call(INTERACTION, "again", "wait 220")[0]
        assert runtime.call(INTERACTION, "heard")[-1][1] > 0, key
        runtime.call(INTERACTION, "again", f"up {key}")
        assert answer or runtime.call(INTERACTION, "again", "until quiet")[0], key


@pytest.mark.parametrize("way", ["together", "one after another"])
@pytest.mark.parametrize(
    ("key", "clips"),
    [
        ("0", ["ample_time", *CODE[1:]]),
        ("1", ["volume", "5"]),
        ("3", ["volume", "7"]),
        ("4", ["speed", "2"]),
        ("6", ["speed", "4"]),
        ("7", ["language", "language_name"]),
        ("9", ["language", "language_name"]),
        ("8", ["serial", *"001044376182", "serial", *"001044376182"]),
        ("2", ["own_pace", "5", "again", "4", "back", "6", "on"]),
        (
            "5",
            [
                "status",
                "battery",
                "charged",
                "clock_ok",
                "version",
                "0",
                "point",
                "1",
                "point",
                "0",
                *("volume", "6", "speed", "3"),
                *("1", "theme", "light", "3", "key_delay", "0"),
                *("4", "new_code", "1", "2", "seconds", "6", "wait", "60", "seconds"),
                *("8", "tones", "1"),
            ],
        ),
    ],
)
def test_clause_5_9_every_function_works_with_red_and_key_together_and_one_after_another(
    runtime: Runtime, key: str, clips: list[str], way: str
):
    if way == "together":
        told = play(runtime, "red", "wait 2000", f"red+{key}", "until quiet")
    else:
        told = play(runtime, "red", "until quiet", "red", "red", "until quiet", key, "until quiet")
        assert said(told[2:5]) == ["function", "choose_key"]
        assert "Funktion" in told[3][1]
    heard = said(told[-2:])
    if key == "0":  # what is left may be little by now
        heard, clips = heard[1:], clips[1:]
    assert heard == clips


def test_an_expired_code_is_said_and_shown_once(runtime: Runtime):
    told = play(runtime, "red", "until quiet", "wait 25000", "wait 20000")
    assert told[2][0] == ["expired", "press_red"]
    assert told[2][1] == "Koden er forældet. 416 600 Tryk på rød."
    assert told[3][0] == []


def test_volume_has_nine_steps_and_stops_at_its_ends(runtime: Runtime):
    told = play(runtime, "red", "until quiet", "red+3", *["3", "until quiet"] * 4)
    assert told[-2][1] == "Lydstyrke 9 højest."
    assert runtime.call(INTERACTION, "saved")[1]["volume"] == 9
    told = play(runtime, "red", "until quiet", "red+1", *["1", "until quiet"] * 9)
    assert told[-2][1] == "Lydstyrke 1 lavest."
    gains = PRODUCT["gains"][1:]
    assert len(gains) >= 8
    assert all(1.3 < after / before < 1.5 for before, after in pairwise(gains)), "3 dB a step"


def test_volume_and_speed_are_confirmed_at_the_new_setting_and_kept(runtime: Runtime):
    play(runtime, "red", "until quiet", "red+6", "until quiet", "red+1", "until quiet")
    times = runtime.call(INTERACTION, "times")
    assert [speed for _, clip, speed in times if clip == "speed"] == [4]
    loudest = [level for _, level in runtime.call(INTERACTION, "heard") if level]
    assert loudest[-1] == PRODUCT["gains"][5]
    saves, settings = runtime.call(INTERACTION, "saved")
    assert settings == {"speed": 4, "volume": 5}
    assert [names for _, names in saves] == [["speed"], ["volume"]]


def test_settings_that_cannot_be_kept_are_said(runtime: Runtime):
    told = play(
        runtime, "red", "until quiet", "red+6", "until quiet", "until quiet", storage_fails=True
    )
    assert said(told[2:]) == ["speed", "4", "storage_failed", "try_again"]


def test_settings_that_could_not_be_kept_are_tried_again_when_the_voice_is_done(runtime: Runtime):
    play(runtime, "red", "until quiet", "red+6", "until quiet", "until quiet", storage_fails=True)
    assert runtime.call(INTERACTION, "saved")[1] == {}
    assert runtime.call(INTERACTION, "again", "red+0")[0][0] == "ample_time"
    assert "storage_failed" not in runtime.call(INTERACTION, "again", "until quiet")[0], (
        "it is said once"
    )
    runtime.call(INTERACTION, "mend")
    runtime.call(INTERACTION, "again", "red+0")
    runtime.call(INTERACTION, "again", "until quiet")
    assert runtime.call(INTERACTION, "saved")[1] == {"speed": 4}


def test_settings_that_could_not_be_kept_are_tried_again_at_switching_off(runtime: Runtime):
    play(runtime, "red", "until quiet", "red+3", "until quiet", "until quiet", storage_fails=True)
    runtime.call(INTERACTION, "mend")
    runtime.call(INTERACTION, "again", "wait 61000")
    assert not runtime.call(INTERACTION, "lit")
    assert runtime.call(INTERACTION, "saved")[1] == {"volume": 7}


@pytest.mark.parametrize("again", ["0", "red+0"])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_clause_5_1_3_4_errors_can_be_repeated(runtime: Runtime, trouble: str, again: str):
    told = play(runtime, "red", "until quiet", again, "until quiet", **TROUBLES[trouble])
    first = said(told[:2])
    assert said(told[2:]) == (first[1:] if first[0] == "red" else first)
    assert told[2][1] == told[1][1]


@pytest.mark.parametrize("function", "1234567")
def test_clause_5_1_3_4_what_a_function_said_can_be_repeated(runtime: Runtime, function: str):
    told = play(
        runtime,
        "red",
        "until quiet",
        f"red+{function}",
        "until quiet",
        "0",
        "until quiet",
        kind="hotp",
    )
    assert said(told[4:]) == said(told[2:4])


@pytest.mark.parametrize("function", "01234567")
def test_clause_5_1_3_4_the_hash_repeats_what_was_said_last(runtime: Runtime, function: str):
    told = play(
        runtime,
        "red",
        "until quiet",
        f"red+{function}",
        "until quiet",
        "#",
        "until quiet",
        kind="hotp",
    )
    assert said(told[4:]) == said(told[2:4]) != []


def test_the_hash_repeats_the_digits_of_own_pace_and_the_verdict_of_check_back(runtime: Runtime):
    play(runtime, "red", "until quiet", "red+2", "until quiet", *"666")
    assert again(runtime, "5", "until quiet") == list("416")
    assert again(runtime, "#", "until quiet") == list("416")
    play(runtime, "red", "until quiet", *"416601", "until quiet")
    assert again(runtime, "#", "until quiet") == ["1", "digit", "6", "is_wrong", "try_again"]


def test_clause_5_8_the_delay_of_the_keys_is_set_by_ear_and_kept(runtime: Runtime):
    play(runtime, "red", "until quiet", "red+5", "until quiet")
    ways = ["1", "down", "3", "up"]
    assert again(runtime, "3", "until quiet") == ["key_delay", "0", *ways]
    for tenths in "358":
        assert again(runtime, "3", "until quiet") == ["key_delay", tenths, *ways]
        assert runtime.call(INTERACTION, "saved")[1] == {"key_delay": int(tenths)}
    assert again(runtime, "3", "until quiet")[1] == "8"
    heard = again(runtime, "wait 600", "1", "1", "until quiet")
    assert heard[-6:] == ["key_delay", "5", *ways], "one of the two counts"
    again(runtime, "wait 900", "1", "wait 900", "1", "until quiet")
    assert again(runtime, "wait 900", "1", "until quiet") == ["key_delay", "0", *ways]
    assert runtime.call(INTERACTION, "saved")[1] == {"key_delay": 0}


def test_with_a_delay_a_hand_that_trembles_hears_what_it_has_woken_the_token_for(runtime: Runtime):
    for options, heard in (({}, CODE), ({"pin": "8291"}, ["type", "pin", "hash", "end"])):
        told = play(
            runtime, "red", "wait 220", "red", "until quiet", settings={"key_delay": 5}, **options
        )
        assert said(told)[-len(heard) :] == heard


def test_with_a_delay_a_hand_that_trembles_chooses_a_function_of_what_it_had(runtime: Runtime):
    play(runtime, "red", "until quiet", settings={"key_delay": 5, "typing_time": 0})
    heard = again(runtime, "red+*", "until quiet", "wait 2000")
    twice = ("red", "wait 220", "down red", "wait 100")
    assert again(runtime, *twice, "0", "up red", "until quiet")[-7:] == heard
    assert heard[0] == "practice"


def test_with_a_delay_a_hand_that_trembles_hears_that_it_has_left_the_names_of_the_keys(
    runtime: Runtime,
):
    play(runtime, "red", "until quiet", settings={"key_delay": 5})
    again(runtime, "hold 0 2100", "until quiet")
    left = ["red", "new_code", "explore", "end"]
    assert again(runtime, "red", "wait 220")[-4:] != left, "the second press cuts it off"
    assert again(runtime, "red", "until quiet") == left


def test_a_delay_that_the_host_has_set_goes_on_to_the_next_step(runtime: Runtime):
    for key, step in (("1", "3"), ("3", "5")):
        play(runtime, "red", "until quiet", "red+5", "until quiet", settings={"key_delay": 4})
        assert again(runtime, "3", "until quiet")[1] == "4"
        assert again(runtime, key, "until quiet")[1] == step


def test_display_and_speech_change_language_together(runtime: Runtime):
    """EN 301 549, 5.1.3.14."""
    told = play(runtime, "red", "until quiet", "red+9", "until quiet", *["9", "until quiet"] * 2)
    assert [told[at][1] for at in (2, 4, 6)] == [
        "Language English.",
        "Oqaatsit Kalaallisut.",
        "Talt sprog Dansk.",
    ]


def test_own_pace_goes_on_back_and_over_the_last_three(runtime: Runtime):
    steps = [
        "6",
        "6",
        "6",
        "6",
        "5",
        "until quiet",
        "4",
        "until quiet",
        *["6"] * 4,
        "4",
        "4",
        "4",
        "4",
        "4",
        "4",
    ]
    told = play(runtime, "red", "until quiet", "red+2", "until quiet", *steps, settings={})
    clips = [told[i][0] for i in range(4, 8)]
    assert clips == [["4"], ["1"], ["6"], ["6"]]
    assert said(told[8:10]) == ["1", "6", "6"]
    assert said(told[10:12]) == ["6"]
    assert said(told[12:16]) == ["6", "0", "0", "end"]
    assert said(told[16:]) == ["0", "6", "6", "1", "4", "beginning"]


def test_check_back_says_right_or_which_digit_differs(runtime: Runtime):
    told = play(runtime, "red", "until quiet", *"416600", "until quiet")
    assert told[-1][0] == ["right"]
    assert told[-1][1] == "Det stemmer. 416 600 416 600"
    told = play(runtime, "red", "until quiet", *"416500", "until quiet", *"416600", "until quiet")
    assert told[8][0] == ["digit", "4", "is_wrong", "try_again"]
    assert told[8][1] == "Ciffer 4 416 600 er forkert. Prøv igen."
    assert told[-1][0] == ["right"]


@pytest.mark.parametrize("wrong", ["13", "2456", "123456"])
def test_check_back_names_all_wrong_places(runtime: Runtime, wrong: str):
    code = "416600"
    typed = [
        str((int(digit) + 1) % 10) if str(place) in wrong else digit
        for place, digit in enumerate(code, 1)
    ]
    told = play(runtime, "red", "until quiet", *typed, "until quiet")
    assert said(told[7:])[-3 - len(wrong) :] == ["digit", *wrong, "is_wrong", "try_again"]
    assert told[-1][1] == f"Ciffer {' '.join(wrong)} 416 600 er forkert. Prøv igen."


@pytest.mark.clause("keys: check-back")
def test_star_takes_back_the_last_digit_that_was_typed(runtime: Runtime):
    code = said(play(runtime, "red", "until quiet"))
    again(runtime, *"419")
    assert again(runtime, "*", "until quiet") == ["9", "cleared", "2", "digit", "saved"]
    assert again(runtime, *"6600", "until quiet")[-2:] == ["0", "right"]
    assert again(runtime, "*", "until quiet")[-6:] == code[-6:], "judged, it is said again"
    assert again(runtime, "4", "*", "until quiet") == ["4", "4", "cleared"]
    assert again(runtime, "*", "until quiet")[-6:] == code[-6:]


@pytest.mark.clause("keys: check-back")
@pytest.mark.parametrize("repeat", ["red+0", "red"])
def test_a_repeat_leaves_what_was_typed_and_says_so_before_the_code(runtime: Runtime, repeat: str):
    play(runtime, "red", "until quiet", *"416", "until quiet")
    for by in (repeat, "#"):
        heard = again(runtime, by, "until quiet")
        assert heard[:3] == ["3", "digit", "saved"]
        assert heard[3] in ("ample_time", "hurry"), "as it is now"
        assert heard[4:] == CODE[1:], "the code of the same period"
    assert runtime.call(INTERACTION, "again", "wait 10")[1].endswith("416 600 3 ciffer gemt.")
    assert again(runtime, *"600", "until quiet")[-1] == "right"
    assert again(runtime, "red+0", "until quiet")[1:] == CODE[1:], (
        "after the verdict it begins anew"
    )


def test_another_code_says_that_what_was_typed_of_the_one_before_is_deleted(runtime: Runtime):
    play(runtime, "red", "until quiet", kind="hotp")
    assert again(runtime, "7", "until quiet", "red", "until quiet")[1:3] == ["cleared", "code"]
    assert again(runtime, "red", "until quiet")[0] == "code", "once"


@pytest.mark.parametrize("other", ["red+3", "red+8", "red+2"])
def test_a_function_leaves_what_was_typed_to_check_a_code(runtime: Runtime, other: str):
    number = said(play(runtime, "red", "until quiet", kind="hotp"))[-6:]
    again(runtime, *number[:2], other, "until quiet")
    heard = again(runtime, "red+0", "until quiet")
    assert heard == ["2", "digit", "saved", "code", *number]
    assert again(runtime, *number[2:], "until quiet")[-1] == "right"


@pytest.mark.clause("keys: check-back")
@pytest.mark.parametrize("function", ["red+3", "red+5", "red+8", "red+9"])
def test_after_a_function_a_check_goes_on_and_its_digits_are_counted(
    runtime: Runtime, function: str
):
    number = said(play(runtime, "red", "until quiet", kind="hotp"))[-6:]
    again(runtime, *number[:2])
    assert again(runtime, function, "until quiet")[-3:] == ["2", "digit", "saved"]
    assert again(runtime, *number[2:], "until quiet") == [*number[2:], "right"]
    assert again(runtime, "red+3", "until quiet")[0] == "volume"
    assert again(runtime, "wait 2000", "1", "until quiet")[0] == "volume", "judged, it is left"


@pytest.mark.parametrize("wait", [0, 400, 900])
@pytest.mark.parametrize("by", ["*", "#", "cable in"])
def test_what_comes_before_a_counted_code_that_was_asked_for_does_not_say_the_old_one(
    runtime: Runtime, by: str, wait: int
):
    old = said(play(runtime, "red", "until quiet", kind="hotp"))[-6:]
    heard = again(runtime, "red", f"wait {wait}", by, "until quiet", "wait 2000")
    assert heard[0] == "code"
    assert heard[1:7] != old
    assert heard[7:] == (["plugged_in"] if by == "cable in" else [])
    assert runtime.call(INTERACTION, "counter") == 2


@pytest.mark.parametrize("key", ["*", "#"])
@pytest.mark.parametrize("chosen", [("wait 500", "3"), ("until quiet", "wait 12000")])
def test_a_key_between_two_reds_makes_no_counted_code_of_them(
    runtime: Runtime, key: str, chosen: tuple[str, ...]
):
    play(runtime, "red", "until quiet", kind="hotp")
    heard = again(runtime, "red", "wait 200", key, "wait 200", "red", *chosen, "until quiet")
    assert heard[0] == "function"
    assert runtime.call(INTERACTION, "counter") == 1


def test_practice_code_is_none_that_a_validator_could_accept(runtime: Runtime):
    """RFC 4226, section 4, R4: a code has six digits at least. A training code has five, so it is
    never one."""
    told = play(runtime, "red", "until quiet", "red+*", "until quiet", *"78901", "until quiet")
    assert said(told[2:4]) == ["practice", *"78901", "not_valid"]
    assert told[3][1] == "Øvelse. 78 901 Gælder ikke."
    assert told[-1][0] == ["right"]


def test_clause_5_5_2_explore_mode_names_every_key_and_does_nothing_else(runtime: Runtime):
    keys = [*"123456789*#", "0", "red"]
    told = play(
        runtime,
        "red",
        "until quiet",
        "hold 0 2100",
        "until quiet",
        *[s for k in keys for s in (k, "until quiet")],
    )
    assert said(told[2:4]) == ["0", "explore", "choose_key"]
    names = [told[i][0] + told[i + 1][0] for i in range(4, len(told), 2)]
    assert [name[0] for name in names] == [*"123456789", "star", "hash", "0", "red"]
    assert all(len(name) >= 2 for name in names)
    assert names[-1] == ["red", "new_code", "explore", "end"], "red ends it"
    assert runtime.call(INTERACTION, "saved") == ([], {})


def test_explore_mode_ends_after_20_s_without_a_key(runtime: Runtime):
    told = play(
        runtime,
        "red",
        "until quiet",
        "hold 0 2100",
        "wait 19000",
        "1",
        "wait 19000",
        "1",
        "wait 20000",
        "1",
    )
    assert [told[i][0][0] for i in (4, 6)] == ["1", "1"]
    assert told[7][0] == ["volume", "down", "explore"]
    assert told[8][0] == ["1"], "which is checked against the code again"


@pytest.mark.parametrize("pause", ["wait 100", "until quiet"])
@pytest.mark.parametrize(
    ("reach", "stray", "key", "heard"),
    [
        (("red+3",), "5", "3", ["volume", "8"]),
        (("red+6",), "*", "4", ["speed", "3"]),
        (("red+9",), "1", "7", ["language", "language_name"]),
        (("red+5", "1"), "6", "1", ["theme", "light"]),
        (("red+5", "3"), "5", "3", ["key_delay", "3", "1", "down", "3", "up"]),
        (("red+5",), "5", "8", ["tones", "1", "1", "down", "3", "up"]),
    ],
)
def test_a_key_without_a_meaning_leaves_no_setting(
    runtime: Runtime, reach: tuple[str, ...], stray: str, key: str, heard: list[str], pause: str
):
    play(runtime, "red", "until quiet", *reach, "until quiet", kind="hotp")
    assert again(runtime, stray, "until quiet") == ["no_function", "press_red"]
    again(runtime, stray, pause)
    assert again(runtime, key, "until quiet") == heard


def test_a_short_zero_is_no_explore_mode(runtime: Runtime):
    told = play(runtime, "red", "until quiet", "hold 0 1900", "wait 3000")
    assert "explore" not in said(told)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_clause_5_1_3_15_errors_say_what_to_do(runtime: Runtime, trouble: str):
    told = play(runtime, "red", "until quiet", **TROUBLES[trouble])
    wrong, todo = [clip for clip in said(told) if clip != "red"]
    assert wrong == trouble
    phrases = runtime.call(INTERACTION, "phrases", "da")
    assert told[1][1] == f"{phrases[wrong]} {phrases[todo]}"


@pytest.mark.parametrize("language", PRODUCT["languages"])
@pytest.mark.parametrize("battery", [3900, 3300], ids=["good", "low"])
@pytest.mark.parametrize("options", [{}, {"names": ("a", "b")}, {"digits": 8}, *TROUBLES.values()])
def test_clauses_5_1_3_1_and_5_1_5_all_that_is_said_is_shown_on_the_display(
    runtime: Runtime, language: str, battery: int, options: dict[str, object]
):
    """And the other way round: the words on the display are those of the clips, digits apart from
    their groups."""
    phrases = {name: runtime.call(INTERACTION, "phrases", name) for name in PRODUCT["languages"]}
    steps = ["red", *[f"red+{key}" for key in "0123456789*#"], "1", "2"]
    if battery < PRODUCT["battery_low_mv"] and options in TROUBLES.values():
        steps = ["red", "red+0", "red+5"]  # codes and the status tell of it; here there is no code
    for step in steps:
        if "storage_fails" in options and step in ("red+7", "red+9"):
            # a language that cannot be kept is not among the settings that say which one it is
            continue
        settings = {"language": language}
        told = play(
            runtime, "red", "until quiet", step, "until quiet", "wait 200", "until quiet",
            battery=battery, settings=settings, **options,
        )  # fmt: skip
        words = phrases[runtime.call(INTERACTION, "saved")[1]["language"]]
        clips = said(told[2:])
        spoken = letters(
            "".join(
                clip if clip.isdigit() else words[clip] for clip in said(told) if clip != "point"
            )
        )
        seen = " ".join(runtime.call(INTERACTION, "seen"))
        shown = [letters(word) for word in told[-1][1].split()]
        assert [word for word in shown if word not in spoken and not word.isdigit()] == [], step
        displayed = letters(seen)
        unseen = [clip for clip in clips if clip != "point" and clip not in displayed]
        assert [clip for clip in unseen if letters(words.get(clip, "")) not in displayed] == [], (
            step
        )


def letters(text: str) -> str:
    """In small letters, without spaces and full stops: within a sentence phrases begin small."""
    return "".join(character for character in text.lower() if character.isalnum())


def test_headset_in_silences_the_loudspeaker_at_once_and_the_voice_goes_on(runtime: Runtime):
    play(runtime, "red", "wait 1000")
    assert runtime.call(INTERACTION, "amplifier")
    runtime.call(INTERACTION, "again", "in")
    assert not runtime.call(INTERACTION, "amplifier")
    assert runtime.call(INTERACTION, "again", "wait 2000")[0], "still speaking"


def test_headset_out_while_speaking_stops_speech(runtime: Runtime):
    play(runtime, "in", "red", "wait 1000", "out")
    assert not runtime.call(INTERACTION, "amplifier")
    assert runtime.call(INTERACTION, "again", "wait 3000")[0] == []
    assert runtime.call(INTERACTION, "again", "red+0")[0], "and speaks again when asked"
    assert runtime.call(INTERACTION, "amplifier")


def test_red_leads_from_practice_back_to_a_counted_code(runtime: Runtime):
    code = said(play(runtime, "red", "until quiet", kind="hotp"))[-7:]
    practised = again(runtime, "red+*", "until quiet", "wait 1000")
    assert again(runtime, "red+0", "until quiet") == practised, "practice is repeated in it"
    assert again(runtime, "red", "until quiet") == code
    assert again(runtime, "red+0", "until quiet") == code
    assert runtime.call(INTERACTION, "counter") == 1


def test_off_by_itself_a_minute_after_the_last_word(runtime: Runtime):
    told = play(runtime, "red", "until quiet", "wait 59000", "wait 2000", kind="hotp")
    assert told[-2][1] is not None
    assert told[-1][1] is None
    assert not runtime.call(INTERACTION, "lit")


def test_keys_of_a_token_that_is_off_do_nothing(runtime: Runtime):
    told = play(runtime, "5", "hold 0 2100")
    assert told == [([], None), ([], None)]


def test_comparison_number_is_shown_and_spoken(runtime: Runtime):
    clips, shown = runtime.call(INTERACTION, "compare", "123456")
    assert clips == ["type", "compare", *"123456"]
    assert shown == "Tast nu på pc'en 123 456"


def test_every_language_has_the_same_phrases(runtime: Runtime):
    languages = [runtime.call(INTERACTION, "phrases", language) for language in ("da", "en", "kl")]
    assert {frozenset(phrases) for phrases in languages} == {frozenset(languages[0])}
    assert all(len(key) <= 15 for key in languages[0]), "as the index of a voice pack holds them"


@pytest.mark.clause("5.1.3.4")
def test_clause_5_1_3_4_the_verdict_on_a_typed_code_can_be_repeated(runtime: Runtime):
    told = play(runtime, "red", "until quiet", *"416500", "until quiet", "#", "until quiet")
    assert said(told[9:])[-4:] == ["digit", "4", "is_wrong", "try_again"]


@pytest.mark.clause("keys: own pace", "code: pinned")
def test_own_pace_says_when_the_codes_time_is_over(runtime: Runtime):
    told = play(
        runtime,
        "red",
        "until quiet",
        "red+2",
        "until quiet",
        "6",
        "until quiet",
        "wait 20000",
        "6",
        "wait 31000",
    )
    heard = said(told[2:7])
    assert "expired" in heard
    assert heard[heard.index("expired") :][:2] == ["expired", "press_red"]
    assert heard.count("expired") == 1
    assert "forældet. Tryk på rød." in runtime.call(INTERACTION, "seen")
    assert said(told[7:]) in (["1"], ["4"]), "once, and the digits are still there to be read"


@pytest.mark.clause("5.1.3.4")
@pytest.mark.parametrize("again", ["0", "red+0"])
def test_clause_5_1_3_4_the_comparison_number_can_be_repeated(runtime: Runtime, again: str):
    play(runtime, "red", "until quiet", "red+*", "until quiet")
    runtime.call(INTERACTION, "compare_now", "123456")
    runtime.call(INTERACTION, "again", "until quiet")
    heard = (
        runtime.call(INTERACTION, "again", again)[0]
        + runtime.call(INTERACTION, "again", "until quiet")[0]
    )
    assert heard == ["type", "compare", *"123456"]
