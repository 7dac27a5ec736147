"""A token that is served keeps the host's time over hours, however late the machine looks at it and
however often keys are pressed. Real time is a counter here: nothing waits."""

from collections.abc import Callable
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


def test_time_passes_at_the_rate_that_is_set(token: Token, host: Host) -> None:
    emulator = token(PANEL)
    began, passed = host.now, []
    rates = iter([(10, 60.0), (20, 0.0), (30, 1.0)])
    due, rate = next(rates)

    def between() -> None:
        nonlocal due, rate
        if host.now - began >= due:
            emulator.rate = rate
            passed.append((host.now - began, emulator.elapsed))
            due, rate = next(rates, (1_000_000, 0.0))

    host.between = between
    emulator.serve(lambda: host.now - began >= 40)
    passed.append((host.now - began, emulator.elapsed))
    spans = [
        (later[0] - first[0], later[1] - first[1])
        for first, later in zip([(0.0, 0.0), *passed], passed, strict=False)
    ]
    for (real, virtual), at in zip(spans, (1, 60, 0, 1), strict=True):
        # What the last look at the token was late by counts at the old rate.
        assert virtual == pytest.approx(at * real, abs=60 * (0.3 + ALLOWED)), (at, spans)
    assert spans[2][1] <= 60 * (0.3 + ALLOWED)
    assert spans[3][1] == pytest.approx(spans[3][0], abs=2 * (0.3 + ALLOWED))
