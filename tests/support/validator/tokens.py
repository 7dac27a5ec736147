"""Tokens for the tests of the validator; their codes come from pyotp, which is independent of our
code."""

import base64
import secrets
from dataclasses import dataclass, field

import pyotp

from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.records import NewToken
from host_tools.validator.service import Validator
from tests.support.validator.clock import VirtualClock


@dataclass
class EnrolledToken:
    """A token at the server: its secret, serial number and user-ID."""

    serial: str
    user_id: str
    clock: VirtualClock
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(20))

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
