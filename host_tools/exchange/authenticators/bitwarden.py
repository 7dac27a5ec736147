"""Bitwarden's exports, JSON (plain or under a password) and CSV
(https://bitwarden.com/help/export-your-data/).

An item's one-time code is an otpauth:// URI or a bare base32 secret (TOTP, SHA-1, 6 digits, 30
seconds). Items without one are passed over.
"""

from collections.abc import Iterator

from host_tools.exchange import hash_names, secret_fields
from host_tools.exchange.authenticators import bitwarden_encryption
from host_tools.exchange.authenticators.entry import ExportedAccount, key_packages, place
from host_tools.exchange.authenticators.parsing import csv_rows, json_fields, recognition, uris
from host_tools.exchange.authenticators.parsing.json_fields import Fields
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import ReadOptions, Remarks, TokenFile
from host_tools.messages.catalogue import Message
from host_tools.secret import Secret

NAME = "bitwarden"
_CODE_COLUMN = "login_totp"
_COLUMNS = (
    *("folder", "collections", "favorite", "type", "name", "notes", "fields", "reprompt"),
    *("archiveddate", "login_uri", "login_username", "login_password", _CODE_COLUMN),
)
_ITEM_PASSED_OVER = (
    *("id", "organizationId", "folderId", "collectionIds", "type", "favorite", "notes", "fields"),
    *("reprompt", "passwordHistory", "revisionDate", "creationDate", "deletedDate"),
    *("archivedDate", "secureNote", "card", "identity", "sshKey", "attachments", "object"),
)
_LOGIN_PASSED_OVER = (
    *("uris", "password", "fido2Credentials", "passwordRevisionDate", "autofillOnPageLoad"),
)


def recognises(content: bytes) -> bool:
    """Say whether a file's content is an export."""
    if recognition.is_json(content):
        return _is_encrypted(content) or any(
            recognition.has_json_names(content, "items", folders)
            for folders in ("folders", "collections")
        )
    return _CODE_COLUMN in recognition.first_line(content)


def _is_encrypted(content: bytes) -> bool:
    return recognition.has_json_names(content, "encrypted", "encKeyValidation_DO_NOT_EDIT")


def read(content: bytes, options: ReadOptions) -> TokenFile:
    """Read an export; KodebrikError names the first item that is not what a token supports."""
    remarks = Remarks()
    is_json = recognition.is_json(content)
    entries = list(
        _of_json(content, remarks, options.passphrase) if is_json else _of_csv(content, remarks)
    )
    return TokenFile(NAME, key_packages(entries, options.progress), remarks, _is_encrypted(content))


def _of_json(
    content: bytes, remarks: Remarks, passphrase: Secret | None
) -> Iterator[ExportedAccount]:
    export = json_fields.top(content, remarks)
    if export.flag("encrypted", default=False):
        plain = bitwarden_encryption.decrypted(export, passphrase)
        export = json_fields.top(plain, remarks)
        if export.flag("encrypted", default=False):
            raise bad("export-encrypted", app=bitwarden_encryption.APP)
    items = export.items("items")
    export.pass_over("folders", "collections")
    export.finish()
    for item in json_fields.numbered(items, remarks, "name"):
        yield from _item(item, remarks)


def _item(item: Fields, remarks: Remarks) -> Iterator[ExportedAccount]:
    name = item.text("name", "")
    if "login" in item:
        login = item.fields("login")
        user, code = login.text("username", ""), login.text("totp", "")
        login.pass_over(*_LOGIN_PASSED_OVER)
        login.finish()
        if code:
            yield _entry(item.where, code, name, user, remarks)
    item.pass_over(*_ITEM_PASSED_OVER)
    item.finish()


def _of_csv(content: bytes, remarks: Remarks) -> Iterator[ExportedAccount]:
    passed_over = [column for column in _COLUMNS if column != _CODE_COLUMN]
    for number, row in csv_rows.named(content, _COLUMNS, _CODE_COLUMN):
        for column in passed_over:
            if row.get(column) and column not in ("name", "login_username"):
                remarks.pass_over(column)
        if row[_CODE_COLUMN]:
            name = row.get("name", "")
            where = place(number, name)
            yield _entry(where, row[_CODE_COLUMN], name, row.get("login_username", ""), remarks)


def _entry(where: Message, code: str, name: str, user: str, remarks: Remarks) -> ExportedAccount:
    if "://" in code:  # the URI has names of its own
        for field, value in (("name", name), ("username", user)):
            if value:
                remarks.pass_over(field)
        return uris.entry(where, code, remarks)
    secret = secret_fields.base32(where, code, remarks)
    algorithm = hash_names.choose(where, None, len(secret), remarks, "SHA1")
    return ExportedAccount(where, "totp", secret, name, user, algorithm, 6)
