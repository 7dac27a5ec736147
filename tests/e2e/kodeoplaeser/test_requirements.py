"""The kodeoplæser's requirements: keys in, pixels and samples out.

Clauses are those of EN 301 549.
"""

import base64
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pyotp
import pytest

from emulator.session import Emulator
from host_tools.image.image import build_image
from host_tools.voice.recognition.digits import digits_in
from tests.support.emulated.kodeoplaeser import SpeakingToken, stretches
from tests.support.emulated.token import SECRET, START, digits, totp

CODES = pyotp.TOTP(base64.b32encode(SECRET).decode())


@pytest.mark.clause("code: red")
def test_red_turns_on_shows_and_speaks_a_six_digit_code(token):
    pressed = token.tap("red")
    shown = digits(token.emulator.screen_text()[1:2])
    assert shown == CODES.at(int(token.emulator.now))
    heard = token.clips_until_quiet(pressed)
    assert heard == ["ample_time", "code", *shown]


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_recogniser_not_trained_on_this_voice_understands_the_code(token, language):
    token.connect().write_settings({"language": language})
    token.emulator.unplug()
    token.emulator.advance(1)
    pressed = token.tap("red")
    shown = digits(token.emulator.screen_text()[1:2])
    assert token.clips_until_quiet(pressed)[1] == "code"
    whole = token.emulator.audio(pressed)
    first, last = spoken_digits(token, pressed)
    samples = whole.samples[
        int((first - pressed) * whole.rate) : int((last - pressed) * whole.rate)
    ]
    assert digits_in(np.array(samples, np.int16), language) == shown


def spoken_digits(token: SpeakingToken, since: float) -> tuple[float, float]:
    """Return start and end of the digits of a code, which are the last that is said."""
    bursts = stretches(token, since, 0.15)
    return bursts[-6][0] - 0.1, bursts[-1][1] + 0.1


def read_digits(token: SpeakingToken, language: str, speed: int) -> list[tuple[float, float]]:
    """Have a code read at a speed; return (start, end) of each digit."""
    token.connect().write_settings({"language": language, "speed": speed})
    token.emulator.unplug()
    token.emulator.set_time(START + 7200)
    token.emulator.advance(1)
    pressed = token.tap("red")
    token.clips_until_quiet(pressed)
    found = stretches(token, pressed, 0.06)
    gaps = [after[0] - before[1] for before, after in pairwise(found)]
    # the first of two identical codes; the second ends it
    middle = next(place for place, gap in enumerate(gaps) if gap > max(gaps) - 0.1)
    return found[middle - 2 : middle + 4]


@pytest.mark.clause("speech: digits")
@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("speed", range(1, 6))
def test_groups_are_400_to_800_ms_apart_as_the_display_groups_them(token, language, speed):
    said = read_digits(token, language, speed)
    gaps = [after[0] - before[1] for before, after in pairwise(said)]
    assert 0.4 <= gaps[2] <= 0.8
    assert max(gaps[:2] + gaps[3:]) < gaps[2] - 0.1
    line = token.emulator.screen_text()[1]
    assert [len(group) for group in line.split()] == [3, 3]


@pytest.mark.clause("speech: speed")
@pytest.mark.parametrize(
    ("speed", "least", "most"),
    [(1, 50, 70), (2, 65, 90), (3, 85, 115), (4, 115, 165), (5, 170, 230)],
)
def test_five_speeds_read_from_about_60_to_200_digits_a_minute(token, speed, least, most):
    said = read_digits(token, "da", speed)
    onsets = [start for start, _ in said]
    within = [after - before for before, after in pairwise(onsets)]
    pace = 60 / (sum(within[:2] + within[3:]) / 4)
    assert least <= pace <= most


@pytest.mark.clause("speech: first sound")
def test_first_sound_comes_within_300_ms_from_off_and_while_on(token):
    pressed = token.tap("red")
    token.clips_until_quiet(pressed)
    assert token.emulator.audio(pressed, pressed + 0.3).onset() is not None
    for hold in (0.03, 0.12, 0.5):
        pressed = token.tap("red", hold)
        token.emulator.advance(1)
        assert token.emulator.audio(pressed, pressed + 0.3).onset() is not None
        token.clips_until_quiet(pressed)


