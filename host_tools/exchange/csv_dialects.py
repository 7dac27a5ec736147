"""Reads tokens from CSV files in the dialects that vendors and other servers write (examples in
docs/tokens.md).

- with a header: Microsoft Entra's upload ("serial number", "secret key" in base32, "time
  interval" …), which token vendors deliver; or other column names out of _NAMES
  https://learn.microsoft.com/entra/identity/authentication/how-to-mfa-upload-oath-tokens
- "OATH CSV" of privacyIDEA, LinOTP and NetIQ: serial, hexadecimal secret, kind, digits, period or
  counter or suite (privacyIDEA 3.14, lib/importotp.py)
  https://www.netiq.com/documentation/advanced-authentication-63/helpdesk-administrator-guide/data/t44plcqbgwxg.html
- the export of privacyIDEA's pi-tokenjanitor: as OATH CSV, with the user before it (it does not
  name the hash)
- pairs of serial and hexadecimal secret, and maybe period or counter (Duo, PingID, IBM); their kind
  must be given
  https://docs.pingidentity.com/r/en-us/pingid/pingid_configuring_oath_token_authentication
- the configuration log of the YubiKey Personalization Tool, "traditional" and "Yubico" format
  (lib/importotp.py again)
"""

import csv
import re
from collections.abc import Sequence
from typing import Any

from host_tools.errors import KodebrikError
from host_tools.exchange import key_package, text_encoding
from host_tools.exchange.key_package import KeyPackage, bad
from host_tools.exchange.pskc_xml import MAX_SIZE
from host_tools.exchange.token_file import NO_OPTIONS, ReadOptions, Remarks, TokenFile
from host_tools.messages.catalogue import Message
from host_tools.otp import secret_text
from host_tools.secret import Secret

KINDS = ("totp", "hotp", "ocra")
_NAMES = {
    "serial": ("serial", "serial number", "serialno", "serial no", "token serial"),
    "secret": ("secret", "secret key", "seed", "key", "otpkey"),
    "kind": ("kind", "type", "token type"),
    "algorithm": ("algorithm", "hash", "hashlib"),
    "digits": ("digits", "otplen", "otp length", "length"),
    "period": ("period", "time interval", "timeinterval", "interval", "timestep", "time step"),
    "counter": ("counter",),
    "suite": ("suite", "ocra suite"),
    "manufacturer": ("manufacturer", "vendor"),
    "model": ("model",),
    "name": ("name", "account", "description"),
}
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names}
_NUMBERS = ("digits", "period", "counter")
_HEX = re.compile(r"[0-9A-Fa-f]+")
_SPREADSHEET = re.compile(r"[0-9][.,][0-9]+E\+?[0-9]+", re.IGNORECASE)
_ALGORITHM_OF_SIZE = {
    32: "SHA256",
    64: "SHA512",
}  # bytes of the secret; as privacyIDEA assumes
_YUBICO_COLUMNS = 6
_MOST_SHOWN = 24  # characters; a secret of 128 bits has 26 and more

Row = tuple[int, list[str]]  # line number, fields


def read(content: bytes, options: ReadOptions = NO_OPTIONS) -> TokenFile:
    """Give all tokens of a file; KodebrikError names the first invalid line."""
    kind, progress = options.kind, options.progress
    rows = _rows(content)
    dialect = _dialect(rows)
    if dialect is _named:
        header, rows = _header(rows[0][1]), rows[1:]
        records = [_named(row, header) for row in rows]
    else:
        records = [dialect(row) for row in rows]
    found = []
    for number, ((line, fields), record) in enumerate(zip(rows, records, strict=True), 1):
        where = (
            Message("place-line-of-token", line=line, serial=_shown(record["serial"]))
            if record.get("serial")
            else Message("place-line", line=line)
        )
        found.append((_token(where, record, fields, kind), where))
        if progress:
            progress(number, len(rows))
    if not found:
        raise bad("file-without-token")
    key_package.check_distinct((token.serial, where) for token, where in found)
    return TokenFile("csv", [token for token, _ in found], Remarks())


