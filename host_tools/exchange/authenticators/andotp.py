"""andOTP's backups (Database/Entry.java and Utilities/EncryptionHelper.java of andOTP/andOTP),
plain JSON or encrypted with a password.

Encrypted: 4 bytes with the number of PBKDF2's rounds (big-endian), 12 of salt, 12 of nonce, then
AES-256-GCM. Versions before 0.6.3 wrote nonce and AES-256-GCM alone, under the password's SHA-256.
"""

import hashlib

from cryptography.hazmat.primitives.hashes import SHA1

from host_tools.exchange import foreign_files
from host_tools.exchange.authenticators.entry import ExportedAccount, check_kind, key_packages
from host_tools.exchange.authenticators.parsing import decryption, json_fields, recognition
from host_tools.exchange.authenticators.parsing.json_fields import Fields
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import ReadOptions, Remarks, TokenFile
from host_tools.secret import Secret

NAME = "andotp"
APP = "andOTP"
_ROUNDS, _SALT = 4, 12  # bytes
_KNOWN_ROUNDS = range(1000, 1_000_001)  # andOTP draws from 140,000 to 160,000
_PASSED_OVER = ("tags", "thumbnail", "last_used", "used_frequency")


def recognises(content: bytes) -> bool:
    """Say whether a file's content is a backup."""
    return recognition.has_json_names(content, "secret", "label", "thumbnail") or (
        _is_encrypted(content)
    )


def _is_encrypted(content: bytes) -> bool:
    """Say whether a backup is encrypted. It has no mark: binary content that begins with a likely
    number of rounds is one."""
    rounds = int.from_bytes(content[:_ROUNDS], "big")
    smallest = _ROUNDS + _SALT + decryption.NONCE_SIZE + decryption.TAG_SIZE
    likely = len(content) > smallest and rounds in _KNOWN_ROUNDS
    return likely and recognition.is_binary(content)


def read(content: bytes, options: ReadOptions) -> TokenFile:
    """Read a backup; KodebrikError names the first entry that is not what a token supports."""
    was_encrypted = _is_encrypted(content)
    if was_encrypted:
        content = _decrypted(content, options.passphrase)
    return _read_plain(content, options, was_encrypted)


def recognises_binary(content: bytes) -> bool:
    """Say whether a file is binary and of no known kind."""
    return recognition.is_binary(content) and not foreign_files.recognises(content)


def read_binary(content: bytes, options: ReadOptions) -> TokenFile:
    """Read a binary file of no known format, which may be a backup of a version before 0.6.3: if
    so, its password shows it. KodebrikError otherwise."""
    if options.passphrase:
        key = hashlib.sha256(options.passphrase.reveal()).digest()
        plain = _opened(key, content)
        if plain is not None:
            return _read_plain(plain, options, was_encrypted=True)
    raise bad("binary-file")


def _read_plain(content: bytes, options: ReadOptions, was_encrypted: bool) -> TokenFile:
    remarks = Remarks()
    items = json_fields.parse_list(content)
    entries = [_entry(fields) for fields in json_fields.numbered(items, remarks, "label")]
    return TokenFile(NAME, key_packages(entries, options.progress), remarks, was_encrypted)


def _entry(fields: Fields) -> ExportedAccount:
    kind = check_kind(fields.where, fields.text("type"), upper=True)
    label, issuer = fields.text("label", ""), fields.text("issuer", "")
    if not issuer:  # versions before 0.6.3 kept both in the label
        before, between, after = label.partition(" - ")
        issuer, label = (before, after) if between else ("", label)
    entry = ExportedAccount(
        fields.where,
        kind,
        fields.secret("secret"),
        issuer,
        label,
        fields.text("algorithm"),
        fields.number("digits"),
        period=fields.number("period") if kind == "totp" else 30,
        counter=fields.number("counter") if kind == "hotp" else None,
    )
    fields.pass_over(*_PASSED_OVER)
    fields.finish()
    return entry


def _decrypted(content: bytes, passphrase: Secret | None) -> bytes:
    if not passphrase:
        raise decryption.passphrase_missing(APP)
    salt, sealed = content[_ROUNDS : _ROUNDS + _SALT], content[_ROUNDS + _SALT :]
    rounds = int.from_bytes(content[:_ROUNDS], "big")
    plain = _opened(decryption.pbkdf2(passphrase, salt, SHA1(), rounds), sealed)  # noqa: S303 - the app's choice
    if plain is None:
        raise decryption.passphrase_wrong(APP)
    return plain


def _opened(key: bytes, sealed: bytes) -> bytes | None:
    nonce, rest = sealed[: decryption.NONCE_SIZE], sealed[decryption.NONCE_SIZE :]
    return decryption.aes_gcm(key, nonce, rest)
