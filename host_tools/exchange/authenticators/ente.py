"""Ente Auth's exports: otpauth:// URIs, one a line, plain or encrypted with a password
(models/export/ente.dart and models/code.dart of ente-io/ente, mobile/apps/auth).

Encrypted: a key by Argon2id, and XChaCha20-Poly1305 as libsodium's secretstream, in one message.
A URI may carry `codeDisplay`, JSON with what the app shows.
"""

import re
from typing import Any
from urllib.parse import unquote_plus

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import text_encoding
from host_tools.exchange.authenticators.entry import ExportedAccount, key_packages
from host_tools.exchange.authenticators.parsing import decryption, json_fields, recognition, uris
from host_tools.exchange.authenticators.parsing.json_fields import Fields
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import ReadOptions, Remarks, TokenFile
from host_tools.messages.catalogue import Message
from host_tools.secret import Secret

NAME = "ente"
APP = "Ente Auth"
_VERSION = 1
_DISPLAY = re.compile(r"[?&]codeDisplay=([^&#]*)")


def recognises(content: bytes) -> bool:
    """Say whether a file's content is an export; a plain one without `codeDisplay` is an ordinary
    list of URIs."""
    return _is_encrypted(content) or (
        recognition.first_line(content).startswith("otpauth:") and b"codeDisplay=" in content
    )


def _is_encrypted(content: bytes) -> bool:
    return recognition.has_json_names(content, "kdfParams", "encryptedData")


def read(content: bytes, options: ReadOptions) -> TokenFile:
    """Read an export; KodebrikError names the first entry that is not what a token supports."""
    remarks = Remarks()
    was_encrypted = _is_encrypted(content)
    if was_encrypted:
        content = _decrypted(json_fields.top(content, remarks), options.passphrase)
    lines = enumerate(text_encoding.decode(content).splitlines(keepends=True), 1)
    entries = [
        _entry(Message("place-line", line=line), text, remarks)
        for line, text in lines
        if text.strip()
    ]
    return TokenFile(NAME, key_packages(entries, options.progress), remarks, was_encrypted)


def _entry(where: Message, line: str, remarks: Remarks) -> ExportedAccount:
    uri = line.strip()
    displays = _DISPLAY.findall(uri)
    if len(displays) > 1:
        raise bad("export-field-twice", where=where, field="codeDisplay")
    if displays:
        _check_display(where, displays[0])
        remarks.pass_over("codeDisplay")
        uri = _DISPLAY.sub("", uri)
    elif not line.endswith("\n"):  # the app ends every line: this one may be cut
        raise bad("export-field-missing", where=where, field="codeDisplay")
    return uris.entry(where, uri.replace("?&", "?", 1), remarks)


def _check_display(where: Message, encoded: str) -> None:
    """Raise KodebrikError when what the app shows is not whole, and so the line is not."""
    try:
        display = json_fields.parse(unquote_plus(encoded).replace("%2C", ",").encode())
    except KodebrikError:
        display = None
    if not isinstance(display, dict):
        raise bad("export-field-invalid", where=where, field="codeDisplay")


def _decrypted(export: Fields, passphrase: Secret | None) -> bytes:
    version = export.number("version")
    if version != _VERSION:
        raise bad("export-version", app=APP, version=version)
    if not passphrase:
        raise decryption.passphrase_missing(APP)
    sealed, nonce = (
        decryption.from_base64(export.where, name, export.text(name))
        for name in ("encryptedData", "encryptionNonce")
    )
    parameters = export.fields("kdfParams")
    salt = decryption.from_base64(export.where, "kdfParams.salt", parameters.text("salt"))
    memory, passes = parameters.number("memLimit"), parameters.number("opsLimit")
    parameters.finish()
    export.finish()
    sodium = _libsodium()
    key = decryption.argon2id(passphrase, salt, passes=passes, memory=memory, lanes=1)
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    try:
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, nonce, key)
        plain, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, sealed, None)
    except (ValueError, RuntimeError):  # lengths; authentication
        raise decryption.passphrase_wrong(APP) from None
    if tag != sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL:
        raise decryption.passphrase_wrong(APP)
    return bytes(plain)


def _libsodium() -> Any:
    try:
        import nacl.bindings  # noqa: PLC0415 - an extra
    except ImportError:
        raise KodebrikError("ente-not-installed", ExitCode.NOT_INSTALLED) from None
    return nacl.bindings
