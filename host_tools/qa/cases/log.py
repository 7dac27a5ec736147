"""What a case did, as plain data: each code that was read, and each code that was submitted.

Times are Unix seconds of the run's time source.
"""

from dataclasses import dataclass
from pathlib import Path

from host_tools.errors import KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.otp import codes
from host_tools.qa.targets.target import Answer
from host_tools.qa.tokens.reading import Reading


class MisreadError(Exception):
    """Display, played clips and recognised speech do not give the same code: a fault of the token,
    not of the server."""


class NoAnswerError(Exception):
    """The server did not answer a submitted code; `error` says so. Whether it took the code is not
    known."""

    def __init__(self, error: KodebrikError) -> None:
        """Keep the client's error."""
        super().__init__(error.message)
        self.error = error


@dataclass(frozen=True)
class Press:
    """One press of a token: the token's user-ID, and what was read and when. `number` counts the
    presses of the run from 1."""

    user_id: str
    number: int
    reading: Reading

    @property
    def code(self) -> str:
        """The code that was read; MisreadError when display and sound do not give the same."""
        code = self.reading.code()
        if code is None:
            raise MisreadError(_misread(self.reading))
        return code

    @property
    def at(self) -> float:
        """When the token was pressed, Unix seconds."""
        return self.reading.pressed_at


@dataclass(frozen=True)
class Expected:
    """What a server must answer. `reason` and `steps` are compared only where the server tells a
    reason; None allows any."""

    accepted: bool
    reason: str | None = None
    steps: int | None = None

    def met_by(self, answer: Answer) -> bool:
        """Say whether `answer` is what was expected; reason and steps are compared only when the
        server told a reason."""
        if answer.accepted != self.accepted:
            return False
        told = answer.reason is not None
        if told and self.reason is not None and answer.reason != self.reason:
            return False
        return not told or self.steps is None or answer.steps == self.steps


ACCEPTED = Expected(True, "accepted")


def refused(reason: str, steps: int | None = None) -> Expected:
    """Expect a refusal for `reason`, and by that many `steps` if given."""
    return Expected(False, reason, steps)


@dataclass(frozen=True)
class Submission:
    """One code submitted for `user_id`, what was expected and what was answered.

    `press` is the reading that the code comes from, None for an app device's; `note` says how it
    comes from it.
    """

    user_id: str
    press: Press | None
    code: str
    note: str
    at: float
    expected: Expected
    answer: Answer

    @property
    def passed(self) -> bool:
        """Whether the answer is the expected one."""
        return self.expected.met_by(self.answer)


@dataclass(frozen=True)
class Screen:
    """What the app of a user showed when its case had failed: `says` is what a screen reader finds
    there, as a tree of roles and names; `picture` is kept where the run keeps files."""

    user_id: str
    says: str
    picture: Path | None = None


def _misread(reading: Reading) -> str:
    display = (
        codes.grouped(reading.shown)
        if reading.shown
        else " / ".join(reading.lines) or Message("qa.display-dark")
    )
    if reading.spoken is None:
        return Message("qa.misread", display=display)
    no_code = Message("vectors.no-code")
    return Message(
        "qa.misheard",
        display=display,
        played=reading.spoken.played or no_code,
        understood=reading.spoken.understood or no_code,
    )
