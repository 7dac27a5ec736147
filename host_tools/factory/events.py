"""What a worker says of the token at its port, for whoever shows it."""

from dataclasses import dataclass
from enum import StrEnum

from host_tools.errors import KodebrikError


class Step(StrEnum):
    """The steps of one token, in their order, and how they can end."""

    FLASHING = "flashing"
    OPENING = "opening"
    TESTING = "testing"
    KEYING = "keying"
    WRITING = "writing"
    CLOCK = "clock"
    CODE = "code"
    RECORDING = "recording"
    DONE = "done"
    ALREADY = "already"  # it was done before
    FAILED = "failed"  # put it aside
    INTERRUPTED = "interrupted"  # it is gone on with when it is there again
    AWAY = "away"  # the port is empty


ENDS = (Step.DONE, Step.ALREADY, Step.FAILED)
QUIET = (*ENDS, Step.INTERRUPTED, Step.AWAY)  # after which nobody works at the port


@dataclass(frozen=True)
class Event:
    """A step that has begun at `port`; `error` says why a step ended the work."""

    port: str
    step: Step
    serial: str | None = None
    error: KodebrikError | None = None
