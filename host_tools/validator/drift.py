"""What accepted codes tell of a token's clock, and why a code that was typed late tells nothing.

The offset o is in seconds, token minus true time: positive = the token is ahead. A code of step s of P seconds that
arrives at time t was taken some delay d >= 0 earlier, when the token's clock stood within the step:

    s*P <= t - d + o < (s+1)*P

- o >= s*P - t, whatever the delay: an early code is *proof* that the clock is ahead.
- o < (s+1)*P - t + d: a late code says nothing, for d is unknown; people take up to most of a period to type. Only when
  the *median* of the last codes (of the first few: every one) came later than a typist would is the clock believed to
  be slow. A delay d puts the median of (s+1)*P - t at o - d + P/2. With the allowance of P/6 delays up to half a period
  teach nothing (by the chance of few codes, some seconds), longer ones no more than what is beyond that: it brings
  late codes to the middle of the window, and the next prompt code disproves it.

A quartz clock is off by a nearly constant rate, so both bounds are put on the rate since the clock was set, which is
never believed beyond LIMIT_PPM; of what the bounds allow, the rate nearest to none is believed. Each bound is relaxed
by the doubt about the offset at the start, and a rate is extrapolated for no longer than it was observed: so little
or nothing is learnt right after the clock was set. An early code that asks for more than a crystal's rate, or for more
than the other codes allow (with a period for typing), proves a stepped clock, and no rate.
"""

from dataclasses import dataclass, replace
from math import ceil

LIMIT_PPM = 50  # a tuning-fork crystal: 20 ppm as made, and -0.034 ppm/K^2 off 25 degrees C: 41 ppm at freezing
REMEMBERED = 15  # codes
FEW, MANY = 3, 5  # codes that must all be late; codes of which the median is believed
DOUBT_SET, DOUBT_MEASURED = 1 / 3, 2 / 3  # of a period; a measured offset has half a period and the typing in it


@dataclass(frozen=True, slots=True)
class TokenClock:
    """What is known of a token's clock: its offset `base` at the time `base_at`, and the accepted codes since.

    `doubt` is about `base`, in periods. `seen` holds (second of arrival, step), the oldest first, at most REMEMBERED.
    """

    base: float
    base_at: float
    doubt: float = DOUBT_SET
    seen: tuple[tuple[int, int], ...] = ()
    rate: float = 0.0  # seconds per second, as `seen` tells it


def believed(clock: TokenClock, now: float) -> float:
    """Give the offset, seconds, that the clock is believed to have at `now`."""
    if not clock.seen or not clock.rate:
        return clock.base
    observed_for = clock.seen[-1][0] - clock.base_at
    return clock.base + clock.rate * max(0.0, min(now - clock.base_at, 2 * observed_for))


def learnt(clock: TokenClock, at: float, step: int, period: int) -> TokenClock:
    """Give what is known after the code of `step` was accepted at the time `at`."""
    known = replace(clock, seen=(*clock.seen, (ceil(at), step))[-REMEMBERED:])
    return replace(known, rate=_rate(known, period))


def measured(at: float, step: int, period: int) -> TokenClock:
    """Start anew with a clock that was just seen to be in `step` (resynchronisation): the step's middle."""
    return TokenClock(observed(at, step, period), at, DOUBT_MEASURED)


def observed(at: float, step: int, period: int) -> float:
    """Give how far the middle of the code's step was ahead of our clock: what the drift plot shows."""
    return (step + 0.5) * period - at


def _rate(clock: TokenClock, period: int) -> float:
    doubt, limit = clock.doubt * period, LIMIT_PPM * 1e-6
    since = [(at - clock.base_at, step * period - at - clock.base) for at, step in clock.seen if at > clock.base_at]
    if not since:
        return 0.0
    rate, last = 0.0, since[-1][0]
    # Soon after the setting, seconds of typing make a large rate: only codes of the later half of the time count.
    late = [(offset + period + doubt / 2) / elapsed for elapsed, offset in since if elapsed >= last / 2]
    if len(late) >= FEW:
        rate = min(rate, max(late) if len(late) < MANY else sorted(late, reverse=True)[len(late) // 2])
    # An early code proves nothing that no crystal does, nor what another code denies: then the clock was stepped.
    most = min(limit, *((offset + 2 * period + doubt) / elapsed for elapsed, offset in since))
    proofs = [(offset - doubt) / elapsed for elapsed, offset in since]
    rate = max(rate, *(proof for proof in proofs if proof <= most), -limit)
    return min(limit, rate)
