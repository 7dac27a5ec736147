"""Codes as protocols with one password field carry them (privacyIDEA's check, RADIUS): the PIN, if
any, before them."""

from anyio.to_thread import run_sync

from host_tools.errors import KodebrikError
from host_tools.validator.http.fields import printable
from host_tools.validator.http.metrics import timed_check
from host_tools.validator.records import PIN_LENGTHS
from host_tools.validator.rule.verdict import CheckRequest, Verdict
from host_tools.validator.service import Validator

_MIN_CODE = 4  # digits, of an OCRA suite
_DIGITS = 6  # of who is unknown


async def check_password(
    validator: Validator,
    asker: str,
    password: str,
    *,
    user: str | None = None,
    serial: str | None = None,
    challenge: str | None = None,
) -> Verdict:
    """Check a password of a user, of a token, or of a user and the token that must be theirs."""
    if (
        user is not None
        and serial is not None
        and await run_sync(_serial_of, validator, user) != serial
    ):
        user = ""  # not that user's token: refused like an unknown user
    pin, code = None, password
    size = len(password.replace(" ", ""))
    if size >= PIN_LENGTHS[0] + _MIN_CODE:  # a shorter one cannot hold both
        digits = await run_sync(_digits, validator, user, serial)
        if size >= PIN_LENGTHS[0] + digits:
            pin, code = password[:-digits], password[-digits:]
    asked = CheckRequest(
        code=printable(code),
        user_id=None if user is None else printable(user),
        serial=printable(serial) if user is None and serial is not None else None,
        challenge=None if challenge is None else printable(challenge),
        pin=pin,
        actor=asker,
    )
    return await timed_check(validator, asked)


def _serial_of(validator: Validator, user: str) -> str | None:
    """Give the serial of a user's active token."""
    try:
        return validator.user(printable(user)).serial
    except KodebrikError:
        return None


def _digits(validator: Validator, user: str | None, serial: str | None) -> int:
    """Give how many digits the codes of a user or token have."""
    if user is not None:
        return validator.code_digits(user_id=printable(user)) or _DIGITS
    return validator.code_digits(serial=printable(serial or "")) or _DIGITS
