"""Estimate of a token's clock offset from its accepted codes, and how far around it codes are
searched.

The offset o is in seconds, token minus true time: positive = the token is ahead. A code of step s
of P seconds that arrives at time t was read some delay d >= 0 earlier, when the token's clock stood
within the step:

    s*P <= t - d + o < (s+1)*P

- o >= s*P - t, whatever the delay: an early code is *proof* that the clock is ahead.
- o < (s+1)*P - t + d: a late code says little, for d is unknown. The bound is used with a whole
  period for d, and of several codes the *median* decides; a single code is given two periods. So as
  long as half of the codes are typed within a period, slow typing changes nothing at all, and no
  rate is learnt that typing alone explains.

A crystal is off by a nearly constant rate, so both are bounds on the rate since the clock was set.
The estimated rate never exceeds the token's own `ppm`; of the rates that the bounds allow, the one
nearest to zero is taken. Each bound is relaxed by the uncertainty of the offset at the start, and a
rate is extrapolated for no longer than it was observed. An early code that asks for more than
`ppm`, or for more than another code allows (with a period for typing), proves a stepped clock, and
no rate.

The estimate lags behind, and a token that lies unused is not observed at all. So codes are searched
(RFC 6238, section 6) as far as the clock can have moved by `ppm` since it was last seen at its
estimated offset. A code shows that the clock is not behind when it comes in the first half of its
step, and that it is not ahead when it comes in the second half; any other code shows by how much
it is at most. This *reach* is never more than MAX_REACH steps to either side, and changes no
estimate; as long as it suffices, a clock within its ppm, whose codes are typed within half a
period, has none refused. With a reach of r steps in all, beside a window of w to either side, a
guess of n digits is right with probability (2w + 1 + r) / 10^n (RFC 4226, appendix A): for six
digits and w = 1 that is 3 in a million of a token in use, and never more than 15.
"""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from host_tools.validator.records import GENERIC_PPM

LARGEST_PPM = 200.0
MAX_OBSERVATIONS = 15  # codes
MAX_REACH = 6  # steps: three minutes, more than 5 ppm in a year
# Uncertainty of the offset, in periods. After resynchronisation: half a period, and the typing.
UNCERTAINTY_SET, UNCERTAINTY_RESYNCHRONISED = 1 / 3, 2 / 3


class TokenClock(NamedTuple):
    """What is known of a token's clock: its offset `base` at the time `base_at`, and the codes
    accepted since.

    `uncertainty` is that of `base`, in periods. `observations` holds (second of arrival, step), the
    oldest first, at most MAX_OBSERVATIONS. `ppm` is the largest rate error of the clock in either
    direction, with temperature and age.
    """

    base: float
    base_at: float
    uncertainty: float = UNCERTAINTY_SET
    observations: tuple[tuple[int, int], ...] = ()
    rate: float = 0.0  # seconds per second, estimated from `observations`
    ppm: float = GENERIC_PPM


def estimated_offset(clock: TokenClock, now: float) -> float:
    """Give the estimated offset of the clock at `now`, in seconds."""
    if not clock.observations or not clock.rate:
        return clock.base
    observed_for = clock.observations[-1][0] - clock.base_at
    return clock.base + clock.rate * max(0.0, min(now - clock.base_at, 2 * observed_for))


def reach(clock: TokenClock, now: float, period: int) -> tuple[float, float]:
    """Give by how many seconds the clock can be behind, and ahead of, its estimate at `now`."""
    offset, most, ppm = estimated_offset(clock, now), MAX_REACH * period, clock.ppm * 1e-6
    moved = ppm * max(0.0, now - clock.base_at)
    behind, ahead = [most, offset - clock.base + moved], [most, clock.base + moved - offset]
    for at, step in clock.observations:
        then, moved = estimated_offset(clock, at), ppm * max(0.0, now - at)
        start = step * period - at
        behind.append(offset - min(then, start + period / 2) + moved)
        ahead.append(max(then, start + period / 2) + moved - offset)
    return max(0.0, min(behind)), max(0.0, min(ahead))


def with_observation(clock: TokenClock, at: float, step: int, period: int) -> TokenClock:
    """Give the clock after the code of `step` was accepted at the time `at`."""
    observations = (*clock.observations, (ceil(at), step))[-MAX_OBSERVATIONS:]
    return clock._replace(observations=observations, rate=_rate(clock, observations, period))


def resynchronised_clock(at: float, step: int, period: int, ppm: float) -> TokenClock:
    """Give a clock without history that was seen to be in the middle of `step` at the time `at`."""
    return TokenClock(observed_offset(at, step, period), at, UNCERTAINTY_RESYNCHRONISED, ppm=ppm)


def observed_offset(at: float, step: int, period: int) -> float:
    """Give the seconds by which the middle of a code's step was ahead of its arrival (the drift
    plot)."""
    return (step + 0.5) * period - at


def _rate(clock: TokenClock, observations: Sequence[tuple[int, int]], period: int) -> float:
    uncertainty, limit = clock.uncertainty * period, clock.ppm * 1e-6
    since = [
        (at - clock.base_at, step * period - at - clock.base)
        for at, step in observations
        if at > clock.base_at
    ]
    if not since:
        return 0.0
    # Soon after the setting, seconds make a large rate: only codes of the later half of the time
    # count.
    counted = [(elapsed, offset) for elapsed, offset in since if elapsed >= since[-1][0] / 2]
    typing = period if len(counted) > 1 else 2 * period
    late = sorted((offset + period + uncertainty + typing) / elapsed for elapsed, offset in counted)
    rate = min(0.0, late[len(late) // 2])
    # An early code proves no rate that no crystal has, nor one that another code contradicts: then
    # the clock was stepped.
    most = min(limit, *((offset + 2 * period + uncertainty) / elapsed for elapsed, offset in since))
    proofs = [(offset - uncertainty) / elapsed for elapsed, offset in since]
    rate = max(rate, *(proof for proof in proofs if proof <= most), -limit)
    return min(limit, rate)
