"""`qa soak`'s listeners who type: what waiting for a fresh period is worth, and whether the model
waits when the firmware does."""

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.qa.soak import typist
from host_tools.qa.soak.typist import AFTER, BEFORE, SPEEDS, Custom, simulate, wait
from tests.support.runtime import CPython

DRIVER = "tests.firmware.ui.speaking.vm_keys"
LOGINS = 250


def accepted(custom: Custom, speed: int, typing: int) -> float:
    found = simulate(custom, speed, typing, LOGINS, 1)
    return found.first_accepted / found.first_tries


@pytest.mark.parametrize("speed", SPEEDS)
def test_typing_for_45_s_is_accepted_with_a_period_of_60_s(speed: int):
    custom = AFTER[1]
    found = simulate(custom, speed, 45, LOGINS, 1)
    assert found.first_accepted / found.first_tries >= 0.995
    assert found.locks == 0


def test_a_token_that_waits_is_accepted_more_often():
    before, after = BEFORE[0], AFTER[0]
    assert before.period == after.period == 30
    assert accepted(before, 3, 35) < 0.75
    assert accepted(after, 3, 35) > 0.99


def test_who_is_refused_too_often_is_locked_out():
    assert simulate(BEFORE[0], 1, 50, LOGINS, 1).locks > LOGINS // 4


def test_the_same_seed_gives_the_same_figures():
    first, second, other = (simulate(AFTER[0], 3, 35, 40, seed) for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_the_model_waits_when_the_firmware_does():
    runtime = CPython()
    for left in range(1, 31):
        facts = runtime.call(DRIVER, "pressed_with_left", left)
        waits = wait(AFTER[0], 3, left) > 0
        assert (facts["screen"] == "fresh_period") is waits, left


def test_the_command_tells_of_typists_in_words(capsys: pytest.CaptureFixture[str]):
    arguments = ["qa", "soak", "--tokens", "1", "--years", "0.1", "--seed", "1", "--firmware", "0"]
    assert main([*arguments, "--typists", "1"]) == ExitCode.OK
    told = capsys.readouterr().out
    assert "Period 60 s, a token that waits when less than the speech and 12 s are left:" in told
    assert sum("typing 45 s: " in line for line in told.splitlines()) == len(BEFORE + AFTER)
    assert main([*arguments, "--typists", "0"]) == ExitCode.OK
    assert "Period" not in capsys.readouterr().out


def test_every_cell_is_simulated():
    cells = list(typist.all_typists(1, 1))
    assert len(cells) == len(BEFORE + AFTER) * len(SPEEDS) * len(typist.TYPING)
