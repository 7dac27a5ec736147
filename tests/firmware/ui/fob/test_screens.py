"""Every screen in both languages, drawn on the VM: nothing is cut off, nothing overlaps."""

from datetime import UTC, datetime
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.products.kodeviser import PRODUCT
from firmware.protocol.messages import MAX_TIME, MIN_TIME
from tests.support.runtime import MicroPython, Runtime

# The screens need framebuf, which only a MicroPython VM has.
pytestmark = [
    pytest.mark.parametrize("runtime", [MicroPython], ids=["micropython"], indirect=True),
    pytest.mark.parametrize("language", PRODUCT["languages"]),
]

SCREENS = "tests.firmware.ui.fob.vm_screens"
WIDTH, HEIGHT = 128, 64
LONG_NAME = "Ålborg Kommunes økonomiafdeling"
Drawn = tuple[bytes, list[tuple[str, int, int, int, int]]]


def assert_tidy(drawn: Drawn) -> None:
    """Check that all is on the display, and that a dark pixel separates text from rules, frames and
    other lines."""
    _, boxes = drawn
    assert boxes
    for box in boxes:
        assert box[1] >= 0, box
        assert box[2] >= 0, box
        assert box[3] <= WIDTH, box
        assert box[4] <= HEIGHT, box
    for one, other in combinations([box for box in boxes if box[0] != "fill"], 2):
        if one[0] == other[0] == "ink" and (one[2] < other[4] and other[2] < one[4]):
            continue  # neighbours in a line; the font spaces them
        apart_x = one[3] < other[1] or other[3] < one[1]
        apart_y = one[4] < other[2] or other[4] < one[2]
        assert apart_x or apart_y, (one, other)


def test_messages_are_tidy(runtime: Runtime, language: str):
    keys = runtime.call(SCREENS, "message_keys", language)
    assert set(keys) == {
        "not_provisioned",
        "blocked",
        "damaged",
        "storage_failed",
        "clock_lost",
        "clock_absent",
    }
    for key in keys:
        assert_tidy(runtime.call(SCREENS, "message", language, key))


def test_comparison_number_is_tidy(runtime: Runtime, language: str):
    assert_tidy(runtime.call(SCREENS, "comparison", language))


@pytest.mark.parametrize("board", ["pico", "pico2", "esp32_s3"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lost": True},
        {"now": None},
        {"millivolts": None},
        {"millivolts": 3000, "development": False},
        {"millivolts": 3000, "charging": True},
    ],
    ids=["good", "clock lost", "clock absent", "no battery", "battery low", "charging"],
)
def test_information_pages_are_tidy(runtime: Runtime, language: str, board: str, options: dict):
    for number in range(4):
        page, more = runtime.call(SCREENS, "info", language, options | {"board": board}, number)
        assert_tidy(page)
        assert more is (number < 3)


@pytest.mark.parametrize("code", ["888888", "444444", "8888888", "88888888"])
@pytest.mark.parametrize("expired", [False, True], ids=["running", "expired"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"millivolts": 3000},
        {"names": ("Jjgy", "2")},
        {"names": (LONG_NAME, "2"), "millivolts": 3000},
        {"kind": "hotp", "names": (LONG_NAME, "2")},
    ],
    ids=["one account", "battery low", "descenders", "long name", "hotp"],
)
def test_code_is_tidy(runtime: Runtime, language: str, code: str, expired: bool, options: dict):
    assert_tidy(runtime.call(SCREENS, "code", language, code, options, expired))


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"names": ()}, "not_provisioned"),
        ({"names": (), "state": "blank"}, "not_provisioned"),
        ({"names": (), "state": "wiped"}, "not_provisioned"),
        ({"state": "blocked"}, "blocked"),
        ({"names": (), "state": "damaged"}, "damaged"),
        ({"lost": True}, "clock_lost"),
        ({"set_at": 1_790_000_001}, "clock_lost"),
        ({"now": None}, "clock_absent"),
    ],
    ids=[
        "no account",
        "blank",
        "wiped",
        "blocked",
        "damaged",
        "clock lost",
        "clock before its setting",
        "no clock",
    ],
)
def test_a_failure_is_shown_instead_of_a_code(
    runtime: Runtime, language: str, options: dict, key: str
):
    pixels, messages = runtime.call(SCREENS, "opened", language, options)
    assert pixels == messages[key]


