"""A token of a run together with its enrolment: its user at the server, and what QA knows of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from host_tools.otp.credential import Credential
from host_tools.qa.tokens.reading import Reading


class PressableToken(Protocol):
    """A token to press: emulated, or a real one operated by a person."""

    product: str

    @property
    def now(self) -> float:
        """The token's present time, Unix seconds."""
        ...

    def advance_to(self, moment: float) -> None:
        """Let time pass for the token until `moment` (Unix seconds); never goes back."""
        ...

    def press(self, name: str, files: Path | None = None) -> Reading:
        """Press the token and read its code; keep picture and sound as `name` in `files`."""
        ...


@dataclass
class EnrolledToken:
    """One user with one token. `credential` is None for a real token, whose secret is unknown."""

    user_id: str
    serial: str
    device: PressableToken
    period: int  # seconds
    credential: Credential | None = None
    free_at: float = 0.0  # Unix seconds from which a press gives a code not accepted before
    failures: int = 0  # wrong codes in a row
    busy: bool = False  # in use by the case that runs
