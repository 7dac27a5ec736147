"""Sets a token's clock and measures its offset from the host's, to milliseconds. Times are Unix
seconds.

`HostClock` is the host's clock, so that a test can hand in a virtual one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from firmware.protocol import messages
from host_tools.errors import TokenError
from host_tools.link.replies import ClockReading
from host_tools.link.session import Session
from host_tools.provisioning.clock_drift import Offset, midpoint

_ROUND_TRIPS = 3  # the shortest counts: delays only lengthen a round trip
_READINGS = 2
_HEADROOM = 0.05  # seconds to prepare the message before the second begins


@dataclass(frozen=True)
class HostClock:
    """The host's clock: its time (Unix seconds) and a sleep (seconds)."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


def round_trip(session: Session, host: HostClock) -> float:
    """Give the shortest round trip (seconds) of _ROUND_TRIPS requests."""
    shortest = float("inf")
    for _ in range(_ROUND_TRIPS):
        began = host.now()
        session.settings()
        shortest = min(shortest, host.now() - began)
    return shortest


def measure(session: Session, host: HostClock) -> tuple[ClockReading, Offset]:
    """Read the clock at the edge of a second; give the reading and the token's offset.

    TokenError CLOCK_LOST when the token has no time.
    """
    readings = []
    for _ in range(_READINGS):
        sent = host.now()
        reading = session.read_clock()
        received = host.now()
        if reading.lost or reading.time is None:
            raise TokenError(messages.CLOCK_LOST)
        readings.append((reading, reading.time, sent, received))
    delay = round_trip(session, host)  # now, as a clock that lost the time needs none
    # Of two that are as certain: a delayed answer makes the token look behind, never ahead.
    return max(
        (
            (reading, midpoint(at, sent, received, delay))
            for reading, at, sent, received in readings
        ),
        key=lambda entry: (-entry[1].uncertainty, entry[1].seconds),
    )


def off_at_most(session: Session, host: HostClock) -> tuple[float, float]:
    """Give the largest offset (seconds) that the measurement allows, and when the clock was set.

    The offset is infinite for a clock that lost the time or was never set by us.
    """
    try:
        reading, offset = measure(session, host)
    except TokenError as error:
        if error.number != messages.CLOCK_LOST:
            raise
        return float("inf"), 0.0
    if not reading.set_at:
        return float("inf"), 0.0
    return abs(offset.seconds) + offset.uncertainty, reading.set_at


def set_now(session: Session, host: HostClock) -> int:
    """Set the clock at the edge of a host second, ahead by half a round trip; give the time set."""
    lead = round_trip(session, host) / 2
    target = int(host.now() + lead + _HEADROOM) + 1
    host.sleep(max(0.0, target - lead - host.now()))
    session.set_clock(target)
    return target
