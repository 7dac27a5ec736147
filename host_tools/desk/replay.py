"""Playing a scenario on a token at a desk, at a rate at which people can look on.

Virtual time passes in short pieces with real time between them, and by nothing else: the token does
the same in the same microseconds at any rate.
"""

import re
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from host_tools.desktop import scenario_errors
from host_tools.errors import ExitCode, KodebrikError

if TYPE_CHECKING:
    from emulator.scenario.runner import Step, StepError
    from host_tools.desk.token import DeskToken

_PIECE = 0.05  # real seconds
_FILES = re.compile(r"screenshot\b|record\b|expect\s+code\b", re.IGNORECASE)


def steps_of(text: str) -> "list[Step]":
    """Give the steps of a scenario. KodebrikError for a line that is none, or names a file: those
    are this machine's, and the scenario may be somebody's."""
    from emulator.scenario.runner import StepError  # noqa: PLC0415 - slow to load
    from emulator.scenario.scenario import parse  # noqa: PLC0415 - as above

    try:
        steps = parse(text)
    except StepError as error:
        raise _no_step(error) from None
    for step in steps:
        if _FILES.match(step.text):
            raise KodebrikError("desk-step-files", ExitCode.BAD_INPUT, line=step.line)
    return steps


def _no_step(error: "StepError") -> KodebrikError:
    return KodebrikError("desk-no-step", ExitCode.BAD_INPUT, what=scenario_errors.told(error))


class Replay:
    """Plays scenarios on one token, one at a time."""

    def __init__(self, desk: "DeskToken") -> None:
        """Play nothing yet."""
        self._desk = desk
        self._playing, self._stopped = threading.Lock(), threading.Event()

    def play(self, steps: "list[Step]", rate: float) -> None:
        """Play steps from the token's present state on, `rate` virtual seconds in a real one, 0 at
        once; return when all are played or stop() was called. KodebrikError while another is
        played, for an expectation that fails, and for a step that cannot be done: before all
        others when this token lacks a part for it."""
        from emulator.scenario.runner import (  # noqa: PLC0415 - slow to load
            ScenarioError,
            ScenarioRunner,
            StepError,
            check,
        )

        if not self._playing.acquire(blocking=False):
            raise KodebrikError("desk-playing", ExitCode.CONFLICT)
        emulator = self._desk.emulator
        before = emulator.rate
        try:
            self._stopped.clear()
            check(steps, emulator.board.parts)
            emulator.rate = 0  # time passes here alone
            with tempfile.TemporaryDirectory(prefix="kodebrik-") as folder:
                paced = _Paced(self._desk, rate, self._stopped)
                runner = ScenarioRunner(paced, Path(folder), None)  # type: ignore[arg-type]
                for step in steps:
                    if self._stopped.is_set():
                        break
                    runner.play([step])
                    with self._desk.acting():
                        pass  # publishes what came of it
        except StepError as error:
            raise _no_step(error) from None
        except ScenarioError as error:
            raise KodebrikError(
                "desk-scenario-failed", ExitCode.CONFLICT, what=scenario_errors.told(error)
            ) from None
        finally:
            emulator.rate = before
            self._playing.release()

    def stop(self) -> None:
        """End what is played, if anything is, within a piece of its time."""
        self._stopped.set()


class _Paced:
    """An emulator whose time passes at a rate, while others look on."""

    def __init__(self, desk: "DeskToken", rate: float, stopped: threading.Event) -> None:
        """Let time pass at `rate` until `stopped`."""
        self._desk, self._rate, self._stopped = desk, rate, stopped

    def __getattr__(self, name: str) -> Any:
        """Be the emulator in everything else."""
        return getattr(self._desk.emulator, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set what belongs to the emulator there."""
        if name.startswith("_"):
            super().__setattr__(name, value)
        else:
            setattr(self._desk.emulator, name, value)

    def advance(self, seconds: float) -> None:
        """Let time pass in pieces."""
        clock = self._desk.emulator.clock
        end = clock.now + round(seconds * 1_000_000)
        piece = _PIECE * self._rate if self._rate else seconds
        while clock.now < end and not self._stopped.is_set():
            with self._desk.acting() as emulator:
                emulator.advance(min(piece, (end - clock.now) / 1_000_000))
            if self._rate:
                self._stopped.wait(_PIECE)

    def run_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Let time pass until a condition holds, at once."""
        with self._desk.acting() as emulator:
            return emulator.run_until(condition, seconds)
