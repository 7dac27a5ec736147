"""What QA needs of a server, whoever wrote it."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from host_tools.otp.credential import Credential


@dataclass(frozen=True)
class Policy:
    """What a server promises: how many steps to either side it accepts, after how many wrong codes
    in a row it locks.

    `locks_after` 0: QA does not count on a lock. `less_ahead`: so many steps fewer are accepted
    early than late. `unsure`: of so many steps beyond these nothing is promised, so that QA leaves
    them out.
    """

    window: int = 1
    locks_after: int = 3
    less_ahead: int = 0
    unsure: int = 0

    @property
    def ahead(self) -> int:
        """Give how many steps early a code may be."""
        return max(0, self.window - self.less_ahead)

    @property
    def too_late(self) -> int:
        """Give from how many steps late on a code must be refused."""
        return self.window + self.unsure + 1

    @property
    def too_early(self) -> int:
        """Give the same for early codes."""
        return self.ahead + self.unsure + 1


@dataclass(frozen=True)
class Answer:
    """A server's answer. `reason` and `steps` are what an administrator is told, None where the
    server keeps it.

    `steps` counts from the expected step, negative for late; `retry_after` and `took` are seconds.
    """

    accepted: bool
    reason: str | None = None
    steps: int | None = None
    retry_after: float | None = None
    took: float = 0.0


class Enroller(Protocol):
    """Where users and tokens are made known, which may be another door of the same server."""

    def enrol(self, user_id: str, serial: str, credential: Credential, clock_set_at: float) -> None:
        """Make the user with this one active token."""
        ...

    def withdraw(self, user_id: str, serial: str) -> None:
        """Remove both again."""
        ...

    def close(self) -> None:
        """Let go of the server."""
        ...


class Target(Enroller, Protocol):
    """A server. Its methods raise KodebrikError when it cannot be reached or refuses the question
    itself."""

    name: str
    policy: Policy
    tells_reason: bool

    def submit(self, user_id: str, code: str, challenge: str | None = None) -> Answer:
        """Submit one code, or the answer to a challenge. May be called from several threads at
        once."""
        ...

    def clock_ahead(self) -> float | None:
        """Give how many seconds the server's clock is ahead of ours, None when nothing tells."""
        ...


@runtime_checkable
class Challenging(Protocol):
    """A Target that can challenge a token."""

    def challenge(self, user_id: str, question: str) -> None:
        """Have the server challenge a user's token with that question."""
        ...


@runtime_checkable
class Resynchronising(Protocol):
    """A Target whose administrator can resynchronise."""

    def resynchronise(self, serial: str, codes: tuple[str, str]) -> Answer:
        """Have an administrator find the token's clock anew by two consecutive codes."""
        ...
