"""What is learnt of a token's clock: drift, and never somebody's slow typing."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.validator.drift import DOUBT_SET, TokenClock, believed, learnt, measured

DAY = 86400.0
PERIOD = 30
START = 1_800_000_000.0


def _use(
    ppm: float, delays: tuple[float, float], days_between: float, uses: int, seed: int = 1, base: float = 0.0
) -> tuple[int, float]:
    """Use a token whose clock is off by `ppm`; give the refused codes and the last believed offset."""
    draw = random.Random(seed)
    clock = TokenClock(0.0, START)
    refused, now = 0, START
    for _ in range(uses):
        now += DAY * days_between * draw.uniform(0.5, 1.5)
        taken = now - draw.uniform(*delays)
        step = int((taken + base + (taken - START) * ppm * 1e-6) // PERIOD)
        expected = int((now + believed(clock, now)) // PERIOD)
        if abs(step - expected) > 1:
            refused += 1
        else:
            clock = learnt(clock, now, step, PERIOD)
    return refused, believed(clock, now)


@given(st.floats(0, 5), st.integers(0, 1000))
def test_prompt_typing_teaches_nothing(delay: float, seed: int):
    assert _use(0, (0, delay), 1, 60, seed) == (0, 0.0)


@given(st.floats(5, 15), st.integers(0, 1000))
def test_typing_delays_up_to_half_a_period_teach_next_to_nothing(delay: float, seed: int):
    refused, offset = _use(0, (delay, delay), 1, 60, seed)
    assert refused == 0
    assert 5 - delay - 1 <= offset <= 0  # the seconds beyond P/6; arrival is kept in whole seconds


@given(st.floats(15, 29), st.integers(0, 1000))
def test_slower_typing_never_gets_a_right_clock_refused(delay: float, seed: int):
    refused, offset = _use(0, (delay / 2, delay), 1, 120, seed)
    assert refused == 0
    assert -PERIOD / 2 <= offset <= 0


@pytest.mark.parametrize("ppm", [-20, -5, 5, 20])
@pytest.mark.parametrize("days", [0.5, 1])
def test_a_plain_crystal_used_daily_is_followed_for_years(ppm: float, days: float):
    uses = int(3 * 365 / days)
    refused, offset = _use(ppm, (4, 16), days, uses)
    assert refused <= uses / 200
    assert offset == pytest.approx(3 * 365 * DAY * ppm * 1e-6, abs=PERIOD)


@pytest.mark.parametrize(("ppm", "days"), [(-5, 3), (5, 3), (-2, 7), (2, 7), (3.5, 7)])
def test_a_compensated_clock_used_now_and_then_is_followed_for_years(ppm: float, days: float):
    uses = int(3 * 365 / days)
    assert _use(ppm, (4, 16), days, uses)[0] <= uses / 100


def test_one_early_code_is_proof_that_the_clock_is_ahead():
    now = START + 30 * DAY
    clock = learnt(TokenClock(0.0, START), now, int((now + 35) // PERIOD), PERIOD)
    assert 0 < believed(clock, now) <= 35


@pytest.mark.parametrize("days_between", [1, 30, 400, 1100])
def test_an_early_code_right_after_the_setting_is_no_rate_for_the_years_after(days_between: float):
    clock = learnt(TokenClock(0.0, START), START + 33, int((START + 33) // PERIOD) + 1, PERIOD)
    now = START
    for _ in range(4):
        now += days_between * DAY
        assert abs(believed(clock, now)) < PERIOD / 2
        clock = learnt(clock, now, int((now - 5) // PERIOD), PERIOD)


@given(st.floats(15, 25), st.integers(0, 1000))
def test_slow_typing_teaches_seconds_even_when_months_pass_between(delay: float, seed: int):
    draw = random.Random(seed)
    clock, now, refused = TokenClock(0.0, START), START, 0
    for _ in range(60):
        now += DAY * draw.choice((1, 2, 3, 3, 300)) * draw.uniform(0.5, 1.5)
        assert -2 * PERIOD < believed(clock, now) <= 0
        taken = now - delay * draw.uniform(0.7, 1.3)
        if abs(int(taken // PERIOD) - int((now + believed(clock, now)) // PERIOD)) <= 1:
            clock = learnt(clock, now, int(taken // PERIOD), PERIOD)
        else:
            refused += 1
    assert refused <= 3  # of 60; measured: 25 of 180,000


def test_one_late_code_is_no_proof_at_all():
    now = START + 30 * DAY
    clock = learnt(TokenClock(0.0, START), now, int((now - 35) // PERIOD), PERIOD)
    assert believed(clock, now) == 0


@given(st.lists(st.tuples(st.floats(1, 400), st.integers(-100, 100)), min_size=1, max_size=40))
def test_nothing_is_believed_that_no_crystal_could_do(uses: list[tuple[float, int]]):
    clock, now = TokenClock(0.0, START), START
    for days, steps in uses:
        now += days * DAY
        clock = learnt(clock, now, int(now // PERIOD) + steps, PERIOD)
        assert abs(believed(clock, now)) <= 50e-6 * (now - START) + 1e-6


def test_a_measured_clock_starts_from_what_was_seen():
    clock = measured(START, int((START + 300) // PERIOD), PERIOD)
    assert believed(clock, START) == pytest.approx(300, abs=PERIOD / 2)
    assert clock.doubt > DOUBT_SET
