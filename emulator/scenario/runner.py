"""Playing a scenario's steps on a token; units, time spans and errors of the steps."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from emulator.session import Emulator
from emulator.sound import Heard
from emulator.surroundings import KEY_S

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
Listener = Callable[[Heard], list[str]]  # gives the names of the clips heard, in order


class ScenarioError(Exception):
    """A failed expectation, or a line that is no step; the message begins with the line number."""


class StepError(ScenarioError):
    """A line that is no step, or cannot be done with this token or these files."""


@dataclass(frozen=True)
class Step:
    """One line of a scenario: its number, its text, its action on a runner, and the token's part
    that it is about, None for those that every token has."""

    line: int
    text: str
    action: Callable[["ScenarioRunner"], None]
    part: str | None = None


def check(steps: list[Step], parts: Container[str]) -> None:
    """Check that a token with those parts can do all steps; StepError names the first that it
    cannot do."""
    for step in steps:
        if step.part is not None and step.part not in parts:
            named = _PARTS.get(step.part, step.part)
            raise StepError(f"line {step.line}: {step.text}\n  This product has no {named}.")


_PARTS = {"jack": "headset", "audio": "voice"}


class ScenarioRunner:
    """Plays steps on a token. Files of the scenario are in `folder`; pictures of the screen at a
    failure go into `failures`."""

    def __init__(
        self, emulator: Emulator, folder: Path, failures: Path, listener: Listener | None = None
    ) -> None:
        """`listener` recognises speech; None: no step may expect any."""
        self.emulator, self.folder, self._failures, self.listener = (
            emulator,
            folder,
            failures,
            listener,
        )
        self.touched()

    def touched(self) -> None:
        """Note that the user acts now: times "within" count from here."""
        self.pressed_at, self.touched_at = self.emulator.now, self.emulator.elapsed

    def play(self, steps: list[Step]) -> None:
        """Play all steps; ScenarioError at the first expectation that fails. StepError for a step
        that cannot be done: before all others when the token lacks a part for it."""
        check(steps, self.emulator.board.parts)
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
                raise StepError(f"line {step.line}: {step.text}\n  {error}") from error

    def shown(self) -> list[str]:
        """Give the text on the screen, upright or rotated, whichever has more text."""
        return max(
            self.emulator.screen_text(),
            self.emulator.screen_text(rotated=True),
            key=lambda t: len("".join(t)),
        )


class UnmetError(Exception):
    """An expectation does not hold."""


def span(amount: str, unit: str, most: int = KEY_S) -> Decimal:
    """Give the seconds; ValueError when they are negative or more than `most`."""
    if amount.startswith("-"):
        raise ValueError("Time does not run backwards.")
    seconds = Decimal(amount) * UNITS[unit.lower()]
    if seconds > most:
        raise ValueError(f"That is longer than {most} s.")
    return seconds