FUNCTIONS = {
    "0": ["ample_time", "code"],
    "1": ["volume", "5"],
    "2": ["own_pace", "5", "again", "4", "back", "6", "on"],
    "3": ["volume", "7"],
    "4": ["speed", "2"],
    "5": [
        "status",
        "battery",
        "charged",
        "clock_ok",
        "version",
        *("0", "point", "1", "point", "0"),
    ],
    "6": ["speed", "4"],
    "7": ["language", "language_name"],
    "9": ["language", "language_name"],
}


@pytest.mark.clause(
    "5.9",
    "keys: one at a time",
    "keys: functions",
    "keys: sides",
    "keys: volume",
    "keys: speed",
    "keys: language",
    "keys: status",
    "speech: confirmed",
    "4.2.7",
)
@pytest.mark.parametrize("key", FUNCTIONS)
@pytest.mark.parametrize("way", ["held together", "one after another"])
def test_clause_5_9_every_function_works_without_two_keys_at_once(token, key, way):
    token.tap("red")
    token.emulator.advance(1.5)
    if way == "held together":
        moment = token.chord(key)
    else:
        token.tap("red")
        second = token.tap("red")
        assert token.clips_until_quiet(second)[-2:] == ["function", "choose_key"]
        moment = token.tap(key)
    assert token.clips_until_quiet(moment)[: len(FUNCTIONS[key])] == FUNCTIONS[key]
    if FUNCTIONS[key][0] == "language":
        assert token.shown() == "Language English.", "of two languages the other one"


@pytest.mark.clause("keys: serial")
def test_serial_number_is_said_digit_by_digit_twice_and_shown(token):
    serial = token.connect().hello.serial
    token.emulator.unplug()
    token.emulator.advance(1)
    token.clips_until_quiet(token.tap("red"))
    heard = token.clips_until_quiet(token.chord("8"))
    assert heard == ["serial", *serial, "serial", *serial]
    assert token.shown().replace(" ", "") == f"Serienummer{serial}"


@pytest.mark.clause("5.1.3.4", "code: repeat", "code: pinned")
def test_clause_5_1_3_4_red_0_repeats_the_same_digits_with_what_is_left_of_them(token):
    token.tap("red")
    first = digits(token.emulator.screen_text()[1:2])
    token.clips_until_quiet(token.emulator.elapsed)
    token.emulator.advance(8)
    heard = token.clips_until_quiet(token.chord("0"))
    assert heard == ["hurry", "code", *first]
    token.emulator.advance(20)
    assert token.clips_until_quiet(token.chord("0")) == ["code", "expired", *first, "press_red"]


@pytest.mark.clause("code: fresh period", "speech: first sound", "4.2.10")
def test_a_late_press_waits_for_the_fresh_code_and_says_so_within_300_ms(token):
    emulator = token.emulator
    emulator.set_time(START + 7200 + 24)
    pressed = token.tap("red")
    assert token.shown() == "Ny kode. Vent højst 6 sekunder."
    heard = token.clips_until_quiet(pressed)
    assert emulator.audio(pressed, pressed + 0.3).onset() is not None
    assert heard[:4] == ["new_code", "wait", heard[2], "seconds"]
    assert heard[2] in ("4", "5")
    fresh = digits(emulator.screen_text()[1:2])
    assert fresh == CODES.at(START + 7200 + 30)
    assert heard[4:] == ["ample_time", "code", *fresh]


@pytest.mark.clause("code: fresh period")
def test_the_current_code_comes_at_once_by_red_again(token):
    token.emulator.set_time(START + 7200 + 22)
    token.tap("red")
    token.emulator.advance(1.5)
    heard = token.clips_until_quiet(token.tap("red"))
    assert heard[:8] == ["hurry", "code", *CODES.at(START + 7200 + 22)]


