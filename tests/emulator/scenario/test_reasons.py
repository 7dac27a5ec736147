"""Why a step cannot be done: by a name that every language has, never in passing words."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest

import emulator.scenario
from emulator.scenario import sound_steps
from emulator.scenario.reasons import SENTENCES
from emulator.scenario.runner import ScenarioError, StepError
from emulator.scenario.scenario import parse, play_file
from emulator.session import Emulator
from tests.support.emulated.images import PANEL

Token = Callable[..., Emulator]
SECRET = "JBSWY3DPEHPK3PXP" * 2
END = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("line", "name", "told"),
    [
        ("dance", "no-step", "This is no step"),
        ("screenshot a\0b", "no-step", "This is no step"),
        ("wait -3 s", "backwards", "Time does not run backwards."),
        ("hold 11 min", "too-long", "That is longer than 600 s."),
        ("set time yesterday", "no-time", "yesterday is no time such as 2031-01-02T03:04:05Z."),
        ("set time 2031-13-02T00:00:00Z", "no-time", "2031-13-02T00:00:00Z is no time"),
        ("set clock 2031-01-02T03:04:05", "no-zone", "Say the time zone"),
        (
            "set clock 2100-01-01T00:00:01Z",
            "time-outside",
            "2100-01-01T00:00:01Z is not from 2000-01-01T00:00:00Z to 2100-01-01T00:00:00Z.",
        ),
        ("drift 501 ppm", "outside", "501 is not from -500 to 500."),
        ("battery " + 5000 * "9" + " mV", "outside", "is not from 0 to 5000."),
        ("cut power at operation 0", "outside", "0 is not from 1 to 1000000."),
        ("cut power at operation " + 5000 * "9", "outside", "is not from 1 to 1000000."),
    ],
)
def test_a_line_that_is_no_step_says_why_by_name(line: str, name: str, told: str) -> None:
    with pytest.raises(StepError) as error:
        parse(line)
    assert (error.value.line, error.value.text, error.value.reason.name) == (1, line, name)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (None, "file"),
        ("0189" * 8, "no-secret"),
        (SECRET[:16], "no-secret"),
        ("otpauth://totp/Bank:anna?secret=" + SECRET + "&digits=six", "no-secret"),
        ("otpauth://totp/Bank:anna?secret=" + SECRET + "&period=0", "no-secret"),
        (b"\xff\xfe", "no-secret"),
        (pyotp.HOTP(SECRET).provisioning_uri(), "no-totp"),
        (SECRET, "other-code"),
    ],
)
def test_a_secret_that_cannot_be_used_says_why_by_name(
    token: Token, tmp_path: Path, content: str | bytes | None, name: str
) -> None:
    if content is not None:
        given = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "secret").write_bytes(given)
    with pytest.raises(ScenarioError) as error:
        _play(token(PANEL), tmp_path, "press\nexpect code from secret")
    assert error.value.reason.name == name
    assert isinstance(error.value, StepError) == (name != "other-code")


def test_a_code_of_either_of_two_periods_is_told_with_both(token: Token, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    steps = "set time 2031-01-02T03:04:29.75Z\npress\nexpect code from secret"
    with pytest.raises(ScenarioError, match=r"was \d{6} or \d{6}\."):
        _play(token(PANEL), tmp_path, steps)


@pytest.mark.parametrize(("step", "seconds"), [("wait 3660 d", 3660 * 86_400), ("hold 10 s", 10)])
def test_no_time_passes_that_no_clock_of_a_token_shows(
    token: Token, tmp_path: Path, step: str, seconds: int
) -> None:
    emulator = token(PANEL, time=END - seconds)
    _play(emulator, tmp_path, step)
    emulator.set_time(END - seconds + 0.5)
    before = emulator.elapsed
    with pytest.raises(StepError) as error:
        _play(emulator, tmp_path, step)
    assert str(error.value).endswith("2100-01-01T00:00:00Z, the latest time possible.")
    assert error.value.reason.name == "past-end"
    assert emulator.elapsed == before, "it is refused before the time passes"


def test_every_reason_that_is_given_has_a_sentence_and_none_is_without_use() -> None:
    folder = Path(next(iter(emulator.scenario.__path__)))
    sources = "".join(path.read_text() for path in folder.glob("*.py"))
    named = re.findall(r'(?:UnmetError|UndoableError|Reason)\(\s*"([a-z-]+[a-z])"', sources)
    chosen = re.findall(r'"(text-there)" if absent else "(text-absent)"', sources)
    parts = {"no-" + part for _, _, part in sound_steps.STEPS}
    assert {*named, *chosen[0], *parts} == set(SENTENCES)


def _play(token: Emulator, folder: Path, text: str) -> None:
    path = folder / "test.scenario"
    path.write_text(text)
    play_file(token, path)
