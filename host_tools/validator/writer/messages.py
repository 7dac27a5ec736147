"""What goes between the workers and the writer, over a local socket in a private folder (a named
pipe on Windows) whose ends know a key of the server's start.

A worker sends lists of checks, and gets as many outcomes in the same order; or None, which asks
whether the writer can decide checks, and gets None or the fault. Checks and verdicts are packed as
tuples, which are pickled in a third of the time.
"""

from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from host_tools.errors import KodebrikError
from host_tools.validator.group_commit import Outcome
from host_tools.validator.rule.verdict import CheckRequest, Reason, Verdict

Packed = tuple[Any, ...]

pack_request = attrgetter(*(field.name for field in fields(CheckRequest)))


@dataclass(frozen=True)
class Address:
    """Where the writer listens, and the key by which both ends know each other."""

    place: str
    key: str

    @property
    def secret(self) -> bytes:
        """Give the key as bytes."""
        return self.key.encode()


def pack_outcome(outcome: Outcome) -> Packed | Exception:
    """Pack an outcome; of a defect no more than its kind."""
    if isinstance(outcome, Verdict):
        return outcome.reason.value, outcome.serial, outcome.steps, outcome.retry_after
    if isinstance(outcome, KodebrikError):
        return outcome
    return RuntimeError(type(outcome).__name__)


def unpack_outcome(packed: Packed | Exception) -> Outcome:
    """Give the outcome back."""
    if isinstance(packed, Exception):
        return packed
    reason, *facts = packed
    return Verdict(Reason(reason), *facts)