@pytest.mark.clause("speech: kept")
def test_volume_and_speed_and_language_are_kept_over_power_off(token):
    token.clips_until_quiet(token.tap("red"))
    for key in ("3", "6", "9"):
        token.clips_until_quiet(token.chord(key))
    token.emulator.advance(62)
    assert not token.emulator.powered
    token.emulator.set_time(START + 14_400)
    pressed = token.tap("red")
    assert token.shown().startswith("No rush. The code is")
    token.clips_until_quiet(pressed)
    token.clips_until_quiet(token.chord("1"))
    assert token.shown() == "Volume 6"
    token.clips_until_quiet(token.chord("4"))
    assert token.shown() == "Tempo 3"


def peak(token: SpeakingToken, moment: float) -> int:
    """Return the loudest sample of the word that starts every confirmation."""
    return max(abs(sample) for sample in token.emulator.audio(moment, moment + 0.5).samples)


@pytest.mark.clause("speech: volume", "5.1.3.12", "speech: confirmed", "4.2.5")
def test_volume_steps_are_heard(token):
    token.clips_until_quiet(token.tap("red"))
    loudness = []
    for _ in range(9):
        moment = token.chord("1")
        token.clips_until_quiet(moment)
        loudness.append(peak(token, moment))
    for _ in range(8):
        moment = token.chord("3")
        token.clips_until_quiet(moment)
        loudness.append(peak(token, moment))
    steps = [after / before for before, after in pairwise(loudness[8:])]
    assert len(steps) == 8
    assert all(1.2 < step < 1.7 for step in steps), f"about 3 dB each: {steps}"


@pytest.mark.clause("5.1.3.11", "4.2.5", "keys: volume")
def test_the_volume_in_a_headset_is_set_by_key(token):
    token.emulator.plug_headset()
    token.clips_until_quiet(token.tap("red"))
    loudness = []
    for key, volume in (("3", "7"), ("3", "8"), ("1", "7"), ("1", "6")):
        moment = token.chord(key)
        assert token.clips_until_quiet(moment) == ["volume", volume]
        heard = token.emulator.audio(moment, moment + 0.5)
        assert not any(heard.speaker)
        loudness.append(max(abs(sample) for sample in heard.headphones))
    first, louder, again, softer = loudness
    assert 1.2 < louder / first < 1.7, "about 3 dB"
    assert again == first
    assert 1.2 < again / softer < 1.7


@pytest.mark.clause("headset: in", "headset: out", "5.1.3.2", "5.1.3.9", "4.2.11")
def test_headset_in_mutes_the_loudspeaker_and_headset_out_ends_the_speech(token):
    pressed = token.tap("red")
    token.emulator.advance(1.5)
    moment = token.emulator.elapsed
    assert any(token.emulator.audio(pressed, moment).speaker), "without a headset it speaks aloud"
    token.emulator.plug_headset()
    token.emulator.advance(1.5)
    heard = token.emulator.audio(moment + 0.02)
    assert not any(heard.speaker)
    assert any(heard.headphones)
    moment = token.emulator.elapsed
    token.emulator.unplug_headset()
    token.emulator.advance(2)
    heard = token.emulator.audio(moment + 0.02)
    assert not any(heard.speaker)
    assert not any(heard.headphones)


@pytest.mark.clause("5.5.2", "keys: explore", "5.1.6.2")
def test_clause_5_5_2_explore_mode_by_ear(token):
    token.clips_until_quiet(token.tap("red"))
    moment = token.emulator.elapsed
    token.emulator.press_key("0", 2200)
    assert token.clips_until_quiet(moment)[-2:] == ["explore", "choose_key"]
    assert token.clips_until_quiet(token.tap("3")) == ["3", "volume", "up"]
    moment = token.emulator.elapsed
    token.emulator.advance(20)
    assert token.clips_until_quiet(moment)[:2] == ["explore", "end"], "by itself"
    for leave in ("red", "0"):
        token.emulator.press_key("0", 2200)
        token.until_quiet()
        moment = token.emulator.elapsed
        token.emulator.press_key(leave, 120 if leave == "red" else 2200)
        assert token.clips_until_quiet(moment)[-2:] == ["explore", "end"]


