"""Reads tokens from CSV files in the dialects that vendors and other servers write (examples in
docs/tokens.md). Every field is read, or listed as passed over, or the file is refused.

- "entra" and "columns": the first line names the columns (columns.py)
- "oath", of LinOTP, privacyIDEA and NetIQ: serial, hexadecimal secret, kind, digits, period or
  counter, hash; or serial, secret, ocra, suite. Without a kind: pairs of serial and secret, maybe
  with period or counter (Duo, PingID, IBM), whose kind must be given
  (LinOTP 3, lib/ImportOTP/oath.py; privacyIDEA 3.14, lib/importotp.py)
  https://www.netiq.com/documentation/advanced-authentication-63/helpdesk-administrator-guide/data/t44plcqbgwxg.html
  https://docs.pingidentity.com/r/en-us/pingid/pingid_configuring_oath_token_authentication
- "oath-with-users", privacyIDEA's version 2: user, resolver and realm before that
- "pi-tokenjanitor", of privacyIDEA: the user before it (it does not name the hash)
- "multiotp": serial, manufacturer, kind, hexadecimal secret, digits, period or counter
- "yubico": both forms of the configuration log of the YubiKey Personalization Tool
  (yubikey-personalization-gui, src/yubikeylogger.cpp)
"""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, BinaryIO

from host_tools.exchange import hash_names, key_package, secret_fields
from host_tools.exchange.csv import columns
from host_tools.exchange.csv.rows import Row, Table
from host_tools.exchange.key_package import KeyPackage, bad
from host_tools.exchange.sealed_tokens import SealedTokens
from host_tools.exchange.serial_numbers import LostZeros
from host_tools.exchange.token_file import NO_OPTIONS, ReadOptions, Remarks, TokenFile
from host_tools.messages.catalogue import Message
from host_tools.otp import codes
from host_tools.secret import Secret

KINDS = ("totp", "hotp", "ocra")
_NUMBERS = ("digits", "period", "counter")
_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
_SHORT_HEX = re.compile(r"[0-9A-Fa-f]{4,}")
_YUBIKEY_COUNTER = re.compile(r"[0-9]{1,7}")  # at most 16 * 65535
_YUBIKEY_SECRET = 40  # hexadecimal digits; other modes have 32
_YUBICO_EVENTS = (
    "oath-hotp",
    "yubico otp",
    "static password",
    "challenge-response",
    "logging start",
)
_MOST_SHOWN = 24  # characters; a secret of 128 bits has 26 and more

Record = dict[str, str]


def read(file: BinaryIO, options: ReadOptions = NO_OPTIONS) -> TokenFile:
    """Give all tokens of a file, which is read line by line; KodebrikError names the first invalid
    line."""
    table, remarks = Table(file), Remarks()
    name, count, records = _records(table, options.dialect, remarks)
    found, zeros = SealedTokens(), LostZeros()
    for row, record in records:
        serial = record.get("serial", "")
        where = (
            Message("place-line-of-token", line=row.line, serial=_shown(serial))
            if serial
            else Message("place-line", line=row.line)
        )
        found.add(_token(where, record, options.kind, remarks), where)
        if name != "yubico":  # those count from 1 in production
            zeros.add(serial, where)
        if options.progress:
            options.progress(len(found), count)
    if not found:
        raise bad("file-without-token")
    zeros.refuse()
    return TokenFile(f"csv, {name}", found, remarks)


def _records(
    table: Table, forced: str | None, remarks: Remarks
) -> tuple[str, int, Iterator[tuple[Row, Record]]]:
    """Give the name of the dialect, how many records there are at most, and each with its row."""
    rows = table.rows(remarks)
    first = next(rows, None)
    if first is None:
        raise bad("file-without-token")
    name = forced or _dialect(table.version, first)
    if name in ("entra", "columns"):
        if not columns.is_header(first.fields):
            raise bad("csv-not-of-dialect", dialect=name)
        return name, table.count - 1, columns.records(first.fields, rows, remarks)
    read = _READERS[name]
    lines = (row for row in chain([first], rows) if row.fields[0].lower() != "logging start")
    return name, table.count, ((row, read(row, remarks)) for row in lines)


