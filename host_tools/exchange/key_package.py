"""A key package (RFC 6030): one token's serial number, secret and parameters, as files carry
them."""

from dataclasses import dataclass

from firmware.protocol.messages import MAX_NAME
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Argument
from host_tools.otp import codes
from host_tools.otp.credential import Credential
from host_tools.secret import Secret

MAX_SERIAL = 64  # characters


@dataclass(frozen=True)
class KeyPackage:
    """A token's serial number and credential; with a `suite` (RFC 6287) the token answers
    challenges.

    `clock_set_at` is when the token's clock was last set (Unix seconds), `clock_ppm` its largest
    drift in either direction; both are None when unknown.
    """

    serial: str
    credential: Credential
    suite: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    clock_set_at: float | None = None
    clock_ppm: float | None = None


def make(  # noqa: PLR0913 - the fields of the file formats
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
    """Make a key package of `kind` "totp", "hotp" or "ocra", after checking it.

    `where` (such as "Line 3") begins the message of the KodebrikError for invalid values.
    """
    check_serial(where, serial)
    has_counter = kind == "hotp"
    if kind == "ocra":
        try:
            parsed = codes.parse_suite(suite or "")
        except ValueError as error:
            raise bad("key-suite-unusable", where=where, why=error.args[0]) from None
        algorithm, digits, has_counter = parsed.algorithm, parsed.digits, parsed.has_counter
    try:
        credential = Credential(
            name=_name(name, serial),
            secret=secret,
            algorithm=algorithm,
            digits=digits,
            period=None if has_counter else period,
            counter=(counter or 0) if has_counter else None,
        )
    except KodebrikError as error:
        raise bad("key-invalid", where=where, what=error.message, advice=error.hint) from None
    return KeyPackage(serial, credential, suite if kind == "ocra" else None, manufacturer, model)


def check_serial(where: str, serial: str) -> str:
    """Give `serial` back; KodebrikError, beginning with `where`, when it is not usable."""
    if (
        not serial
        or len(serial) > MAX_SERIAL
        or not serial.isprintable()
        or any(map(str.isspace, serial))
    ):
        raise bad("key-serial-invalid", where=where, most=MAX_SERIAL)
    return serial


def bad(identifier: str, **arguments: Argument) -> KodebrikError:
    """Make the error for a file that cannot be imported; its hint says that nothing was."""
    return KodebrikError(identifier, ExitCode.BAD_INPUT, **arguments)


def _name(name: str, serial: str) -> str:
    """Cut a foreign name to what an account may be called; the serial number if nothing is left."""
    clean = "".join(letter for letter in name if letter.isprintable()).strip() or serial
    return clean.encode()[:MAX_NAME].decode(errors="ignore").strip()
