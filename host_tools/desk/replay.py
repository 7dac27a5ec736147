"""Playing a scenario on a token at a desk, at a rate at which people can look on.

Virtual time passes in short pieces with real time between them, and by nothing else: the token does
the same in the same microseconds at any rate.
"""

import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from host_tools.desktop import scenario_errors
from host_tools.errors import ExitCode, KodebrikError

if TYPE_CHECKING:
    from emulator.scenario.runner import Step, StepError
    from emulator.snapshot import Snapshot
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
    """Plays scenarios on one token, one at a time. `rate` is how many virtual seconds of what is
    played pass in a real one, None while nothing is played."""

    def __init__(self, desk: "DeskToken") -> None:
        """Play nothing yet."""
        self._desk = desk
        self._playing, self.stopped = threading.Lock(), threading.Event()
        self.rate: float | None = None
        self.at_once = False
        self._then = 0.0  # the rate when it is over

    def play(self, steps: "list[Step]", rate: float, began: "Snapshot | None") -> None:
        """Play steps on the token as it was at `began`, None: from its present state on, `rate`
        virtual seconds in a real one, 0 at once; return when all are played or stop() was called.
        KodebrikError while another is played, for an expectation that fails, and for a step that
        cannot be done: before all others when this token lacks a part for it."""
        from emulator.scenario.runner import (  # noqa: PLC0415 - slow to load
            ScenarioError,
            ScenarioRunner,
            StepError,
            check,
        )

        try:
            check(steps, self._desk.emulator.board.parts)
            with (
                self._plays(rate, began),
                tempfile.TemporaryDirectory(prefix="kodebrik-") as folder,
            ):
                token: Any = _Paced(self._desk, self)
                runner = ScenarioRunner(token, Path(folder), None, self._desk.reader.clips)
                for step in steps:
                    if self.stopped.is_set():
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

    @contextmanager
    def _plays(self, rate: float, began: "Snapshot | None") -> Iterator[None]:
        """Let time pass by the scenario alone, and afterwards as it did, or as was asked for."""
        if not self._playing.acquire(blocking=False):
            raise _playing()
        try:
            self.stopped.clear()
            with self._desk.acting() as emulator:
                if began is not None:
                    emulator.restore(began)
                self._then, emulator.rate = emulator.rate, 0
                self.rate, self.at_once = rate, rate == 0
            yield
        finally:
            with self._desk.acting() as emulator:
                emulator.rate, self.rate = self._then, None
                self._playing.release()

    def check_idle(self) -> None:
        """Check that nothing is played; KodebrikError."""
        if self.rate is not None:
            raise _playing()

    def set_rate(self, rate: float) -> None:
        """Change the rate of what is played, and at which time passes afterwards; 0: it stands
        still. The caller acts."""
        self.rate = self._then = rate

    def stop(self) -> None:
        """End what is played, if anything is, within a piece of its time."""
        self.stopped.set()


def _playing() -> KodebrikError:
    return KodebrikError("desk-playing", ExitCode.CONFLICT)


class _Paced:
    """An emulator whose time passes at the rate of what is played, while others look on."""

    def __init__(self, desk: "DeskToken", replay: Replay) -> None:
        """Let time pass until `replay` is stopped."""
        self._desk, self._replay = desk, replay

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
        clock, replay = self._desk.emulator.clock, self._replay
        end = clock.now + round(seconds * 1_000_000)
        while clock.now < end and not replay.stopped.is_set():
            piece = seconds if replay.at_once else _PIECE * (replay.rate or 0)
            if piece:
                with self._desk.acting() as emulator:
                    emulator.advance(min(piece, (end - clock.now) / 1_000_000))
            if not replay.at_once:
                replay.stopped.wait(_PIECE)

    def run_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Let time pass until a condition holds, at once."""
        with self._desk.acting() as emulator:
            return emulator.run_until(condition, seconds)