def _dialect(version: int, row: Row) -> str:
    """Give the name of the dialect, which the first line shows."""
    fields = row.fields
    if columns.is_header(fields):
        return "entra" if columns.is_entra(fields) else "columns"
    if version == 2:  # noqa: PLR2004 - privacyIDEA's
        return "oath-with-users"
    first, second, third, fourth = [*fields, *[""] * 4][:4]
    numbered = first.isdigit() and not third.isalpha() and len(fields) > 5  # noqa: PLR2004 - as many are logged
    found = {
        "yubico": first.lower().startswith(_YUBICO_EVENTS)
        or (numbered and bool(_HEX.fullmatch(fourth) and not _HEX.fullmatch(second))),
        "multiotp": third.isalpha() and bool(_HEX.fullmatch(fourth)),
        "pi-tokenjanitor": fourth.isalpha() and bool(_HEX.fullmatch(third)),
        "oath": third.lower() in KINDS or bool(_SHORT_HEX.fullmatch(second)),
    }
    for name, fits in found.items():
        if fits:
            return name
    raise bad("csv-unknown", line=row.line)


def _oath(row: Row, remarks: Remarks) -> Record:
    return _oath_fields(row, 0, remarks)


def _oath_with_users(row: Row, remarks: Remarks) -> Record:
    for name, value in zip(("user", "resolver", "realm"), row.fields, strict=False):
        if value:
            remarks.pass_over(name)
    return _oath_fields(row, 3, remarks)


def _janitor(row: Row, remarks: Remarks) -> Record:
    if row.fields[0] not in ("", "n/a"):
        remarks.pass_over("user")
    return _oath_fields(row, 1, remarks)


def _oath_fields(row: Row, skipped: int, _: Remarks) -> Record:
    """Read serial, secret, kind, digits, period or counter, and hash, after `skipped` others."""
    serial, secret, kind, fourth, fifth, sixth = _padded(row, skipped + 6)[skipped:]
    if kind.isdigit() or not kind:  # a pair, maybe with its period or counter
        _refuse_others(row, skipped + 3)
        return _filled(serial=serial, hex=secret, moving=kind)
    if kind.lower() == "ocra":
        _refuse_others(row, skipped + 4)
        return _filled(serial=serial, hex=secret, kind=kind, suite=fourth)
    _refuse_others(row, skipped + 6)
    return _filled(
        serial=serial, hex=secret, kind=kind, digits=fourth, moving=fifth, algorithm=sixth
    )


def _multiotp(row: Row, _: Remarks) -> Record:
    serial, manufacturer, kind, secret, digits, moving = _padded(row, 6)
    _refuse_others(row, 6)
    return _filled(
        serial=serial,
        manufacturer=manufacturer,
        kind=kind,
        hex=secret,
        digits=digits,
        moving=moving,
    )


def _yubico_traditional(row: Row, remarks: Remarks) -> Record:
    fields = _padded(row, 18)
    if fields[0].lower() != "oath-hotp":
        raise bad("csv-line-kind", line=row.line, kind=_shown(fields[0]))
    _refuse_others(row, 4, until=5)  # a private identifier: of Yubico OTP
    _refuse_others(row, 13)  # static passwords and challenges
    _pass_over(
        remarks,
        {
            "timestamp": fields[1],
            "slot": fields[2],
            "access code": fields[6] + fields[7],
            "identifier in modhex": fields[8] + fields[9] + fields[10],
        },
    )
    if fields[3]:
        remarks.warn(Message("place-line", line=row.line), Message("yubico-identifier-typed"))
    return _filled(
        serial=fields[3], hex=fields[5], kind="hotp", digits=fields[11], counter=fields[12]
    )


