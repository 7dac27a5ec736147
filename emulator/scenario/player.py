"""Playing the steps of a scenario on a token, and what the steps share: units, spans of time,
failures."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from emulator.session import Emulator
from emulator.sound import Heard

UNITS = {
    "us": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "min": Decimal(60),
    "h": Decimal(3600),
}
UNITS["d"] = Decimal(86_400)
NUMBER = r"([+-]?\d+(?:\.\d+)?)"
SPAN = NUMBER + r"\s*(us|ms|s|min|h|d)"
QUOTED = r'"((?:[^"\\]|\\.)*)"'
TAP_MS = 120
Listener = Callable[[Heard], list[str]]  # names of the clips that are heard, one after another


class ScenarioError(Exception):
    """A line that is no step, or an expectation that failed; the message begins with the line's
    number."""


@dataclass(frozen=True)
class Step:
    """One line: its number, its text, and what it does to a player."""

    line: int
    text: str
    action: Callable[["Player"], None]


class Player:
    """Plays steps on a token. `folder` is where the scenario's files lie, `failures` where pictures
    of failures go."""

    def __init__(
        self, emulator: Emulator, folder: Path, failures: Path, listener: Listener | None = None
    ) -> None:
        """Nothing happens yet. `listener` understands speech."""
        self.emulator, self.folder, self._failures, self.listener = (
            emulator,
            folder,
            failures,
            listener,
        )
        self.touched()

    def touched(self) -> None:
        """Note that the user does something now: what is expected within a time counts from
        here."""
        self.pressed_at, self.touched_at = self.emulator.now, self.emulator.elapsed

    def play(self, steps: list[Step]) -> None:
        """Play all steps; ScenarioError at the first expectation that fails."""
        for step in steps:
            try:
                step.action(self)
            except UnmetError as unmet:
                picture = self._failures / f"line-{step.line}.png"
                self._failures.mkdir(parents=True, exist_ok=True)
                self.emulator.screen().to_png(picture)
                shown = (
                    "\n".join(f"    {line}" for line in self.emulator.screen_text())
                    or "    (dark or no text)"
                )
                raise ScenarioError(
                    f"line {step.line}: {step.text}\n  {unmet}\n  The screen shows:\n{shown}\n  "
                    f"Picture: {picture}"
                ) from None
            except (OSError, ValueError) as error:
                raise ScenarioError(f"line {step.line}: {step.text}\n  {error}") from error

    def shown(self) -> list[str]:
        """The text on the screen, the way round in which there is more of it to read."""
        return max(
            self.emulator.screen_text(),
            self.emulator.screen_text(rotated=True),
            key=lambda t: len("".join(t)),
        )


class UnmetError(Exception):
    """What an expectation says when it does not hold."""


def span(amount: str, unit: str) -> Decimal:
    """Seconds."""
    if amount.startswith("-"):
        raise ValueError("Time does not run backwards.")
    return Decimal(amount) * UNITS[unit.lower()]
