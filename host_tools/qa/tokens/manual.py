"""A real token: QA asks a person to press it, and the person types the code."""

from collections.abc import Callable
from pathlib import Path

from host_tools.messages.catalogue import Message
from host_tools.otp import codes
from host_tools.qa.time_source import TimeSource
from host_tools.qa.tokens.reading import Reading

_REPETITIONS = 3  # of a code; a token whose clock stands still has no other


class ManualToken:
    """A Device operated by a person; `ask(question)` gives the text that the person typed."""

    def __init__(self, product: str, time_source: TimeSource, ask: Callable[[str], str]) -> None:
        """Use the run's time: the token has none of its own."""
        self.product = product
        self._time, self._ask = time_source, ask
        self._last = ""

    @property
    def now(self) -> float:
        """As Device.now."""
        return self._time.now()

    def advance_to(self, moment: float) -> None:
        """As Device.advance_to: nothing to do, real time passes by itself."""

    def press(self, name: str, files: Path | None = None) -> Reading:
        """As Device.press; asks again until the answer consists of digits, and at most
        _REPETITIONS times for another code than the last: a token shows the same one for a whole
        period."""
        question, repetitions = Message("prompt.press", product=self.product), 0
        while True:
            pressed_at = self.now
            typed = "".join(self._ask(question).split())
            if not (typed.isascii() and typed.isdigit()):
                continue
            if typed == self._last and repetitions < _REPETITIONS:
                question = Message("prompt.press-again", product=self.product)
                repetitions += 1
                continue
            self._last = typed
            return Reading(pressed_at, typed, (codes.grouped(typed),), None)
