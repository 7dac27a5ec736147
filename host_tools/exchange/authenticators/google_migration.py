"""Google Authenticator's export: otpauth-migration://offline?data=…, one URI a QR code.

The data are a protobuf message in base64; its fields as in app/src/main/proto/google_auth.proto of
beemdevelopment/Aegis. An export of many accounts takes several QR codes, which name their batch,
their index in it (from 0) and its size. An index of 0 may be left out (proto3), and published links
of version 2 name no batch. Entries of TOTP have a period of 30 seconds. The app's published source
(OtpProvider.java) counts up before it shows an HOTP code, so that the counter may be that of the
last code.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from host_tools.exchange import text_encoding
from host_tools.exchange.authenticators.entry import (
    ExportedAccount,
    check_kind,
    key_packages,
    place,
)
from host_tools.exchange.authenticators.parsing import protobuf_wire, recognition
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import ReadOptions, Remarks, TokenFile
from host_tools.messages.catalogue import Message
from host_tools.secret import Secret

NAME = "google"
SCHEME = "otpauth-migration:"
_URI = re.compile(r"otpauth-migration://offline/?\?data=([A-Za-z0-9+/=%]+)", re.IGNORECASE)
_VERSIONS = (1, 2)
_MOST_PARTS = 1000
# Field numbers, with the type that a value must have.
_PAYLOAD = {
    1: ("otp_parameters", bytes),
    2: ("version", int),
    3: ("batch_size", int),
    4: ("batch_index", int),
    5: ("batch_id", int),
}
_PARAMETERS = {
    1: ("secret", bytes),
    2: ("name", bytes),
    3: ("issuer", bytes),
    4: ("algorithm", int),
    5: ("digits", int),
    6: ("type", int),
    7: ("counter", int),
    8: ("unique_id", bytes),
}
_ALGORITHMS = {1: "SHA1", 2: "SHA256", 3: "SHA512", 4: "MD5"}
_DIGITS = {1: 6, 2: 8}
_KINDS = {1: "hotp", 2: "totp"}

Values = dict[str, list[int | bytes]]


@dataclass(frozen=True)
class Part:
    """What one QR code holds: its place in the batch, and the accounts as protobuf messages."""

    batch: int
    size: int
    index: int
    accounts: list[bytes]


def recognises(content: bytes) -> bool:
    """Say whether a file's content is one such URI a line."""
    return recognition.first_line(content).startswith(SCHEME)


def read(content: bytes, options: ReadOptions) -> TokenFile:
    """Read the URIs of one export, one a line and in any order; KodebrikError names the parts that
    are missing, or the first account that is not what a token supports."""
    lines = enumerate(text_encoding.decode(content).splitlines(), 1)
    parts = [
        _part(Message("place-line", line=line), text.strip())
        for line, text in lines
        if text.strip()
    ]
    remarks = Remarks()
    accounts = [account for part in _whole(parts) for account in part.accounts]
    entries = [_entry(number, account, remarks) for number, account in enumerate(accounts, 1)]
    return TokenFile(NAME, key_packages(entries, options.progress), remarks)


def _part(where: Message, uri: str) -> Part:
    found = _URI.fullmatch(uri)
    if not found:
        raise bad("migration-invalid", where=where)
    try:
        # A plus sign is itself here: base64 has no blanks for which it could stand.
        encoded = unquote_to_bytes(found.group(1))
        payload = base64.b64decode(encoded, validate=True)
        if base64.b64encode(payload) != encoded:
            raise binascii.Error
        values = _values(where, payload, _PAYLOAD)
    except ValueError:  # binascii.Error is one
        raise bad("migration-invalid", where=where) from None
    version = _number(where, values, "version")
    if version not in _VERSIONS:
        raise bad("export-version", app="Google Authenticator", version=version)
    size, index = _number(where, values, "batch_size"), _number(where, values, "batch_index", 0)
    if not index < size <= _MOST_PARTS:
        raise bad("export-field-invalid", where=where, field="batch_index")
    accounts = [value for value in values.get("otp_parameters", []) if isinstance(value, bytes)]
    return Part(_number(where, values, "batch_id", 0), size, index, accounts)


def _whole(parts: list[Part]) -> list[Part]:
    """Give the parts in their order; KodebrikError when one is missing, stands twice or is of
    another export."""
    size = parts[0].size
    if {(part.batch, part.size) for part in parts} != {(parts[0].batch, size)}:
        raise bad("migration-mixed")
    indices = [part.index for part in parts]
    twice = [index for index in indices if indices.count(index) > 1]
    if twice:
        raise bad("migration-part-twice", part=twice[0] + 1)
    missing = [str(index + 1) for index in range(size) if index not in indices]
    if missing:
        raise bad("migration-parts-missing", parts=", ".join(missing), total=size)
    return sorted(parts, key=lambda part: part.index)


def _entry(number: int, account: bytes, remarks: Remarks) -> ExportedAccount:
    where = place(number)
    try:
        values = _values(where, account, _PARAMETERS)
        name, issuer = (_text(values, field) for field in ("name", "issuer"))
    except ValueError:
        raise bad("export-field-invalid", where=where, field="otp_parameters") from None
    if not issuer and ":" in name:
        issuer, _, name = name.partition(":")
    name = name.removeprefix(f"{issuer}:") if issuer else name
    where = place(number, name)
    secret = values.get("secret", [b""])[0]
    kind = check_kind(where, _chosen(where, values, "type", _KINDS))
    counter = _number(where, values, "counter", 0)
    if kind == "totp" and counter:
        raise bad("export-contradiction", where=where, first="type", second="counter")
    if kind == "hotp":
        remarks.warn(where, Message("counter-maybe-used"))
    if "unique_id" in values:
        remarks.pass_over("unique_id")
    return ExportedAccount(
        where,
        kind,
        Secret(secret if isinstance(secret, bytes) else b""),
        issuer,
        name,
        _chosen(where, values, "algorithm", _ALGORITHMS),
        int(_chosen(where, values, "digits", _DIGITS)),
        counter=counter if kind == "hotp" else None,
    )


def _values(where: Message, message: bytes, known: dict[int, tuple[str, type]]) -> Values:
    """Give a message's values by field name; ValueError for a damaged message, KodebrikError for a
    field that is not known or, save for the accounts, stands twice."""
    values: Values = {}
    for number, value in protobuf_wire.records(message):
        if number not in known:
            raise bad("export-field-unknown", where=where, field=str(number))
        name, kind = known[number]
        if not isinstance(value, kind):
            raise ValueError("another wire type")
        if name in values and name != "otp_parameters":
            raise bad("export-field-twice", where=where, field=name)
        values.setdefault(name, []).append(value)
    return values


def _text(values: Values, name: str) -> str:
    value = values.get(name, [b""])[0]
    return value.decode() if isinstance(value, bytes) else ""


def _number(where: Message, values: Values, name: str, default: int | None = None) -> int:
    value = values.get(name, [-1 if default is None else default])[0]
    if not isinstance(value, int) or value < 0:
        raise bad("export-field-missing", where=where, field=name)
    return value


def _chosen(where: Message, values: Values, name: str, choices: Mapping[int, object]) -> str:
    """Give what an enumeration's number stands for. 0 is "unspecified", and as good as absent."""
    number = _number(where, values, name, 0)
    if not number:
        raise bad("export-field-missing", where=where, field=name)
    if number not in choices:
        raise bad("export-field-invalid", where=where, field=name)
    return str(choices[number])
