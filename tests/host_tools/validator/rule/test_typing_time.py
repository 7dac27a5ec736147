"""How long a code may take to be heard and typed, and what that gives to somebody who guesses.

A kodeoplæser is provisioned with a period of 60 s. The window counts steps, so a code that was
taken at any second of its period is accepted for a whole period more, 60 s instead of 30 s; and of
all codes as many are right at any moment as with 30 s, 2 w + 1 beside what the clock may be off.
"""

import base64

import pyotp
import pytest

from host_tools.validator.records import Status
from host_tools.validator.rule.acceptance import TokenState, decide, search_range
from host_tools.validator.rule.code_search import CodeGenerator
from host_tools.validator.rule.drift import TokenClock
from host_tools.validator.rule.verdict import Reason

SECRET = bytes(range(20))
SET_AT = 1_800_000_000  # the clock; a whole number of periods of 30 and of 60 s
PPM = 5.0  # of a DS3231
DAY = 86_400
IMPORTED = 1  # window, in steps to either side


def state(period: int) -> TokenState:
    generator = CodeGenerator("totp", SECRET, "SHA1", 6, period)
    clock = TokenClock(0.0, SET_AT, ppm=PPM)
    return TokenState(Status.ACTIVE, generator, IMPORTED, 10, -1, 0, 0.0, clock)


def verdict(period: int, taken: float, typed: float) -> Reason:
    """Return what is said of the code that a right clock gives at `taken`, when it comes at
    `typed`."""
    code = pyotp.TOTP(base64.b32encode(SECRET).decode(), interval=period).at(int(taken))
    return decide(state(period), code, typed).reason


@pytest.mark.parametrize("into", range(0, 60, 7))
def test_a_code_taken_in_time_may_be_heard_and_typed_for_60_seconds(into: int):
    taken = SET_AT + into
    for typing in (0, 30, 45, 60):
        assert verdict(60, taken, taken + typing) is Reason.ACCEPTED, typing


def test_with_30_seconds_a_listener_who_takes_45_comes_too_late_in_the_second_half_of_a_period():
    late = [
        into for into in range(30) if verdict(30, SET_AT + into, SET_AT + into + 45) is Reason.LATE
    ]
    assert late == list(range(16, 30))


def right_codes(period: int, at: float) -> int:
    searched = search_range(state(period), at)
    return searched.last - searched.first + 1


@pytest.mark.parametrize("days", [0, 30, 365, 3650])
def test_at_no_moment_more_codes_are_right_than_with_30_seconds(days: int):
    for second in range(60):
        at = SET_AT + days * DAY + second
        assert right_codes(60, at) <= right_codes(30, at)
    if not days:
        assert right_codes(60, SET_AT + 30) == 2 * IMPORTED + 1


def test_with_a_guess_at_every_moment_a_longer_period_is_no_easier():
    """Three guesses lock out for a while, whatever the period: the chance of each is the right
    codes over all codes."""
    for period in (30, 60):
        now, tried, chance = float(SET_AT + 15), state(period), 0.0
        for _ in range(3):
            chance += right_codes(period, now) / 10**6
            decision = decide(tried, "000000", now)
            assert decision.reason is Reason.WRONG
            tried = decision.state
            now += 1
        assert chance == pytest.approx(9e-6)
        assert decide(tried, "000000", now).reason is Reason.LOCKED_OUT
    assert state(60)._replace(generator=state(30).generator) == state(30), "all else is the same"
