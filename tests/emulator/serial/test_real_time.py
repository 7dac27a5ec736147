"""A token that is served keeps the host's time over hours, however late the machine looks at it and
however often keys are pressed. Real time is a counter here: nothing waits."""

from collections.abc import Callable
from itertools import pairwise
from random import Random
from types import SimpleNamespace

import pytest

from emulator.session import NEW_TOKEN_TIME, Emulator
from tests.support.emulated.images import PANEL

Token = Callable[..., Emulator]

MINUTES = 81
ALLOWED = 0.05  # seconds


class Host:
    """The host's monotonic clock, in seconds. It goes on while the server computes and waits, and
    the server is woken late by up to `late` seconds. `between` is called while it waits."""

    def __init__(self, late: float) -> None:
        self.now, self.between = 1_000.0, lambda: None
        self._late, self._random = late, Random(81)

    def monotonic(self) -> float:
        self.now += 0.0001 * self._random.random()
        return self.now

    def select(
        self, waits: list[int], _writes: object, _errors: object, timeout: float
    ) -> tuple[list[int], list[int], list[int]]:
        self.between()
        self.now += timeout + self._late * self._random.random()
        return [], [], []


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    host = Host(late=0.3)
    monkeypatch.setattr("emulator.serial.server.monotonic", host.monotonic)
    monkeypatch.setattr("emulator.serial.server.select", SimpleNamespace(select=host.select))
    return host


def test_the_clock_of_a_token_in_use_is_the_hosts_after_81_minutes(
    token: Token, host: Host
) -> None:
    """Measured +837 ms once: each key press ran the token ahead by the time of its bouncing, and
    that was never made up for."""
    emulator = token(PANEL)
    emulator.set_rtc(NEW_TOKEN_TIME)
    began, presses, errors = host.now, [0], []

    def between() -> None:
        """Press the button every 20 s, and note the clock's error just before the next press."""
        at = host.now - began
        if at >= 20 * (presses[0] + 1):
            errors.append(emulator.rtc_time - NEW_TOKEN_TIME - at)
            presses[0] += 1
            emulator.press()

    host.between = between
    emulator.serve(lambda: host.now - began >= 60 * MINUTES)
    at = host.now - began
    assert presses[0] >= 3 * MINUTES - 3, "the token was in use all the time"
    assert max(map(abs, errors)) <= ALLOWED, "at no press is the clock off"
    assert abs(emulator.rtc_time - NEW_TOKEN_TIME - at) <= 0.3 + ALLOWED


def test_what_the_token_is_told_to_let_pass_is_not_waited_for(token: Token, host: Host) -> None:
    emulator = token(PANEL)
    began = host.now
    leaps = iter([3600.0])

    def between() -> None:
        for seconds in leaps:
            emulator.advance(seconds)

    host.between = between
    emulator.serve(lambda: host.now - began >= 10)
    assert emulator.elapsed - 3600 == pytest.approx(host.now - began, abs=0.3 + ALLOWED)


def test_time_between_two_servings_counts_for_a_token_that_follows_real_time(
    token: Token, host: Host
) -> None:
    emulator = token(PANEL)
    began = host.now
    emulator.follow(began)
    host.now += 2.5  # the program starts slowly
    emulator.serve(lambda: host.now - began >= 5)
    host.now += 60
    emulator.serve(lambda: host.now - began >= 70)
    assert emulator.elapsed == pytest.approx(host.now - began, abs=0.3 + ALLOWED)
    alone = token(PANEL, "alone")
    alone.serve(lambda: host.now - began >= 80)
    host.now += 60
    assert alone.elapsed < 15, "without it the token stands still meanwhile"


@pytest.mark.parametrize("late", [0.0, 0.3])
def test_time_passes_at_the_rate_that_is_set(token: Token, host: Host, late: float) -> None:
    """Faster than real time it never runs after what it is too late by."""
    host._late = late
    emulator = token(PANEL)
    began = host.now
    marks = [(began, 0.0, 1.0)]  # real, virtual, the rate from there on

    def between() -> None:
        due = [(10, 60.0), (20, 0.0), (30, 1.0), (40, 1.0)]
        at, rate = due[min(len(marks), len(due)) - 1]
        if host.now - began >= at:
            emulator.rate = rate
            marks.append((host.now, emulator.elapsed, rate))

    host.between = between
    emulator.serve(lambda: len(marks) == 5)
    for (real, virtual, rate), (end, after, _) in pairwise(marks):
        passed, allowed = after - virtual, rate * (late + 2 * ALLOWED)
        most = rate * (end - real)
        assert passed <= most + ALLOWED, rate
        assert passed >= (most - allowed if late == 0 or rate <= 1 else most / 8), rate
