"""One token as a file of tokens describes it: a serial number with its secret and parameters."""

from collections.abc import Iterable
from dataclasses import dataclass

from firmware.protocol.messages import MAX_NAME
from host_tools.errors import ExitCode, KodebrikError
from host_tools.otp import codes
from host_tools.otp.credential import Credential
from host_tools.secret import Secret

MAX_SERIAL = 64  # characters


@dataclass(frozen=True)
class KeyPackage:
    """A token's serial number and credential. `suite` (RFC 6287) makes it a challenge-response
    token.

    `clock_set_at` is when the token's clock was last set, Unix seconds, and `clock_ppm` what it can
    be off by in either direction, where that is known.
    """

    serial: str
    credential: Credential
    suite: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    clock_set_at: float | None = None
    clock_ppm: float | None = None


def make(  # noqa: PLR0913 - what the file formats know of a key
    where: str,
    *,
    serial: str,
    secret: Secret,
    kind: str,
    name: str = "",
    algorithm: str = "SHA1",
    digits: int = 6,
    period: int = 30,
    counter: int | None = None,
    suite: str | None = None,
    manufacturer: str | None = None,
    model: str | None = None,
) -> KeyPackage:
    """Make the record of a key of `kind` "totp", "hotp" or "ocra"; KodebrikError says `where` it is
    not right."""
    check_serial(where, serial)
    counts = kind == "hotp"
    if kind == "ocra":
        try:
            parsed = codes.parse_suite(suite or "")
        except ValueError as error:
            raise bad(
                f"{where} has no usable OCRA suite: {error}.", "Ask the sender for its suite."
            ) from None
        algorithm, digits, counts = parsed.algorithm, parsed.digits, parsed.has_counter
    try:
        credential = Credential(
            name=_name(name, serial),
            secret=secret,
            algorithm=algorithm,
            digits=digits,
            period=None if counts else period,
            counter=(counter or 0) if counts else None,
        )
    except KodebrikError as error:
        raise bad(f"{where}: {error.message}", error.hint) from None
    return KeyPackage(serial, credential, suite if kind == "ocra" else None, manufacturer, model)


def check_serial(where: str, serial: str) -> str:
    """Give back a usable serial number; KodebrikError says `where` it is not one."""
    if (
        not serial
        or len(serial) > MAX_SERIAL
        or not serial.isprintable()
        or any(map(str.isspace, serial))
    ):
        raise bad(
            f"{where} has no usable serial number.",
            f"A serial number has 1 to {MAX_SERIAL} printable characters, no blanks.",
        )
    return serial


def check_distinct(keys: Iterable[tuple[str, str]]) -> None:
    """Raise KodebrikError when two of (serial, where) have the same serial number."""
    first: dict[str, str] = {}
    for serial, where in keys:
        if serial in first:
            raise bad(
                f"A serial number stands twice: at {first[serial]} and at {where}.",
                "A token has one serial number and one secret; take one of the two out.",
            )
        first[serial] = where


def bad(message: str, hint: str) -> KodebrikError:
    """Make the error for a file that cannot be imported."""
    return KodebrikError(message, f"{hint} Nothing was imported.", ExitCode.BAD_INPUT)


def _name(name: str, serial: str) -> str:
    """Fit a foreign name to what a token's account may be called, else take the serial number."""
    clean = "".join(letter for letter in name if letter.isprintable()).strip() or serial
    return clean.encode()[:MAX_NAME].decode(errors="ignore").strip()
