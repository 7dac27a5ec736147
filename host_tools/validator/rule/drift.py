"""What accepted codes tell of a token's clock, how far it may be from that, and why typing slowly
tells nothing.

The offset o is in seconds, token minus true time: positive = the token is ahead. A code of step s
of P seconds that arrives at time t was taken some delay d >= 0 earlier, when the token's clock
stood within the step:

    s*P <= t - d + o < (s+1)*P

- o >= s*P - t, whatever the delay: an early code is *proof* that the clock is ahead.
- o < (s+1)*P - t + d: a late code says little, for d is unknown. It is asked with a whole period
  for d, and of several codes the *median* is believed; a single one is asked with two periods. So
  as long as half of the codes are typed within a period, typing teaches nothing at all, and no rate
  is learnt that typing alone explains.

A crystal is off by a nearly constant rate, so both are bounds on the rate since the clock was set.
It is never believed beyond the token's own `ppm`; of what the bounds allow, the rate nearest to
none is believed. Each is relaxed by the doubt about the offset at the start, and a rate is
extrapolated for no longer than it was observed. An early code that asks for more than `ppm`, or for
more than another code allows (with a period for typing), proves a stepped clock, and no rate.

What is believed lags behind, and a token that lies unused is not seen at all. So codes are looked
for (RFC 6238, section 6) as far as the clock can have moved by `ppm` since it was last seen where
it is believed to be. A code shows that the clock is not behind when it comes in the first half of
its step, and that it is not ahead when it comes no earlier than its step; any other code shows by
how much it is at most. This *reach* is never more than REACH steps to either side, and teaches
nothing. With a reach of r steps in all, beside a window of w to either side, a guess of n digits is
right with (2w + 1 + r) / 10^n (RFC 4226, appendix A): for six digits and w = 1 that is 3 in a
million of a token in use, and never more than 15.
"""

from dataclasses import dataclass, replace
from math import ceil

# A tuning-fork crystal: 20 ppm as made, and -0.034 ppm/K^2 off 25 degrees C, which is 41 ppm at
# freezing.
GENERIC_PPM = 50.0
LARGEST_PPM = 200.0
REMEMBERED = 15  # codes
REACH = 6  # steps: three minutes, more than 5 ppm in a year
DOUBT_SET, DOUBT_MEASURED = (
    1 / 3,
    2 / 3,
)  # of a period; a measured offset has half a period and the typing in it


@dataclass(frozen=True, slots=True)
class TokenClock:
    """What is known of a token's clock: its offset `base` at the time `base_at`, and the accepted
    codes since.

    `doubt` is about `base`, in periods. `seen` holds (second of arrival, step), the oldest first,
    at most REMEMBERED. `ppm` is what the clock can be off by in either direction, with temperature
    and age.
    """

    base: float
    base_at: float
    doubt: float = DOUBT_SET
    seen: tuple[tuple[int, int], ...] = ()
    rate: float = 0.0  # seconds per second, as `seen` tells it
    ppm: float = GENERIC_PPM


def believed(clock: TokenClock, now: float) -> float:
    """Give the offset, seconds, that the clock is believed to have at `now`."""
    if not clock.seen or not clock.rate:
        return clock.base
    observed_for = clock.seen[-1][0] - clock.base_at
    return clock.base + clock.rate * max(0.0, min(now - clock.base_at, 2 * observed_for))


def reach(clock: TokenClock, now: float, period: int) -> tuple[float, float]:
    """Give by how many seconds the clock can be behind, and ahead of, what is believed at `now`."""
    offset, most, ppm = believed(clock, now), REACH * period, clock.ppm * 1e-6
    moved = ppm * max(0.0, now - clock.base_at)
    behind, ahead = [most, offset - clock.base + moved], [most, clock.base + moved - offset]
    for at, step in clock.seen:
        then, moved, start = believed(clock, at), ppm * max(0.0, now - at), step * period - at
        behind.append(offset - min(then, start + period / 2) + moved)
        ahead.append(max(then, start) + moved - offset)
    return max(0.0, min(behind)), max(0.0, min(ahead))


def learnt(clock: TokenClock, at: float, step: int, period: int) -> TokenClock:
    """Give what is known after the code of `step` was accepted at the time `at`."""
    known = replace(clock, seen=(*clock.seen, (ceil(at), step))[-REMEMBERED:])
    return replace(known, rate=_rate(known, period))


def measured(at: float, step: int, period: int, ppm: float) -> TokenClock:
    """Start anew with a clock that was just seen to be in `step` (resynchronisation): the step's
    middle."""
    return TokenClock(observed(at, step, period), at, DOUBT_MEASURED, ppm=ppm)


def observed(at: float, step: int, period: int) -> float:
    """Give how far the middle of the code's step was ahead of our clock: what the drift plot
    shows."""
    return (step + 0.5) * period - at


def _rate(clock: TokenClock, period: int) -> float:
    doubt, limit = clock.doubt * period, clock.ppm * 1e-6
    since = [
        (at - clock.base_at, step * period - at - clock.base)
        for at, step in clock.seen
        if at > clock.base_at
    ]
    if not since:
        return 0.0
    # Soon after the setting, seconds make a large rate: only codes of the later half of the time
    # are asked.
    asked = [(elapsed, offset) for elapsed, offset in since if elapsed >= since[-1][0] / 2]
    typing = period if len(asked) > 1 else 2 * period
    late = sorted((offset + period + doubt + typing) / elapsed for elapsed, offset in asked)
    rate = min(0.0, late[len(late) // 2])
    # An early code proves nothing that no crystal does, nor what another code denies: then the
    # clock was stepped.
    most = min(limit, *((offset + 2 * period + doubt) / elapsed for elapsed, offset in since))
    proofs = [(offset - doubt) / elapsed for elapsed, offset in since]
    rate = max(rate, *(proof for proof in proofs if proof <= most), -limit)
    return min(limit, rate)
