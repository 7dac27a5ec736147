"""Drift of a token's clock, computed from its offset, and the aging offset that corrects it.

Offsets are seconds, token minus host: positive = the token is ahead. Drift is in ppm (1e-6),
positive = the clock is fast. DS3231 data sheet, "Aging Offset": one step is about 0.1 ppm at 25 °C,
and positive values slow the oscillator down.
"""

from dataclasses import dataclass

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message

PPM_PER_STEP = 0.1
AGING_LIMIT = 127  # the register is a signed byte; its -128 is left out for symmetry
TRIM_UNCERTAINTY_PPM = 0.5
# Seconds; the least uncertainty assumed for the moment at which the clock was set.
SETTING_UNCERTAINTY = 0.010
_LONGEST_WAIT = 1.1  # seconds; a token waits for the edge of its second no longer


@dataclass(frozen=True)
class Offset:
    """A measured offset and its uncertainty, both in seconds: the true offset lies within
    `seconds` ± `uncertainty`."""

    seconds: float
    uncertainty: float


@dataclass(frozen=True)
class Drift:
    """Mean drift (ppm) in the `elapsed` seconds since the clock was set, and its uncertainty
    (ppm)."""

    ppm: float
    uncertainty: float
    elapsed: float


def midpoint(token_time: float, sent: float, received: float, delay: float) -> Offset:
    """Give the offset of a token that answered `token_time` at the edge of one of its seconds.

    `sent` and `received` are the host's times of request and answer; `delay` is the round trip
    (seconds) of a request that the token answers without waiting. The answer is taken to have
    travelled for delay/2 ± delay/2. One that took longer than that and the token's wait together
    was held up, as on a busy computer: the edge was at any time between request and answer.
    """
    took = received - sent
    delay = took if took > delay + _LONGEST_WAIT else min(delay, took)
    return Offset(token_time - (received - delay / 2), delay / 2)


def drift(offset: Offset, elapsed: float) -> Drift:
    """Give the drift of a clock that was set `elapsed` seconds ago and has `offset` now."""
    return Drift(offset.seconds / elapsed * 1e6, _uncertainty(offset) / elapsed * 1e6, elapsed)


def trimmed(aging: int, measured: Drift, offset: Offset) -> int:
    """Give the new aging offset (register steps) for a clock with `aging` and the drift `measured`.

    KodebrikError when the drift's uncertainty is above TRIM_UNCERTAINTY_PPM.
    """
    if measured.uncertainty > TRIM_UNCERTAINTY_PPM:
        wait = _uncertainty(offset) / (TRIM_UNCERTAINTY_PPM * 1e-6) - measured.elapsed
        raise KodebrikError(
            "drift-uncertain",
            ExitCode.TOO_EARLY,
            elapsed=duration(measured.elapsed),
            uncertainty=measured.uncertainty,
            wait=duration(wait),
        )
    return max(-AGING_LIMIT, min(AGING_LIMIT, aging + round(measured.ppm / PPM_PER_STEP)))


def duration(seconds: float) -> Message:
    """Describe a duration in whole seconds, minutes, hours or days, rounded up so that waiting that
    long is enough."""
    for identifier, size in (
        ("duration-days", 86400),
        ("duration-hours", 3600),
        ("duration-minutes", 60),
    ):
        if seconds >= 2 * size:
            return Message(identifier, count=-int(-seconds // size))
    return Message("duration-seconds", count=max(1, -int(-seconds // 1)))


def _uncertainty(offset: Offset) -> float:
    return offset.uncertainty + max(offset.uncertainty, SETTING_UNCERTAINTY)