def _yubico(row: Row, remarks: Remarks) -> Record:
    if not row.fields[0].isdigit():
        return _yubico_traditional(row, remarks)
    serial, identifier, counter, secret, access_code, timestamp = _padded(row, 6)
    if not _YUBIKEY_COUNTER.fullmatch(counter) or len(secret) != _YUBIKEY_SECRET:
        raise bad("csv-line-not-oath", line=row.line)
    _refuse_others(row, 6)
    _pass_over(remarks, {"access code": access_code, "timestamp": timestamp})
    where = Message("place-line", line=row.line)
    if identifier:
        remarks.pass_over("identifier")
        remarks.warn(where, Message("yubico-identifier-typed"))
    remarks.warn(where, Message("yubico-mode-assumed"))
    return _filled(serial=serial, hex=secret, kind="hotp", counter=counter)


_READERS: dict[str, Callable[[Row, Remarks], Record]] = {
    "oath": _oath,
    "oath-with-users": _oath_with_users,
    "pi-tokenjanitor": _janitor,
    "multiotp": _multiotp,
    "yubico": _yubico,
}
NAMES = ("entra", "columns", *_READERS)


def _padded(row: Row, count: int) -> list[str]:
    return [*row.fields, *[""] * count][:count]


def _refuse_others(row: Row, after: int, until: int | None = None) -> None:
    """Raise KodebrikError for a column, counted from 0, that holds what no token of the dialect
    has."""
    for place, field in enumerate(row.fields[after:until], after + 1):
        if field not in ("", "0"):
            raise bad("csv-field-unknown", line=row.line, column=place)


def _pass_over(remarks: Remarks, fields: dict[str, str]) -> None:
    for name, value in fields.items():
        if value:
            remarks.pass_over(name)


def _filled(**fields: str) -> Record:
    return {name: value for name, value in fields.items() if value}


def _token(where: str, record: Record, given_kind: str | None, remarks: Remarks) -> KeyPackage:
    secret = _secret(where, record, remarks)
    suite = record.get("suite")
    kind = record.get("kind", "ocra" if suite else given_kind or "").lower()
    if not kind:
        raise bad("csv-kind-missing", where=where)
    if kind not in KINDS:
        raise bad("csv-kind-unknown", where=where, kind=_shown(kind))
    if "moving" in record:
        record = record | {"counter" if kind == "hotp" else "period": record["moving"]}
    numbers = {name: _number(where, name, record[name]) for name in _NUMBERS if name in record}
    _refuse_contradictions(where, kind, record, numbers)
    given: dict[str, Any] = numbers | {
        name: record[name] for name in ("suite", "manufacturer", "model", "name") if name in record
    }
    if kind == "hotp":
        given.pop("period", None)
    if kind != "ocra":
        given["algorithm"] = hash_names.choose(where, record.get("algorithm"), len(secret), remarks)
    return key_package.make(
        where, serial=record.get("serial", ""), secret=secret, kind=kind, **given
    )


def _refuse_contradictions(where: str, kind: str, record: Record, numbers: dict[str, int]) -> None:
    """Raise KodebrikError for a field that only another kind of token has, or that says another
    thing than the suite."""
    others = {"totp": ("counter", "suite"), "hotp": ("period", "suite"), "ocra": ()}[kind]
    for name in others:
        if numbers.get(name) or (name == "suite" and "suite" in record):
            raise bad("csv-contradiction", where=where, column=name, kind=kind)
    if kind != "ocra":
        return
    try:
        suite = codes.parse_suite(record.get("suite", ""))
    except ValueError:
        return  # the key package refuses it
    said: dict[str, Any] = dict(numbers)
    if "algorithm" in record:
        said["algorithm"] = hash_names.parse(where, record["algorithm"])
    meant = {"algorithm": suite.algorithm, "digits": suite.digits, "period": suite.step or 0}
    if not suite.has_counter:
        meant["counter"] = 0
    for name, value in said.items():
        if name in meant and value != meant[name]:
            raise bad("csv-contradiction", where=where, column=name, kind="ocra")


def _secret(where: str, record: Record, remarks: Remarks) -> Secret:
    if "hex" in record:
        return secret_fields.hexadecimal(where, record["hex"])
    if "base32" in record:
        return secret_fields.base32(where, record["base32"], remarks)
    return secret_fields.either(where, record.get("secret", ""), remarks)


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
