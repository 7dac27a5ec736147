"""A real token in a person's hand: QA asks for a press, and the person types what they read or
hear."""

from collections.abc import Callable
from pathlib import Path

from host_tools.otp import codes
from host_tools.qa.time_source import World
from host_tools.qa.tokens.reading import Reading


class HandToken:
    """A TokenInHand. `ask` shows a line and gives what was typed."""

    def __init__(self, product: str, world: World, ask: Callable[[str], str]) -> None:
        """It has no time of its own: the world's is the person's."""
        self.product = product
        self._world, self._ask = world, ask

    @property
    def now(self) -> float:
        """Give the world's time."""
        return self._world.now()

    def move_on(self, moment: float) -> None:
        """Nothing: the person's time passes by itself."""

    def press(self, name: str, files: Path | None = None) -> Reading:
        """Ask until something with digits alone was typed."""
        while True:
            pressed_at = self.now
            typed = "".join(
                self._ask(f"Press the {self.product} now, for a new code, and type it").split()
            )
            if typed.isascii() and typed.isdigit():
                return Reading(pressed_at, typed, (codes.grouped(typed),), None)
