"""The scenario language: its steps, its error messages, and that a recording plays back equally."""

from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest

from emulator.keys import RED
from emulator.scenario.recorder import Recorder
from emulator.scenario.runner import ScenarioError, StepError
from emulator.scenario.scenario import parse, play_file
from emulator.session import Emulator
from tests.support.emulated.images import PANEL

Token = Callable[..., Emulator]

EVERYTHING = """
# a comment
set time 2031-01-02T03:04:05Z   # another
set clock 2031-01-02T03:04:07+00:00
press
PRESS 350 ms
hold 7 s
button down
wait 1.5 s
button up
wait 2 min
drift -3.5 ppm
temperature -5 C
battery 3400 mV
plug
reset
unplug
remove clock supply
cut power at operation 12 torn
cut power
expect dark
expect no text "anything # at all"
screenshot shot.png
"""


def play(emulator: Emulator, folder: Path, text: str) -> None:
    path = folder / "test.scenario"
    path.write_text(text)
    play_file(emulator, path)


def test_every_step_has_its_effect(token: Token, tmp_path: Path) -> None:
    emulator = token(PANEL)
    play(emulator, tmp_path, EVERYTHING)
    assert emulator.rtc_drift_ppm == -3.5
    assert emulator.temperature == -5
    assert emulator.battery_mv == 3400
    assert (tmp_path / "shot.png").read_bytes().startswith(b"\x89PNG")
    assert emulator.now > 1_925_089_445 + 7 + 1.5 + 120


@pytest.mark.parametrize(
    "line",
    [
        "dance",
        "press hard",
        "wait",
        "wait 3",
        "wait -3 s",
        "wait 3 weeks",
        "set time 2031-01-02T03:04:05",
        "set time yesterday",
        "set time 2031-13-02T00:00:00Z",
        "battery 3.4 V",
        "expect text unquoted",
        'expect text "unfinished',
        "cut power at operation twelve",
        "drift 3.5",
        "drift 501 ppm",
        "temperature 85.5 C",
        "battery 5001 mV",
        "set time 1999-12-31T23:59:59Z",
        "set clock 2100-01-01T00:00:01Z",
        "wait 3661 d",
        "wait 99999999999999999999 d",
        "hold 11 min",
    ],
)
def test_an_invalid_line_is_named(line: str) -> None:
    with pytest.raises(ScenarioError, match=r"^line 3: "):
        parse(f"press\n# fine\n{line}\npress\n")


def test_a_failed_expectation_gives_line_screen_and_picture(token: Token, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as failure:
        play(token(PANEL), tmp_path, 'press\npress\n\nexpect text "123 456"\n')
    assert str(failure.value).startswith('line 4: expect text "123 456"')
    assert "The screen is dark or shows no text." in str(failure.value)
    assert str(tmp_path / "line-4.png") in str(failure.value)
    assert (tmp_path / "line-4.png").exists()


def test_expecting_dark_fails_on_a_lit_screen(token: Token, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="line 3: expect dark\n  The display is not dark"):
        play(token(PANEL), tmp_path, "press\npress\nexpect dark")


def test_a_missing_secret_file_is_named(token: Token, tmp_path: Path) -> None:
    with pytest.raises(StepError, match=r"(?s)line 1: expect code from gone.*gone"):
        play(token(PANEL), tmp_path, "expect code from gone")


def test_a_code_is_expected_of_the_moment_of_the_press(
    token: Token, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = pyotp.random_base32()
    (tmp_path / "secret").write_text(pyotp.TOTP(secret, digits=8, name="test").provisioning_uri())
    code = pyotp.TOTP(secret, digits=8).at(1_925_089_445)
    emulator = token(PANEL)
    monkeypatch.setattr(
        emulator, "screen_text", lambda rotated=False: [] if rotated else [f"{code[:4]} {code[4:]}"]
    )
    steps = (
        "set time 2031-01-02T03:04:05Z\npress\nwait 2 min\nexpect code from secret file secret\n"
    )
    play(emulator, tmp_path, steps)
    with pytest.raises(ScenarioError, match="line 6: expect code"):
        play(emulator, tmp_path, steps + "press\nexpect code from secret\n")


def test_a_recording_plays_back_to_the_same_pixels(token: Token, tmp_path: Path) -> None:
    live = token(PANEL, "live")
    recorder = Recorder(live)
    recorder.key_down(RED)
    live.advance(0.1234567)
    recorder.key_up(RED)
    live.serve(0.2)  # some real time, as in the emulator's window
    recorder.plug()
    live.advance(0.3)
    recorder.key_down(RED)
    live.advance(0.05)
    recorder.key_up(RED)
    recorder.unplug()
    replayed = token(PANEL, "replayed", time=5)
    play(replayed, tmp_path, recorder.text())
    assert replayed.screen() == live.screen()
    assert replayed.display_on
    assert replayed.clock.now == live.clock.now
    assert replayed.now == live.now
