"""Playing a scenario's steps on a token; units, time spans and errors of the steps."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from emulator.scenario.reasons import Reason, UndoableError, UnmetError
from emulator.session import Emulator
from emulator.sound import Heard
from emulator.surroundings import KEY_S, UNIX_TIME

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
FILE = r"([^\s\0][^\0]*)"
TAP_MS = 120
Listener = Callable[[Heard], list[str]]  # gives the names of the clips heard, in order


class ScenarioError(Exception):
    """A failed expectation, or a line that is no step: the line's number and text, and why; then
    the text that the screen shows and the file of its picture, where there are such.

    The message is English and begins with the line number.
    """

    def __init__(
        self,
        line: int,
        text: str,
        reason: Reason,
        shown: list[str] | None = None,
        picture: Path | None = None,
    ) -> None:
        """`shown` is None where no screen was looked at."""
        self.line, self.text, self.reason = line, text, reason
        self.shown, self.picture = shown, picture
        told = [f"line {line}: {text}", f"  {reason}"]
        if shown:
            told += ["  The screen shows:", *("    " + shown_line for shown_line in shown)]
        elif shown is not None:
            told.append("  The screen is dark or shows no text.")
        if picture is not None:
            told.append(f"  Picture: {picture}")
        super().__init__("\n".join(told))


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
            raise StepError(step.line, step.text, Reason("no-" + step.part, {}))


class ScenarioRunner:
    """Plays steps on a token. Files of the scenario are in `folder`; pictures of the screen at a
    failure go into `failures`, None: there are none."""

    def __init__(
        self,
        emulator: Emulator,
        folder: Path,
        failures: Path | None,
        listener: Listener | None = None,
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

    def check_end(self, seconds: float) -> None:
        """Check that so much time can pass yet; UndoableError."""
        if self.emulator.now + seconds > UNIX_TIME[1]:
            raise UndoableError("past-end", latest=LATEST)

    def play(self, steps: list[Step]) -> None:
        """Play all steps; ScenarioError at the first expectation that fails. StepError for a step
        that cannot be done: before all others when the token lacks a part for it."""
        check(steps, self.emulator.board.parts)
        for step in steps:
            try:
                step.action(self)
            except UnmetError as unmet:
                raise ScenarioError(
                    step.line,
                    step.text,
                    unmet.reason,
                    self.emulator.screen_text(),
                    self._picture(step),
                ) from None
            except UndoableError as error:
                raise StepError(step.line, step.text, error.reason) from None
            except OSError as error:
                why = {"path": str(error.filename), "why": str(error.strerror)}
                raise StepError(step.line, step.text, Reason("file", why)) from error

    def _picture(self, step: Step) -> Path | None:
        if self._failures is None:
            return None
        self._failures.mkdir(parents=True, exist_ok=True)
        picture = self._failures / f"line-{step.line}.png"
        self.emulator.screen().to_png(picture)
        return picture

    def shown(self) -> list[str]:
        """Give the text on the screen, upright or rotated, whichever has more text."""
        return max(
            self.emulator.screen_text(),
            self.emulator.screen_text(rotated=True),
            key=lambda t: len("".join(t)),
        )


def moment(unix: float) -> str:
    """Give a time as scenarios have it."""
    return datetime.fromtimestamp(unix, UTC).isoformat().replace("+00:00", "Z")


EARLIEST, LATEST = map(moment, UNIX_TIME)


def span(amount: str, unit: str, most: int = KEY_S) -> Decimal:
    """Give the seconds; UndoableError when they are negative or more than `most`."""
    if amount.startswith("-"):
        raise UndoableError("backwards")
    seconds = Decimal(amount) * UNITS[unit.lower()]
    if seconds > most:
        raise UndoableError("too-long", most=most)
    return seconds
