"""The time of a run, Unix seconds: virtual time, which a local server shares, or real time.

An emulated token counts virtual seconds of its own. In virtual time it is advanced to the run's
time before each press, and the run's time is then advanced to the token's. In real time it is
advanced likewise, and what the token does takes as long as on a real one: a code that is spoken for
nine seconds is submitted nine seconds after the press.
"""

import time
from collections.abc import Callable
from typing import Protocol

from host_tools.messages.catalogue import Message


class TimeSource(Protocol):
    """The time that tokens, users and server share."""

    virtual: bool

    def now(self) -> float:
        """Give the time."""
        ...

    def wait_until(self, moment: float, why: str) -> None:
        """Let time pass until `moment`, if it is not over; `why` is shown to a waiting person."""
        ...


VIRTUAL_START = 1_893_456_000.0  # 2030-01-01


class VirtualTime:
    """Time that passes only when told to."""

    virtual = True

    def __init__(self, start: float) -> None:
        """Begin at `start`."""
        self._now = start

    def now(self) -> float:
        """As TimeSource.now."""
        return self._now

    def wait_until(self, moment: float, why: str) -> None:
        """As TimeSource.wait_until; takes no real time."""
        self._now = max(self._now, moment)


_LONG = 3.0  # seconds from which a wait is announced


class RealTime:
    """The computer's clock. `say` announces long waits."""

    virtual = False

    def __init__(
        self,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Tests replace `clock` and `sleep`."""
        self._say, self._clock, self._sleep = say, clock, sleep

    def now(self) -> float:
        """As TimeSource.now."""
        return self._clock()

    def wait_until(self, moment: float, why: str) -> None:
        """As TimeSource.wait_until."""
        left = moment - self._clock()
        if left > _LONG:
            self._say(Message("qa.waiting", seconds=left, why=why))
        while left > 0:
            self._sleep(left)
            left = moment - self._clock()
