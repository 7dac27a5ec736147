"""The estimate of a token's clock offset: it follows drift and never slow typing; and how far
around it codes are searched."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from host_tools.validator.records import GENERIC_PPM
from host_tools.validator.rule.drift import (
    MAX_OBSERVATIONS,
    MAX_REACH,
    UNCERTAINTY_SET,
    TokenClock,
    estimated_offset,
    reach,
    resynchronised_clock,
    with_observation,
)

DAY = 86400.0
PERIOD = 30
START = 1_800_000_000.0
DS3231_PPM = 5.0
PPMS = st.sampled_from([0.0, DS3231_PPM, GENERIC_PPM])
GAPS = st.lists(st.floats(0.001, 400), min_size=1, max_size=40)  # days


class SimulatedUse:
    """A token's clock with a constant rate error, logins with it, and the server's estimate, with a
    plain copy of the window's rule."""

    def __init__(self, error_ppm: float, ppm: float) -> None:
        self.rate, self.now = error_ppm * 1e-6, START
        self.clock = TokenClock(0.0, START, ppm=ppm)
        self.refused = self.steps = 0

    @property
    def offset(self) -> float:
        return (self.now - START) * self.rate

    def log_in(self, days: float, delay: float) -> bool:
        """Wait `days`, press, and submit `delay` seconds later; say whether the code was accepted.
        The window is one step."""
        self.now += days * DAY
        step = int((self.now - delay + self.offset) // PERIOD)
        expected = self.now + estimated_offset(self.clock, self.now)
        behind, ahead = reach(self.clock, self.now, PERIOD)
        first, last = int((expected - behind) // PERIOD) - 1, int((expected + ahead) // PERIOD) + 1
        self.steps = last - first + 1
        if first <= step <= last:
            self.clock = with_observation(self.clock, self.now, step, PERIOD)
            return True
        self.refused += 1
        return False

    def log_in_often(self, gaps: tuple[float, ...], uses: int, seed: int = 1) -> "SimulatedUse":
        """Log in `uses` times, each code typed within half a period, with `gaps` days between."""
        rng = random.Random(seed)
        for _ in range(uses):
            typing = min(rng.lognormvariate(0, 0.3) * 8, PERIOD / 2)
            self.log_in(rng.choice(gaps) * rng.uniform(0.5, 1.5), typing)
        return self


@given(PPMS, GAPS, st.data())
def test_typing_within_a_period_changes_no_estimate(
    ppm: float, gaps: list[float], data: st.DataObject
):
    use = SimulatedUse(0, ppm)
    for days in gaps:
        assert use.log_in(days, data.draw(st.floats(0, PERIOD)))
        assert estimated_offset(use.clock, use.now) == 0


@given(PPMS, GAPS, st.data())
def test_half_of_the_codes_typed_within_a_period_are_enough(
    ppm: float, gaps: list[float], data: st.DataObject
):
    use = SimulatedUse(0, ppm)
    for number, days in enumerate(gaps):
        # One in three may be late: of so many as count, the later half, at least half are prompt.
        delay = st.floats(0, 2 * PERIOD) if number % 3 == 2 else st.floats(0, PERIOD)
        use.log_in(1 + days / 1000, data.draw(delay))
        assert estimated_offset(use.clock, use.now) == 0


@given(GAPS, st.data())
def test_no_single_code_teaches_less_than_two_periods_of_typing_explain(
    gaps: list[float], data: st.DataObject
):
    use = SimulatedUse(0, DS3231_PPM)
    use.log_in(gaps[0], data.draw(st.floats(0, 2 * PERIOD)))
    assert estimated_offset(use.clock, use.now) == 0


@given(st.sampled_from([15, 20, 25]), st.integers(0, 1000))
def test_slow_typists_with_months_between_change_no_estimate_and_are_accepted(
    typing: float, seed: int
):
    rng = random.Random(seed)
    use = SimulatedUse(0, DS3231_PPM)
    for _ in range(60):
        use.log_in(
            rng.choice((1, 2, 3, 3, 300)) * rng.uniform(0.5, 1.5),
            rng.lognormvariate(0, 0.3) * typing,
        )
        assert abs(estimated_offset(use.clock, use.now)) <= 10
    assert use.refused <= 6


@given(
    st.floats(-DS3231_PPM, DS3231_PPM),
    st.sampled_from([(1.0,), (7.0,), (30.0,), (3.0, 3.0, 100.0)]),
    st.integers(0, 1000),
)
@example(5.0, (30.0,), 604)  # a code read at the end of its step, then, a month later, one at once
@example(4.0, (3.0, 3.0, 100.0), 46)
def test_a_clock_within_its_ppm_is_followed_however_seldom_it_is_used(
    ppm: float, gaps: tuple[float, ...], seed: int
):
    assert SimulatedUse(ppm, DS3231_PPM).log_in_often(gaps, 60, seed).refused == 0


@pytest.mark.parametrize("ppm", [-3.5, -2, 2, 3.5, 5, -5])
def test_our_clock_used_once_a_month_is_accepted_for_years(ppm: float):
    use = SimulatedUse(ppm, DS3231_PPM).log_in_often((30.0,), 48)
    assert abs(use.offset) > 2 * PERIOD
    assert use.refused == 0


@pytest.mark.parametrize("ppm", [-20, -5, 5, 20])
@pytest.mark.parametrize("days", [0.5, 1, 7])
def test_a_plain_crystal_is_followed_for_years(ppm: float, days: float):
    use = SimulatedUse(ppm, GENERIC_PPM).log_in_often((days,), int(3 * 365 / days))
    assert use.refused == 0
    assert estimated_offset(use.clock, use.now) == pytest.approx(use.offset, abs=4 * PERIOD)


@given(PPMS, st.floats(-1, 1), st.floats(0, 3000))
def test_the_first_code_after_any_silence_is_searched_where_the_clock_can_be(
    ppm: float, part: float, days: float
):
    use = SimulatedUse(part * ppm, ppm)
    use.now += days * DAY
    within = abs(use.offset) < MAX_REACH * PERIOD
    use.now -= days * DAY
    assert use.log_in(days, 0) or not within


@given(PPMS, GAPS, st.data())
def test_the_search_is_never_wider_than_the_clock_can_have_moved_nor_than_six_steps(
    ppm: float, gaps: list[float], data: st.DataObject
):
    use = SimulatedUse(0, ppm)
    for days in gaps:
        use.log_in(days, data.draw(st.floats(0, 60)))
        for side in reach(use.clock, use.now + DAY, PERIOD):
            assert 0 <= side <= MAX_REACH * PERIOD
        assert use.steps <= 3 + 2 * MAX_REACH
        moved = ppm * 1e-6 * (use.now - START)
        behind, ahead = reach(use.clock, use.now, PERIOD)
        offset = estimated_offset(use.clock, use.now)
        assert max(abs(offset - behind), abs(offset + ahead)) <= max(moved, abs(offset)) + 1e-6


@given(st.integers(0, 100), st.sampled_from([DS3231_PPM, GENERIC_PPM]))
def test_a_token_in_use_by_a_prompt_user_has_its_window_and_no_more(seed: int, ppm: float):
    rng = random.Random(seed)
    use = SimulatedUse(0, ppm)
    for _ in range(MAX_OBSERVATIONS * 3):
        use.log_in(rng.uniform(0.01, 0.05), rng.uniform(2, 8))
    behind, ahead = reach(use.clock, use.now, PERIOD)
    assert max(behind, ahead) < 2


def test_one_early_code_is_proof_that_the_clock_is_ahead():
    now = START + 30 * DAY
    clock = with_observation(TokenClock(0.0, START), now, int((now + 35) // PERIOD), PERIOD)
    assert 0 < estimated_offset(clock, now) <= 35


@pytest.mark.parametrize("days_between", [1, 30, 400, 1100])
def test_an_early_code_soon_after_setting_the_clock_proves_no_rate(days_between: float):
    clock = with_observation(
        TokenClock(0.0, START), START + 33, int((START + 33) // PERIOD) + 1, PERIOD
    )
    now = START
    for _ in range(4):
        now += days_between * DAY
        assert abs(estimated_offset(clock, now)) < PERIOD / 2
        clock = with_observation(clock, now, int((now - 5) // PERIOD), PERIOD)


def test_one_late_code_is_no_proof_at_all():
    now = START + 30 * DAY
    clock = with_observation(TokenClock(0.0, START), now, int((now - 35) // PERIOD), PERIOD)
    assert estimated_offset(clock, now) == 0


@given(
    PPMS, st.lists(st.tuples(st.floats(1, 400), st.integers(-100, 100)), min_size=1, max_size=40)
)
def test_no_rate_beyond_the_tokens_ppm_is_learnt(ppm: float, uses: list[tuple[float, int]]):
    clock, now = TokenClock(0.0, START, ppm=ppm), START
    for days, steps in uses:
        now += days * DAY
        clock = with_observation(clock, now, int(now // PERIOD) + steps, PERIOD)
        assert abs(estimated_offset(clock, now)) <= ppm * 1e-6 * (now - START) + 1e-6


def test_a_measured_clock_starts_from_what_was_seen():
    clock = resynchronised_clock(START, int((START + 300) // PERIOD), PERIOD, DS3231_PPM)
    assert estimated_offset(clock, START) == pytest.approx(300, abs=PERIOD / 2)
    assert clock.uncertainty > UNCERTAINTY_SET
    assert clock.ppm == DS3231_PPM