def test_a_good_token_opens_a_code(runtime: Runtime, language: str):
    pixels, messages = runtime.call(SCREENS, "opened", language, {"set_at": 1_790_000_000})
    assert pixels not in messages.values()


def test_bar_ends_with_the_period_and_a_word_takes_its_place(runtime: Runtime, language: str):
    running = runtime.call(SCREENS, "code", language, "123456", {}, False)[1]
    expired = runtime.call(SCREENS, "code", language, "123456", {}, True)[1]
    frame, fill = running[-2:]
    assert frame == ("frame", 0, 56, WIDTH, HEIGHT)
    assert fill[3] - fill[1] == (WIDTH - 4) * 20 // 30
    frame, fill = expired[-2:]
    assert frame[3] > WIDTH // 2
    assert fill[3] == fill[1]
    assert [box for box in expired if box[0] == "ink" and box[1] > frame[3]]


@pytest.mark.parametrize("digits", [6, 7, 8])
@pytest.mark.parametrize("names", [("",), (LONG_NAME, "2")], ids=["one account", "two"])
def test_a_late_code_has_a_flashing_bar_and_a_mark(
    runtime: Runtime, language: str, names: tuple, digits: int
):
    (_, calm), refresh = runtime.call(SCREENS, "at_left", language, 8001, names, digits)
    assert refresh == 1000
    assert calm[-2] == ("frame", 0, 56, WIDTH, HEIGHT)
    fills = []
    for left in range(8000, 0, -500):
        drawn, refresh = runtime.call(SCREENS, "at_left", language, left, names, digits)
        assert_tidy(drawn)
        assert refresh == 500, "one flash a second"
        mark, frame, fill = drawn[1][-3:]
        assert mark == ("ink", WIDTH - 8, 56, WIDTH - 1, HEIGHT), "an hourglass"
        assert frame == ("frame", 0, 56, WIDTH - 12, HEIGHT)
        fills.append(fill[3] - fill[1])
    assert all((width > 0) is (at % 2 == 0) for at, width in enumerate(fills[:12]))


@pytest.mark.parametrize("names", [("",), ("a", "b")], ids=["one account", "two"])
def test_a_press_soon_after_a_late_code_gives_the_next_one(
    runtime: Runtime, language: str, names: tuple
):
    shown = runtime.call(SCREENS, "pressed_at", 7, 2900, names, True)
    assert shown[:3] == ["CodeScreen", "NextCode", True], "a third press goes back to the late one"
    assert 4000 <= shown[3] <= 4200, "at the end of the period"
    assert shown[4:] == ["CodeScreen", 30]
    later = "CodeScreen" if len(names) > 1 else None
    assert runtime.call(SCREENS, "pressed_at", 7, 3100, names, False) == ["CodeScreen", later]
    assert runtime.call(SCREENS, "pressed_at", 8, 1000, names, False) == ["CodeScreen", later]


@pytest.mark.parametrize("left", [1, 4000, 7999])
def test_the_wait_for_the_next_code_is_tidy(runtime: Runtime, language: str, left: int):
    assert_tidy(runtime.call(SCREENS, "next_code", language, left))


@given(text=st.text("Få uret stillet hos udstederen.", max_size=120))
def test_wrapping_keeps_every_word_and_the_room(runtime: Runtime, language: str, text: str):
    lines = runtime.call(SCREENS, "wrapped", text, 126)
    assert "".join(line for line, _ in lines).replace(" ", "") == text.replace(" ", "")
    assert all(width <= 126 for _, width in lines)
    whole = " ".join(line for line, _ in lines).split()
    for word in text.split():
        assert word in whole or len(runtime.call(SCREENS, "wrapped", word, 126)) > 1


def test_long_name_is_shortened_and_a_short_one_is_not(runtime: Runtime, language: str):
    name, width = runtime.call(SCREENS, "shortened", LONG_NAME, 100)
    assert name.endswith("...")
    assert LONG_NAME.startswith(name[:-3])
    assert 80 < width <= 100
    assert runtime.call(SCREENS, "shortened", "Arbejde", 100)[0] == "Arbejde"


@given(times=st.lists(st.integers(MIN_TIME, MAX_TIME), min_size=20, max_size=20))
def test_dates_match_the_calendar(runtime: Runtime, language: str, times: list[int]):
    times += [MIN_TIME, MAX_TIME, 951782400, 4107542400, 4107542399]
    expected = [f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%d %H:%M}" for unix in times]
    assert runtime.call(SCREENS, "dates", times) == expected
