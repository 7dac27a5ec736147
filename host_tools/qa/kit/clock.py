"""The time that a test's tokens and its server share. Unix seconds."""

from host_tools.messages.catalogue import Message
from host_tools.qa.time_source import TimeSource


class Clock:
    """Tells the time and lets it pass: at once where the tokens are emulated, else by waiting."""

    def __init__(self, source: TimeSource) -> None:
        """Take the time from `source`."""
        self._source = source

    @property
    def now(self) -> float:
        """The time."""
        return self._source.now()

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass; ValueError for less than none."""
        if seconds < 0:
            raise ValueError(f"Time does not go back by {-seconds} s.")
        self.advance_to(self.now + seconds)

    def advance_to(self, moment: float) -> None:
        """Let time pass until `moment`, if it is not over."""
        self._source.wait_until(moment, Message("kit-wait"))

    def next_period(self, period: int = 30) -> None:
        """Let time pass until a second after the next period of `period` seconds has begun."""
        self.advance_to((self.now // period + 1) * period + 1)