def _rows(content: bytes) -> list[Row]:
    if len(content) > MAX_SIZE:
        raise bad("csv-too-large", megabytes=MAX_SIZE // 2**20)
    text = text_encoding.decode(content)
    lines = text.splitlines()
    # privacyIDEA puts its format's version into a comment; version 2 has user, resolver and realm
    # before the rest.
    skipped = 3 if any(re.match(r"#\s*version:\s*2\b", line) for line in lines[:1]) else 0
    kept = [
        (number, line)
        for number, line in enumerate(lines, 1)
        if line.strip(" ,;\t") and line[:1] != "#"
    ]
    first = kept[0][1] if kept else ""
    delimiter = max(",;\t", key=first.count)
    rows = []
    for number, line in kept:
        try:
            fields = next(csv.reader([line], delimiter=delimiter, strict=True))
        except csv.Error:
            raise bad("csv-invalid", line=number) from None
        rows.append((number, [field.strip() for field in fields][skipped:]))
    return [(number, fields) for number, fields in rows if fields[:1] != ["LOGGING START"]]


def _dialect(rows: Sequence[Row]) -> Any:
    if not rows:
        raise bad("file-without-token")
    first = rows[0][1]
    if {"serial", "secret"} <= {_FIELD_OF.get(field.lower()) for field in first}:
        return _named
    if first[0].lower() in ("oath-hotp", "yubico otp", "static password"):
        return _yubico_traditional
    if (
        len(first) >= _YUBICO_COLUMNS
        and first[0].isdigit()
        and _HEX.fullmatch(first[3])
        and not first[4]
    ):
        return _yubico
    if len(first) > 3 and first[3].lower() in KINDS and _HEX.fullmatch(first[2]):  # noqa: PLR2004 - a column's place
        return _janitor
    return _oath


def _header(fields: Sequence[str]) -> list[str | None]:
    header = [_FIELD_OF.get(field.lower()) for field in fields]
    doubled = {field for field in header if field and header.count(field) > 1}
    if doubled:
        raise bad("csv-column-twice", column=doubled.pop())
    # Entra writes base32 alone, and its secrets may look like hexadecimal.
    return [
        "base32" if field.lower() == "secret key" else name
        for field, name in zip(fields, header, strict=True)
    ]


def _named(row: Row, header: Sequence[str | None] = ()) -> dict[str, str]:
    line, fields = row
    if len(fields) != len(header):
        raise bad("csv-field-count", line=line, fields=len(fields), columns=len(header))
    record = {name: field for name, field in zip(header, fields, strict=True) if name and field}
    return {"kind": "totp"} | record if "base32" in record else record  # Entra has no other kind


def _oath(row: Row) -> dict[str, str]:
    _, fields = row
    serial, secret, kind, *rest = [*fields, "", "", ""][: max(3, len(fields))]
    record = {"serial": serial, "hex": secret}
    if kind.isdigit():  # a pair with its period or counter
        return record | {"moving": kind}
    if kind.lower() == "ocra":
        return record | {"kind": "ocra", "suite": (rest or [""])[0]}
    return record | _filled(kind=kind, digits=(rest or [""])[0], moving=(rest[1:] or [""])[0])


def _janitor(row: Row) -> dict[str, str]:
    line, fields = row
    return _oath((line, fields[1:]))


def _yubico_traditional(row: Row) -> dict[str, str]:
    line, fields = row
    if fields[0].lower() != "oath-hotp" or len(fields) < 12:  # noqa: PLR2004 - the last column that is read
        raise bad("csv-line-kind", line=line, kind=_shown(fields[0]))
    return {"serial": fields[3], "hex": fields[5], "kind": "hotp"} | _filled(digits=fields[11])


def _yubico(row: Row) -> dict[str, str]:
    line, fields = row
    if len(fields) < _YUBICO_COLUMNS or fields[2] != "0":
        raise bad("csv-line-not-oath", line=line)
    return {"serial": fields[0], "hex": fields[3], "kind": "hotp"}


def _filled(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _token(
    where: str, record: dict[str, str], fields: Sequence[str], kind: str | None
) -> KeyPackage:
    if _SPREADSHEET.fullmatch(record.get("serial", "")):
        raise bad("csv-serial-rounded", where=where)
    secret = _secret(where, record)
    otp_kind = record.get("kind", kind or "").lower()
    if not otp_kind:
        raise bad("csv-kind-missing", where=where)
    if otp_kind not in KINDS:
        raise bad("csv-kind-unknown", where=where, kind=_shown(otp_kind))
    given: dict[str, Any] = {
        name: _number(where, name, record[name]) for name in _NUMBERS if name in record
    }
    if "moving" in record:
        given["counter" if otp_kind == "hotp" else "period"] = _number(
            where, "last column", record["moving"]
        )
    given |= {
        name: record[name] for name in ("suite", "manufacturer", "model", "name") if name in record
    }
    by_size = _ALGORITHM_OF_SIZE.get(len(secret), "SHA1") if "hex" in record else "SHA1"
    given["algorithm"] = (
        record.get("algorithm", by_size).upper().replace("-", "").removeprefix("HMAC")
    )
    return key_package.make(
        where, serial=record.get("serial", ""), secret=secret, kind=otp_kind, **given
    )


def _secret(where: str, record: dict[str, str]) -> Secret:
    text = record.get("hex") or record.get("base32") or record.get("secret") or ""
    try:
        if "hex" in record:
            return secret_text.parse(f"hex:{text}")
        return secret_text.decode_base32(text) if "base32" in record else secret_text.parse(text)
    except KodebrikError as error:
        raise bad("key-invalid", where=where, what=error.message, advice=error.hint) from None


def _number(where: str, name: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", text):
        raise bad("csv-not-a-number", where=where, column=name)
    return int(text)


def _shown(text: str) -> str:
    """Give the printable characters of a field for an error, or "…" if it is so long that it could
    be a secret in the wrong column."""
    return (
        "".join(letter for letter in text if letter.isprintable())
        if len(text) <= _MOST_SHOWN
        else "…"
    )
