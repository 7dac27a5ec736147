"""What a clock's offset says about its speed, and the aging offset that corrects it.

Offsets are seconds, token minus host: positive = the token is ahead. Speeds are ppm (1e-6),
positive = it is fast. DS3231 data sheet, "Aging Offset": one step is about 0.1 ppm at 25 °C, and
positive values slow the oscillator down.
"""

from dataclasses import dataclass

from host_tools.errors import ExitCode, KodebrikError

PPM_PER_STEP = 0.1
AGING_LIMIT = 127  # the register is a signed byte; its -128 is left out for symmetry
TRIM_UNCERTAINTY_PPM = 0.5
# A setting is never trusted to be nearer than this, however quick the link was when it is read
# back.
SETTING_UNCERTAINTY = 0.010


@dataclass(frozen=True)
class Offset:
    """A measured offset with its uncertainty (half the width of the interval it lies in), both in
    seconds."""

    seconds: float
    uncertainty: float


@dataclass(frozen=True)
class Drift:
    """Speed error since the clock was set, ppm, with its uncertainty, over `elapsed` seconds."""

    ppm: float
    uncertainty: float
    elapsed: float


def midpoint(token_time: float, sent: float, received: float, delay: float) -> Offset:
    """Compare a token's second edge, answered at once, with the host's clock.

    `sent` and `received` are host times around the exchange; `delay` is the round trip (seconds) of
    a request that the token answers without waiting: half of it is the way back, give or take the
    other half.
    """
    delay = min(delay, received - sent)
    return Offset(token_time - (received - delay / 2), delay / 2)


def drift(offset: Offset, elapsed: float) -> Drift:
    """Give the speed error of a clock that was set `elapsed` seconds ago and is off by `offset`
    now."""
    return Drift(offset.seconds / elapsed * 1e6, _doubt(offset) / elapsed * 1e6, elapsed)


def trimmed(aging: int, measured: Drift, offset: Offset) -> int:
    """Give the new aging offset, or KodebrikError when the drift is not known well enough yet."""
    if measured.uncertainty > TRIM_UNCERTAINTY_PPM:
        wait = _doubt(offset) / (TRIM_UNCERTAINTY_PPM * 1e-6) - measured.elapsed
        raise KodebrikError(
            f"The clock was set {duration(measured.elapsed)} ago; so far its drift is known to"
            f" ± {measured.uncertainty:.1f} ppm only.",
            f"Come back in {duration(wait)}; do not set the clock before.",
            ExitCode.TOO_EARLY,
        )
    return max(-AGING_LIMIT, min(AGING_LIMIT, aging + round(measured.ppm / PPM_PER_STEP)))


def duration(seconds: float) -> str:
    """Write a time span roughly, as people say it; rounded up, so that waiting so long is
    enough."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * size:
            return f"{-int(-seconds // size)} {unit}s"
    count = max(1, -int(-seconds // 1))
    return f"{count} second{'s' if count != 1 else ''}"


def _doubt(offset: Offset) -> float:
    return offset.uncertainty + max(offset.uncertainty, SETTING_UNCERTAINTY)
