"""Writes tokens as CSV for one server, a line at a time. The secrets stand in it in the clear.

- "privacyidea": serial, hexadecimal secret, kind, digits, period or counter, hash; the same as
  LinOTP's (privacyIDEA 3.14, lib/importotp.py, parseOATHcsv)
- "entra": the columns of Microsoft Entra's upload; whose token it is, is left blank
  https://learn.microsoft.com/entra/identity/authentication/how-to-mfa-upload-oath-tokens
- "keycloak": serial and the credential as JSON, as an administrator's program puts it to a user by
  the REST interface (Keycloak, CredentialRepresentation and OTPCredentialData); Keycloak itself
  imports no file of tokens
- "server": columns by their names, for this validation server
"""

import base64
import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator

from firmware.protocol.messages import DIGITS
from host_tools.exchange.key_package import KeyPackage, bad

_ENTRA = ["upn", "serial number", "secret key", "time interval", "manufacturer", "model"]
_SERVER = ["serial", "secret hex", "kind", "hash", "digits", "period", "counter", "suite", "name"]


def lines(keys: Iterable[KeyPackage], target: str) -> Iterator[bytes]:
    """Give the lines of a file for `target`, one of TARGETS; KodebrikError for a token that it does
    not take."""
    head, fields = _WRITERS[target]
    if head:
        yield _line(head)
    for key in keys:
        yield _line(fields(key))


def _line(fields: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(fields)
    return text.getvalue().encode()


def _privacyidea(key: KeyPackage) -> list[str]:
    it = key.credential
    if key.suite is not None:
        raise _unfit(key, "privacyidea")
    moving = it.counter if it.period is None else it.period
    algorithm = it.algorithm.lower()
    return [key.serial, _hex(key), it.kind, str(it.digits), str(moving), algorithm]


def _entra(key: KeyPackage) -> list[str]:
    it = key.credential
    fits = it.kind == "totp" and it.algorithm == "SHA1" and it.digits == DIGITS[0]
    if not fits or key.suite is not None:
        raise _unfit(key, "entra")
    return ["", key.serial, _base32(key), str(it.period), key.manufacturer or "", key.model or ""]


def _keycloak(key: KeyPackage) -> list[str]:
    it = key.credential
    if key.suite is not None or it.digits not in (DIGITS[0], DIGITS[2]):
        raise _unfit(key, "keycloak")
    data = {
        "subType": it.kind,
        "digits": it.digits,
        "counter": it.counter or 0,
        "period": it.period or 30,
        "algorithm": "Hmac" + it.algorithm,
        "secretEncoding": "BASE32",
    }
    credential = {
        "type": "otp",
        "userLabel": key.serial,
        "credentialData": json.dumps(data),
        "secretData": json.dumps({"value": _base32(key)}),
    }
    return [key.serial, json.dumps(credential)]


def _server(key: KeyPackage) -> list[str]:
    it = key.credential
    numbers = [it.digits, it.period, it.counter]
    shown = ["" if number is None else str(number) for number in numbers]
    kind = "ocra" if key.suite else it.kind
    return [key.serial, _hex(key), kind, it.algorithm, *shown, key.suite or "", it.name]


_WRITERS: dict[str, tuple[list[str], Callable[[KeyPackage], list[str]]]] = {
    "privacyidea": ([], _privacyidea),
    "keycloak": (["serial", "credential"], _keycloak),
    "entra": (_ENTRA, _entra),
    "server": (_SERVER, _server),
}
TARGETS = tuple(_WRITERS)


def _hex(key: KeyPackage) -> str:
    return key.credential.secret.reveal().hex()


def _base32(key: KeyPackage) -> str:
    return base64.b32encode(key.credential.secret.reveal()).decode().rstrip("=")


def _unfit(key: KeyPackage, target: str) -> Exception:
    return bad("export-token-unfit", serial=key.serial, target=target)
