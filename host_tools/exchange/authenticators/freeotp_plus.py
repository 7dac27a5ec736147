"""FreeOTP+'s JSON export (data/legacy/Token.java of helloworld1/FreeOTPPlus).

A secret is a list of signed bytes. The counter is the next to use; a new HOTP token has -1, whose
code no server takes, so that 0 is its next. The app shows Steam's codes for the issuer "Steam".
"""

from typing import Any

from host_tools.exchange.authenticators.entry import ExportedAccount, check_kind, key_packages
from host_tools.exchange.authenticators.parsing import json_fields, recognition
from host_tools.exchange.authenticators.parsing.json_fields import Fields
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import ReadOptions, Remarks, TokenFile
from host_tools.secret import Secret

NAME = "freeotp+"
_SIGNED_BYTE = range(-128, 128)
_STEAM = "Steam"


def recognises(content: bytes) -> bool:
    """Say whether a file's content is an export."""
    return recognition.has_json_names(content, "tokenOrder", "tokens")


def read(content: bytes, options: ReadOptions) -> TokenFile:
    """Read an export; KodebrikError names the first entry that is not what a token supports."""
    remarks = Remarks()
    export = json_fields.top(content, remarks)
    tokens = export.items("tokens")
    export.pass_over("tokenOrder")
    export.finish()
    entries = [_entry(fields) for fields in json_fields.numbered(tokens, remarks, "label")]
    return TokenFile(NAME, key_packages(entries, options.progress), remarks)


def _entry(fields: Fields) -> ExportedAccount:
    kind = check_kind(fields.where, fields.text("type"), upper=True)
    inner, outer = fields.text("issuerInt", ""), fields.text("issuerExt", "")
    issuer = inner if inner.strip() else outer
    if _STEAM in (inner, outer):
        check_kind(fields.where, _STEAM)
    counter = _counter(fields, kind)
    entry = ExportedAccount(
        fields.where,
        kind,
        _secret(fields, fields.items("secret")),
        issuer,
        fields.text("label"),
        fields.text("algo"),
        fields.number("digits"),
        period=fields.number("period") if kind == "totp" else 30,
        counter=counter if kind == "hotp" else None,
    )
    if kind == "totp" and counter:
        raise fields.contradiction("type", "counter")
    if inner.strip() and outer:
        fields.note("issuerExt")
    fields.pass_over("period", "issuerAlt", "labelAlt", "image", "imageAlt")
    fields.finish()
    return entry


def _counter(fields: Fields, kind: str) -> int:
    if kind == "hotp" and fields.peek("counter") == -1:
        fields.raw("counter")
        return 0
    return fields.number("counter")


def _secret(fields: Fields, values: list[Any]) -> Secret:
    if not all(type(value) is int and value in _SIGNED_BYTE for value in values):
        raise bad("export-field-invalid", where=fields.where, field="secret")
    return Secret(bytes(value % 256 for value in values))
