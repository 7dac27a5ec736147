"""World time for a run: virtual, which a local server shares, or real, which a remote server lives
by. Unix seconds.

An emulated token counts its own virtual seconds. In virtual time it is moved on to the world's time
before each press, and the world then stands where the token stands. In real time it is moved on
likewise, but what the token did takes as long as it took: whoever reads a code that is spoken for
nine seconds submits it nine seconds after the press.
"""

import time
from collections.abc import Callable
from typing import Protocol


class World(Protocol):
    """The time that tokens, user and server share."""

    virtual: bool

    def now(self) -> float:
        """Give the time."""
        ...

    def wait_until(self, moment: float, why: str) -> None:
        """Let time pass until `moment`; nothing when it is over. `why` tells a waiting person what
        for."""
        ...


class VirtualTime:
    """Time that passes when it is told to."""

    virtual = True

    def __init__(self, start: float) -> None:
        """Begin at `start`."""
        self._now = start

    def now(self) -> float:
        """As World.now."""
        return self._now

    def wait_until(self, moment: float, why: str) -> None:
        """As World.wait_until; takes no time."""
        self._now = max(self._now, moment)


_LONG = 3.0  # seconds that need no announcement


class RealTime:
    """The machine's clock. `say` announces waits that a person notices."""

    virtual = False

    def __init__(
        self,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the clock and how to wait, which tests replace."""
        self._say, self._clock, self._sleep = say, clock, sleep

    def now(self) -> float:
        """As World.now."""
        return self._clock()

    def wait_until(self, moment: float, why: str) -> None:
        """As World.wait_until."""
        left = moment - self._clock()
        if left > _LONG:
            self._say(f"Waiting {left:.0f} s: {why}.")
        while left > 0:
            self._sleep(left)
            left = moment - self._clock()
