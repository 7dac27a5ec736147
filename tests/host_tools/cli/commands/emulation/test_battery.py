"""kodebrik battery: how long a cell lasts."""

import json
import re

import pytest

from host_tools.cli import main
from host_tools.cli.commands.emulation import battery
from host_tools.errors import ExitCode


def _told(capsys: pytest.CaptureFixture, *arguments: str) -> dict:
    assert main(["battery", "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_years_follow_from_the_shares(capsys):
    told = _told(capsys, "--presses", "4/day")
    assert told["on_s_a_press"] == pytest.approx(30, abs=0.5)
    a_day = sum(part["day_mah"] for part in told["parts"])
    assert told["years"] == pytest.approx(500 * 0.9 / a_day / 365.25, rel=1e-3)
    assert sum(part["share"] for part in told["parts"]) == pytest.approx(1, abs=1e-3)
    assert told["parts"] == sorted(told["parts"], key=lambda part: -part["day_mah"])
    presses = sum(part["press_mah"] for part in told["parts"])
    assert told["press_mah"] == pytest.approx(presses, rel=1e-3)
    rare = _told(capsys, "--presses", "1/week")
    assert rare["press_mah"] == told["press_mah"], "the same presses, the same figures"
    assert rare["years"] > 2 * told["years"]


def test_the_lines_say_the_same_in_both_languages(capsys):
    assert main(["battery", "--presses", "28/week"]) == 0
    english = capsys.readouterr().out
    assert main(["--lang", "da", "battery", "--presses", "4/day"]) == 0
    danish = capsys.readouterr().out
    years = re.search(r"4 presses a day: (\d\.\d\d) years", english)[1]
    assert f"4 tryk om dagen: {years.replace('.', ',')} år" in danish
    assert "CR1220" in english
    assert "Mikrocontroller" in danish


@pytest.mark.parametrize("presses", ["4", "0/day", "four/day", "4/hour", "-1/day", "10001/day"])
def test_presses_that_are_none_are_refused(presses, capsys):
    assert main(["battery", "--presses", presses, "--json"]) == ExitCode.USAGE
    assert json.loads(capsys.readouterr().out)["id"] == "battery-presses"


def test_every_part_that_takes_charge_has_its_line(capsys):
    assert main(["battery", "--product", "kodeoplaeser", "--board", "pico2"]) == 0
    lines = capsys.readouterr().out
    for name in ("Headphone amplifier", "Amplifier and loudspeaker", "Display", "Clock", "Board"):
        assert f"\n{name}" in lines


@pytest.mark.parametrize(
    ("asked", "told", "danish"),
    [
        ("4/day", "4 presses a day", "4 tryk om dagen"),
        ("28/week", "4 presses a day", "4 tryk om dagen"),
        ("7/week", "1 press a day", "1 tryk om dagen"),
        ("1/week", "1 press a week", "1 tryk om ugen"),
        ("1/month", "1 press a month", "1 tryk om måneden"),
        ("10/week", "1.42857 presses a day", "1,42857 tryk om dagen"),
        ("0.5/month", "0.5 presses a month", "0,5 tryk om måneden"),
    ],
)
def test_how_often_it_is_pressed_is_said_in_a_number_that_people_read(asked, told, danish):
    said = battery.often(battery._a_day(asked))
    assert said == told
    assert said.text("da") == danish
