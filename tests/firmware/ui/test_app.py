"""The App when parts fail or the host changes what is shown.

Presses are tested on the whole token.
"""

import pytest

from firmware.modules import COLLECT_EVERY
from tests.support.runtime import MicroPython, Runtime

pytestmark = pytest.mark.parametrize("runtime", [MicroPython], ids=["micropython"], indirect=True)

APP = "tests.firmware.ui.vm_app"


def test_the_frame_is_sent_before_the_panel_lights_and_the_power_goes_last(runtime: Runtime):
    assert runtime.call(APP, "on_and_off") == [*("hold", "hide", "show", "on", "off", "release")]


def test_a_display_that_stops_answering_is_a_fault_and_the_token_works_on(runtime: Runtime):
    assert runtime.call(APP, "display_lost") == (["display"], True, True)


def test_a_display_that_answers_again_is_set_up_anew_and_shows_the_code(runtime: Runtime):
    calls, faults = runtime.call(APP, "display_back")
    assert calls == ["flip False", "contrast 128", "show", "on"]
    assert faults == []


def test_a_key_that_wakes_the_token_is_answered_before_garbage_is_collected(runtime: Runtime):
    assert runtime.call(APP, "thresholds") == [-1, COLLECT_EVERY, COLLECT_EVERY]


def test_a_code_is_never_drawn_over_another_that_is_visible(runtime: Runtime):
    assert runtime.call(APP, "next_code") == ["hide", "show", "on"]


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        ("nothing", True),
        ("remove", False),
        ("remove the other", False),
        ("block", False),
        ("wipe", False),
    ],
)
def test_a_code_goes_with_its_account(runtime: Runtime, change: str, stands: bool):
    assert runtime.call(APP, "after_change", change) is stands


def test_settings_act_at_once(runtime: Runtime):
    calls = runtime.call(APP, "settings", {"flip": True, "brightness": 5, "language": "en"})
    assert calls == ["flip True", "contrast 255", "show"]


def test_comparison_number_goes_once_the_token_has_a_key(runtime: Runtime):
    assert runtime.call(APP, "comparison") == (True, True)


def test_info_of_a_good_token(runtime: Runtime):
    info = runtime.call(APP, "info", False)
    assert {name: info[name] for name in ("battery_mv", "clock_lost", "temperature")} == {
        "battery_mv": 3900,
        "clock_lost": False,
        "temperature": 2100,
    }
    assert info["heap_free"] > 10_000
    assert info["flash_free"] > 0
    assert info["unique_id"] == bytes(range(1, 9))


def test_info_with_a_silent_clock(runtime: Runtime):
    info = runtime.call(APP, "info", True)
    assert info["clock_lost"] is True
    assert info["temperature"] is None


@pytest.mark.parametrize("broken", ["", "display", "clock", "button", "flash"])
def test_selftest_names_the_broken_part(runtime: Runtime, broken: str):
    parts = ("display", "clock", "button", "battery", "flash")
    assert runtime.call(APP, "selftest", broken) == {part: part != broken for part in parts}
