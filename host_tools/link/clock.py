"""Setting and measuring a token's clock against the host's, to milliseconds. Times are Unix
seconds.

`Times` carries the host's clock, so that a test can hand in a virtual one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from firmware.protocol import messages
from host_tools.errors import TokenError
from host_tools.link.replies import ClockReading
from host_tools.link.session import Session
from host_tools.provisioning.clock_drift import Offset, midpoint

_ROUND_TRIPS = 5  # the quickest tells most: what delays a message never hurries it
_READINGS = 2
_HEADROOM = 0.05  # seconds left to prepare the message before the second begins


@dataclass(frozen=True)
class Times:
    """The host's clock (Unix seconds) and how to wait (seconds)."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


def round_trip(session: Session, times: Times) -> float:
    """Give the shortest time of a few requests that the token answers at once."""
    shortest = float("inf")
    for _ in range(_ROUND_TRIPS):
        began = times.now()
        session.settings()
        shortest = min(shortest, times.now() - began)
    return shortest


def measure(session: Session, times: Times) -> tuple[ClockReading, Offset]:
    """Read the clock at a second's edge and give the reading with the token's offset; TokenError
    CLOCK_LOST."""
    delay = round_trip(session, times)
    readings = []
    for _ in range(_READINGS):
        sent = times.now()
        reading = session.read_clock()
        received = times.now()
        if reading.lost or reading.time is None:
            raise TokenError(messages.CLOCK_LOST)
        readings.append((reading, midpoint(reading.time, sent, received, delay)))
    # A delayed answer makes the token look behind, never ahead.
    return max(readings, key=lambda entry: entry[1].seconds)


def set_now(session: Session, times: Times) -> int:
    """Set the clock so that it turns to a new second when the host's does; give the time that was
    set."""
    lead = round_trip(session, times) / 2
    target = int(times.now() + lead + _HEADROOM) + 1
    times.sleep(max(0.0, target - lead - times.now()))
    session.set_clock(target)
    return target
