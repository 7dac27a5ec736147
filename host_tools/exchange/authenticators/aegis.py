"""Aegis Authenticator's vault (docs/vault.md of beemdevelopment/Aegis), plain or encrypted.

An encrypted vault holds its master key in slots, each under a key of its own; a password's slot is
opened by scrypt and AES-256-GCM, the biometric ones only on the telephone.
"""

from typing import Any

from host_tools.exchange.authenticators.entry import ExportedAccount, check_kind, key_packages
from host_tools.exchange.authenticators.parsing import decryption, json_fields, recognition
from host_tools.exchange.authenticators.parsing.json_fields import Fields
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import ReadOptions, Remarks, TokenFile
from host_tools.secret import Secret

NAME = "aegis"
APP = "Aegis"
_VAULT_VERSION = 1
_CONTENT_VERSIONS = (1, 2, 3)
_PASSWORD_SLOT = 1
_MOST_SLOTS = 16
_PASSED_OVER = ("uuid", "note", "icon", "icon_mime", "icon_hash", "favorite", "group", "groups")


def recognises(content: bytes) -> bool:
    """Say whether a file's content is a vault."""
    return recognition.has_json_names(content, "header", "db")


def read(content: bytes, options: ReadOptions) -> TokenFile:
    """Read a vault; KodebrikError names the first entry that is not what a token supports."""
    remarks = Remarks()
    vault = json_fields.top(content, remarks)
    _check_version(vault, (_VAULT_VERSION,))
    header = vault.fields("header")
    value = vault.raw("db")
    vault.finish()
    was_encrypted = isinstance(value, str)
    if was_encrypted:
        value = _decrypted(header, value, options.passphrase)
    header.finish()
    body = Fields(vault.where, value, remarks, ("db",))
    _check_version(body, _CONTENT_VERSIONS)
    entries = [
        _entry(fields) for fields in json_fields.numbered(body.items("entries"), remarks, "name")
    ]
    body.pass_over("groups", "icons_optimized", "entryIconsOptimized")
    body.finish()
    return TokenFile(NAME, key_packages(entries, options.progress), remarks, was_encrypted)


def _check_version(fields: Fields, known: tuple[int, ...]) -> None:
    version = fields.number("version")
    if version not in known:
        raise bad("export-version", app=APP, version=version)


def _entry(fields: Fields) -> ExportedAccount:
    kind = check_kind(fields.where, fields.text("type"))
    info = fields.fields("info")
    entry = ExportedAccount(
        fields.where,
        kind,
        info.secret("secret"),
        fields.text("issuer", ""),
        fields.text("name", ""),
        info.text("algo"),
        info.number("digits"),
        period=info.number("period") if kind == "totp" else 30,
        counter=info.number("counter") if kind == "hotp" else None,
    )
    info.finish()
    fields.pass_over(*_PASSED_OVER)
    fields.finish()
    return entry


def _decrypted(header: Fields, sealed: str, passphrase: Secret | None) -> Any:
    slots = header.items("slots")
    nonce, tag = _parameters(header, "params")
    if not passphrase:
        raise decryption.passphrase_missing(APP)
    if len(slots) > _MOST_SLOTS:
        raise bad("export-field-invalid", where=header.where, field="header.slots")
    keys = [
        _master_key(Fields(header.where, slot, Remarks(), ("slots",)), passphrase) for slot in slots
    ]
    master = next((key for key in keys if key is not None), None)
    if master is None:
        raise decryption.passphrase_wrong(APP)
    cipher_text = decryption.from_base64(header.where, "db", sealed)
    plain = decryption.aes_gcm(master, nonce, cipher_text + tag)
    if plain is None:
        raise decryption.passphrase_wrong(APP)
    return json_fields.parse(plain)


def _master_key(slot: Fields, passphrase: Secret) -> bytes | None:
    """Give the master key that a slot holds, or None when the password does not open it."""
    if slot.number("type") != _PASSWORD_SLOT:
        return None
    wrapped = decryption.from_hexadecimal(slot.where, "slots.key", slot.text("key"))
    nonce, tag = _parameters(slot, "key_params")
    salt = decryption.from_hexadecimal(slot.where, "slots.salt", slot.text("salt"))
    key = decryption.scrypt(
        passphrase, salt, n=slot.number("n"), r=slot.number("r"), p=slot.number("p")
    )
    return decryption.aes_gcm(key, nonce, wrapped + tag)


def _parameters(fields: Fields, name: str) -> tuple[bytes, bytes]:
    """Give nonce and tag of AES-GCM."""
    parameters = fields.fields(name)
    nonce, tag = (
        decryption.from_hexadecimal(fields.where, f"{name}.{part}", parameters.text(part))
        for part in ("nonce", "tag")
    )
    return nonce, tag