NAMES = {"*": "star", "#": "hash"} | {digit: digit for digit in "0123456789"}


@pytest.mark.clause("5.5.2", "keys: explore")
def test_each_of_the_13_keys_says_a_name_of_its_own_and_does_nothing(token):
    code = token.clips_until_quiet(token.tap("red"))[-6:]
    before = token.connect().settings()
    token.emulator.unplug()
    token.emulator.press_key("0", 2200)
    token.until_quiet()
    said = {}
    for key in (*NAMES, "red"):
        said[key] = token.clips_until_quiet(token.tap(key))
        if key != "red":
            assert not set(code) <= set(said[key]), "no code is given"
    names = {key: heard[:1] for key, heard in said.items()}
    assert names == {key: [name] for key, name in {**NAMES, "red": "red"}.items()}
    functions = [tuple(heard[1:]) for heard in said.values()]
    assert len(set(functions)) == len(functions), "each with what it does together with red"
    assert token.connect().settings() == before
    token.emulator.unplug()
    repeated = token.clips_until_quiet(token.chord("0"))
    assert [clip for clip in repeated if clip.isdigit()] == code


@pytest.mark.clause("keys: check-back", "5.1.3.15", "4.2.10")
def test_check_back_by_ear(token):
    token.tap("red")
    shown = digits(token.emulator.screen_text()[1:2])
    wrong = str((int(shown[3]) + 1) % 10)
    moment = token.emulator.elapsed
    for key in shown[:3] + wrong + shown[4:]:
        moment = token.tap(key)
    assert token.clips_until_quiet(moment)[-4:] == ["digit", "4", "is_wrong", "try_again"]
    assert token.shown().startswith("Ciffer 4 ")
    assert token.shown().endswith(" er forkert. Prøv igen.")
    for key in shown:
        moment = token.tap(key)
    assert token.clips_until_quiet(moment)[-1] == "right"


@pytest.mark.clause("keys: own pace", "5.1.3.3", "4.2.10")
def test_own_pace_marks_the_digit_that_is_said(token):
    token.tap("red")
    shown = digits(token.emulator.screen_text()[1:2])
    token.clips_until_quiet(token.chord("2"))
    plain = token.emulator.screen()
    for digit in shown:
        assert token.clips_until_quiet(token.tap("6")) == [digit]
        assert token.emulator.screen().data != plain.data
    assert token.clips_until_quiet(token.tap("6")) == ["end"]
    assert token.clips_until_quiet(token.tap("5")) == list(shown[3:])
    assert token.clips_until_quiet(token.tap("4")) == [shown[4]]


@pytest.mark.clause("keys: own pace")
def test_own_pace_leaves_room_around_the_digit_that_it_marks(token):
    """Beside the dark block, on both sides, are light columns from its top to its bottom, and dark
    edges are around the digit in it: 3 pixels of 0.147 mm at least."""
    token.clips_until_quiet(token.tap("red"))
    token.clips_until_quiet(token.chord("2"))
    plain = ink(token.emulator.screen())
    for place in range(6):
        token.clips_until_quiet(token.tap("6"))
        shown = ink(token.emulator.screen())
        rows, columns = np.nonzero(shown != plain)  # the block without its digit, and the digit
        top, bottom, left, right = rows.min(), rows.max(), columns.min(), columns.max()
        block = shown[top : bottom + 1, left : right + 1]
        assert block[:3].all(), place
        assert block[-3:].all(), place
        assert block[:, :3].all(), place
        assert block[:, -3:].all(), place
        beside = shown[top : bottom + 1, [*range(left - 3, left), *range(right + 1, right + 4)]]
        assert not beside.any(), place


def ink(screen) -> np.ndarray:
    """Give the pixels of a display, rows by columns, ink 1."""
    of_ink = screen.ink_on_paper()
    return np.frombuffer(of_ink.data, np.uint8).reshape(of_ink.height, of_ink.width)


