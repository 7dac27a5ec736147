"""2FAS Authenticator's backup (domain/BackupService.kt and cipher/backup of twofas/2fas-android),
schema versions 1 to 4, plain or encrypted.

Encrypted services are base64 of AES-256-GCM, salt and nonce, with colons between them; the key is
PBKDF2-HMAC-SHA256 of the password with 10,000 rounds. What an entry does not say is as in the app:
TOTP, SHA-1, 6 digits, 30 seconds.
"""

from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256

from host_tools.exchange import hash_names
from host_tools.exchange.authenticators.entry import ExportedAccount, check_kind, key_packages
from host_tools.exchange.authenticators.parsing import decryption, json_fields, recognition, uris
from host_tools.exchange.authenticators.parsing.json_fields import Fields
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import ReadOptions, Remarks, TokenFile
from host_tools.secret import Secret

NAME = "2fas"
APP = "2FAS"
_ROUNDS = 10_000
_PARTS = 3  # of the encrypted text
_SCHEMAS = range(1, 5)
_PASSED_OVER = ("updatedAt", "type", "serviceTypeID", "order", "badge", "icon", "groupId")
_FILE_PASSED_OVER = (
    *("groups", "updatedAt", "appVersionCode", "appVersionName", "appOrigin", "account"),
    "reference",
)


def recognises(content: bytes) -> bool:
    """Say whether a file's content is a backup."""
    return recognition.has_json_names(content, "schemaVersion") and (
        recognition.has_json_names(content, "services") or _is_encrypted(content)
    )


def _is_encrypted(content: bytes) -> bool:
    return recognition.has_json_text(content, "servicesEncrypted")


def read(content: bytes, options: ReadOptions) -> TokenFile:
    """Read a backup; KodebrikError names the first entry that is not what a token supports."""
    remarks = Remarks()
    backup = json_fields.top(content, remarks)
    schema = backup.number("schemaVersion")
    if schema not in _SCHEMAS:
        raise bad("export-version", app=APP, version=schema)
    services = backup.items("services") if "services" in backup else []
    was_encrypted = "servicesEncrypted" in backup
    if was_encrypted:
        if services:
            raise backup.contradiction("services", "servicesEncrypted")
        services = _decrypted(backup, options.passphrase)
    backup.pass_over(*_FILE_PASSED_OVER)
    backup.finish()
    entries = [
        _entry(fields, remarks) for fields in json_fields.numbered(services, remarks, "name")
    ]
    return TokenFile(NAME, key_packages(entries, options.progress), remarks, was_encrypted)


def _entry(fields: Fields, remarks: Remarks) -> ExportedAccount:
    otp = fields.fields("otp")
    kind = check_kind(fields.where, otp.text("tokenType", "TOTP"), upper=True)
    name, issuer = fields.text("name", ""), otp.text("issuer", "")
    account, label = otp.text("account", ""), otp.text("label", "")
    if issuer and name:
        fields.note("name")
    if account and label:
        otp.note("label")
    secret = fields.secret("secret")
    named = otp.text("algorithm") if "algorithm" in otp else None
    entry = ExportedAccount(
        fields.where,
        kind,
        secret,
        issuer or name,
        account or label,
        named or hash_names.choose(fields.where, None, len(secret), remarks, "SHA1"),
        otp.number("digits", 6),
        period=otp.number("period", 30) if kind == "totp" else 30,
        counter=otp.number("counter", 0) if kind == "hotp" else None,
    )
    if "link" in otp:
        _check_link(otp, otp.text("link"), entry)
    otp.pass_over("period", "source")
    otp.finish()
    fields.pass_over(*_PASSED_OVER)
    fields.finish()
    return entry


def _check_link(otp: Fields, link: str, entry: ExportedAccount) -> None:
    """Compare an entry with the URI that it was made of; the counter has moved since."""
    linked = uris.entry(otp.where, link, Remarks())
    for field, one, other in (
        ("tokenType", entry.kind, linked.kind),
        ("algorithm", entry.algorithm, linked.algorithm),
        ("digits", entry.digits, linked.digits),
        ("period", entry.period, linked.period if entry.kind == "totp" else entry.period),
    ):
        if one != other:
            raise otp.contradiction("link", field)
    if entry.secret != linked.secret:
        raise otp.contradiction("link", "secret")


def _decrypted(backup: Fields, passphrase: Secret | None) -> list[Any]:
    field = "servicesEncrypted"
    parts = backup.text(field).split(":")
    if not passphrase:
        raise decryption.passphrase_missing(APP)
    if len(parts) != _PARTS:
        raise bad("export-field-invalid", where=backup.where, field=field)
    sealed, salt, nonce = (decryption.from_base64(backup.where, field, part) for part in parts)
    key = decryption.pbkdf2(passphrase, salt, SHA256(), _ROUNDS)
    plain = decryption.aes_gcm(key, nonce, sealed)
    if plain is None:
        raise decryption.passphrase_wrong(APP)
    services = json_fields.parse(plain)
    if not isinstance(services, list):
        raise bad("export-field-invalid", where=backup.where, field=field)
    return services
