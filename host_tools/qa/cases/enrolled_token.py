"""Whoever holds a token in a run: the user-ID at the server, the token in the hand, and what QA
knows of both."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from host_tools.otp.credential import Credential
from host_tools.qa.tokens.reading import Reading


class TokenInHand(Protocol):
    """A token that can be pressed: emulated, or a person's."""

    product: str

    @property
    def now(self) -> float:
        """Give the world's time where the token stands."""
        ...

    def move_on(self, moment: float) -> None:
        """Let time pass for the token."""
        ...

    def press(self, name: str, files: Path | None = None) -> Reading:
        """Press it and read its code."""
        ...


@dataclass
class Holder:
    """One user with one token. `credential` is None for a token whose secret QA does not know."""

    user_id: str
    serial: str
    token: TokenInHand
    period: int  # seconds
    credential: Credential | None = None
    free_at: float = 0.0  # from when on a press gives a code that was not accepted before
    failures: int = 0  # wrong codes in a row
    busy: bool = False  # taken by the case that runs
