"""The interface of a server that QA tests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from host_tools.otp.credential import Credential

LOG_SIZE = 100  # entries that a server is asked for


@dataclass(frozen=True)
class Policy:
    """What a server accepts: `window` steps to either side; it locks after `locks_after` wrong
    codes in a row (0: it is not tested for that).

    `early_reduction`: steps by which the early side of the window is shorter than the late side.
    `undefined`: steps beyond the window whose codes may be accepted or refused, so that QA does
    not use them.
    """

    window: int = 1
    locks_after: int = 3
    early_reduction: int = 0
    undefined: int = 0

    @property
    def ahead(self) -> int:
        """Steps by which an accepted code may be early."""
        return max(0, self.window - self.early_reduction)

    @property
    def too_late(self) -> int:
        """Steps late from which a code must be refused."""
        return self.window + self.undefined + 1

    @property
    def too_early(self) -> int:
        """Steps early from which a code must be refused."""
        return self.ahead + self.undefined + 1


@dataclass(frozen=True)
class Answer:
    """A server's answer. `reason` and `steps` are told to administrators, None by other servers.

    `steps` counts from the expected step, negative for late; `retry_after` and `took` are seconds.
    """

    accepted: bool
    reason: str | None = None
    steps: int | None = None
    retry_after: float | None = None
    took: float = 0.0


@dataclass(frozen=True)
class LogEntry:
    """What a server wrote down of a token: when (Unix seconds), and a line of text."""

    at: float
    text: str


def log_entry(at: float, actor: str, action: str, detail: Mapping[str, object]) -> LogEntry:
    """Give an entry of our server's audit as a line."""
    details = ", ".join(f"{name} {value}" for name, value in detail.items() if value is not None)
    return LogEntry(at, f"{action} by {actor}" + (f": {details}" if details else ""))


class Enroller(Protocol):
    """A server at which users and tokens are enrolled."""

    def enrol(self, user_id: str, serial: str, credential: Credential, clock_set_at: float) -> None:
        """Make the user, with this token active."""
        ...

    def withdraw(self, user_id: str, serial: str) -> None:
        """Delete token and user."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Target(Enroller, Protocol):
    """A server under test. KodebrikError when it cannot be reached or rejects a request."""

    name: str
    policy: Policy
    tells_reason: bool

    def submit(self, user_id: str, code: str, challenge: str | None = None) -> Answer:
        """Submit a code, or the answer to a challenge. May be called from several threads."""
        ...

    def clock_ahead(self) -> float | None:
        """Give by how many seconds the server's clock is ahead, None when it does not tell."""
        ...


@runtime_checkable
class ChallengeTarget(Protocol):
    """A Target that can challenge a user's token."""

    def challenge(self, user_id: str, question: str) -> None:
        """Issue the challenge `question` to the user's token."""
        ...


@runtime_checkable
class InspectableTarget(Protocol):
    """A Target that can be asked, before anything is tested, whether it can be."""

    def check_access(self) -> None:
        """Raise KodebrikError when the server takes no orders from us."""
        ...

    def check_token(self, user_id: str, serial: str) -> None:
        """Raise KodebrikError unless the token is active, and this user's."""
        ...


@runtime_checkable
class LoggingTarget(Protocol):
    """A Target that tells what it wrote down."""

    def log(self, serial: str, since: float) -> tuple[LogEntry, ...]:
        """Give the token's entries from `since` (Unix seconds) on, oldest first, at most
        LOG_SIZE."""
        ...


@runtime_checkable
class ResynchronisingTarget(Protocol):
    """A Target that can resynchronise a token's clock."""

    def resynchronise(self, serial: str, codes: tuple[str, str]) -> Answer:
        """Resynchronise the token by two consecutive codes."""
        ...