@pytest.mark.clause("keys: practice")
def test_practice_codes_have_five_digits_which_every_validator_refuses(token):
    token.clips_until_quiet(token.tap("red"))
    heard = token.clips_until_quiet(token.chord("*"))
    assert heard[0] == "practice"
    assert heard[-1] == "not_valid"
    code = "".join(heard[1:-1])
    assert len(code) == 5
    assert all(clip.isdigit() for clip in heard[1:-1])
    assert not CODES.verify(
        code, valid_window=100, for_time=datetime.fromtimestamp(token.emulator.now, UTC)
    )


@pytest.mark.clause("5.1.3.15", "speech: errors", "code: clock lost", "life: blocked")
@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        ("lost", ["clock_lost", "contact_issuer"]),
        ("blocked", ["blocked", "contact_issuer"]),
        ("empty", ["not_provisioned", "contact_issuer"]),
    ],
)
def test_clause_5_1_3_15_errors_say_what_to_do(token, fault, heard):
    if fault == "lost":
        token.emulator.remove_rtc_supply()
    else:
        session = token.connect()
        if fault == "blocked":
            session.block()
        else:
            session.remove_account("Bank")
        token.emulator.unplug()
        token.emulator.advance(1)
    assert token.clips_until_quiet(token.tap("red")) == heard
    assert "Spørg udstederen." in token.shown()


@pytest.mark.clause("life: provisioning")
def test_comparison_number_of_a_claim_is_shown_and_spoken(blank):
    heard = []
    blank.emulator.plug()
    assert blank.clips_until_quiet(0) == ["plugged_in", "battery", "charging"]
    began = blank.emulator.elapsed

    def compare(number: str) -> bool:
        heard.append((blank.clips_until_quiet(began), number))
        return number == digits(blank.emulator.screen_text()[1:2])

    blank.claim(compare)
    ((clips, number),) = heard
    assert clips == ["type", "compare", *number]


def test_white_on_black_is_a_setting(token):
    token.tap("red")
    plain = token.emulator.screen()
    token.connect().write_settings({"inverted": True})
    token.emulator.unplug()
    token.emulator.advance(70)
    token.tap("red")
    shown = token.emulator.screen()
    lit = sum(map(bool, shown.data)) / len(shown.data)
    assert (lit > 0.5) != (sum(map(bool, plain.data)) / len(plain.data) > 0.5)


@pytest.mark.clause("4.2.9")
@pytest.mark.parametrize("into", [1, 16], ids=["a fresh code", "the wait for one"])
def test_nothing_flashes(token, into):
    """WCAG 2.3.1: no more than three flashes within a second, here none at all.

    A flash is a pair of opposing changes of a quarter of the pixels.
    """
    emulator = token.emulator
    emulator.set_time(START - START % 30 + 7200 + into)
    token.tap("red")
    changed = []
    before = emulator.screen().data
    for _ in range(32 * 20):
        emulator.advance(0.05)
        now = emulator.screen().data  # a byte for each pixel, 0 or 1
        changed.append((int.from_bytes(now) ^ int.from_bytes(before)).bit_count() / len(now))
        before = now
    assert max(changed) < 1 / 4


@pytest.mark.clause("life: off")
def test_the_token_turns_off_a_minute_after_the_last_word(token):
    token.clips_until_quiet(token.tap("red"))
    token.emulator.advance(55)
    assert token.emulator.powered
    moment = token.emulator.elapsed
    token.emulator.advance(31)  # the code expires meanwhile, and turning off is said
    assert [clip.name for clip in token.clips(moment)][-1:] == ["turns_off"]
    assert not token.emulator.powered
    assert not token.emulator.display_on


@pytest.mark.parametrize("board", ["pico", "esp32_s3"])
def test_other_boards_speak_too(board, tmp_path):
    image = build_image("kodeoplaeser", board, production=True)
    with Emulator("kodeoplaeser", board, tmp_path / "token", image=image, time=START) as emulator:
        token = SpeakingToken(emulator)
        token.provision(totp())
        emulator.unplug()
        emulator.advance(61)
        pressed = token.tap("red")
        assert token.clips_until_quiet(pressed)[1] == "code"
