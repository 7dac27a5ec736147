"""Raivo OTP's JSON export (Models/Password.swift of raivo-otp/ios-application), in which every
value is a text. The app packs it into a ZIP archive with a password."""

from host_tools.exchange.authenticators.entry import ExportedAccount, check_kind, key_packages
from host_tools.exchange.authenticators.parsing import json_fields, recognition
from host_tools.exchange.authenticators.parsing.json_fields import Fields
from host_tools.exchange.token_file import ReadOptions, Remarks, TokenFile

NAME = "raivo"


def recognises(content: bytes) -> bool:
    """Say whether a file's content is an export."""
    return recognition.has_json_names(content, "iconType", "timer", "kind")


def read(content: bytes, options: ReadOptions) -> TokenFile:
    """Read an export; KodebrikError names the first entry that is not what a token supports."""
    remarks = Remarks()
    items = json_fields.parse_list(content)
    entries = [_entry(fields) for fields in json_fields.numbered(items, remarks, "account")]
    return TokenFile(NAME, key_packages(entries, options.progress), remarks)


def _entry(fields: Fields) -> ExportedAccount:
    kind = check_kind(fields.where, fields.text("kind"), upper=True)
    counter = fields.decimal("counter")
    if kind == "totp" and counter:
        raise fields.contradiction("kind", "counter")
    entry = ExportedAccount(
        fields.where,
        kind,
        fields.secret("secret"),
        fields.text("issuer"),
        fields.text("account"),
        fields.text("algorithm"),
        fields.decimal("digits"),
        period=fields.decimal("timer") if kind == "totp" else 30,
        counter=counter if kind == "hotp" else None,
    )
    fields.pass_over("timer", "iconType", "iconValue", "pinned")
    fields.finish()
    return entry
