"""Tokens for the tests of the validator; their codes come from pyotp, which is independent of our
code."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import pyotp

from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.records import NewToken, Page
from host_tools.validator.service import Validator
from tests.support.validator.clock import VirtualClock

T = TypeVar("T")


def secret_of(serial: str) -> bytes:
    """Give the 20 bytes of a test's token. Drawn at random, a wrong code or one of another time
    would once in a while be right."""
    return hashlib.sha1(serial.encode()).digest()


@dataclass
class EnrolledToken:
    """A token at the server: its secret, serial number and user-ID."""

    serial: str
    user_id: str
    clock: VirtualClock
    secret: bytes = b""

    def __post_init__(self) -> None:
        """Make the secret unless one is given."""
        self.secret = self.secret or secret_of(self.serial)

    def new(self, **options) -> NewToken:
        return NewToken(self.serial, Credential("test", Secret(self.secret)), **options)

    def code(self, steps: int = 0) -> str:
        """Give the token's code, `steps` from now."""
        return pyotp.TOTP(base64.b32encode(self.secret).decode()).at(
            int(self.clock.now) + 30 * steps
        )


def activated(
    validator: Validator, clock: VirtualClock, *names: str, **options
) -> list[EnrolledToken]:
    """Import a token for each user and activate it."""
    holders = [EnrolledToken(f"{name}-1", name, clock) for name in names]
    validator.import_tokens([holder.new(**options) for holder in holders], actor="test")
    for holder in holders:
        validator.assign(holder.serial, holder.user_id, actor="test")
        validator.activate_by_administrator(holder.serial, actor="test")
    return holders


def number_of(validator: Validator, text: str) -> int:
    """Count the tokens that a search finds, page by page."""
    return sum(len(page.items) for page in pages(partial(validator.tokens, text=text, limit=500)))


def pages(ask: Callable[..., Page[T]]) -> Iterator[Page[T]]:
    """Give all pages of a list, which `ask` gives at a cursor."""
    page = ask()
    yield page
    while page.next is not None:
        page = ask(cursor=page.next)
        yield page
