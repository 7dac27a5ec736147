"""Ente Auth's exports: otpauth:// URIs, one a line, plain or encrypted with a password
(models/export/ente.dart and models/code.dart of ente-io/ente, mobile/apps/auth).

Encrypted: a key by Argon2id, and XChaCha20-Poly1305 as libsodium's secretstream, in one message.
A URI may carry `codeDisplay`, JSON with what the app shows, and HOTP has a `period` of no meaning.
"""

import re
from typing import Any

from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import text_encoding
from host_tools.exchange.authenticators.entry import Entry, key_packages
from host_tools.exchange.authenticators.parsing import decryption, json_fields, recognition, uris
from host_tools.exchange.authenticators.parsing.json_fields import Fields
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import ReadOptions, Remarks, TokenFile
from host_tools.messages.catalogue import Message
from host_tools.secret import Secret

NAME = "ente"
APP = "Ente Auth"
_VERSION = 1
_MOST_PASSES = 16  # the app writes up to 4, with 1 GiB; fewer MiB take more passes
_DISPLAY = re.compile(r"[?&]codeDisplay=")
_SHOWN = re.compile(r"(?<=[?&])codeDisplay=[^&#]*(&|$)")
_HOTP_PERIOD = re.compile(r"(?<=[?&])period=[0-9]+(&|$)")


def recognises(content: bytes) -> bool:
    """Say whether a file's content is an export; a plain one without `codeDisplay` is an ordinary
    list of URIs."""
    return needs(content) is not None or (
        recognition.first_line(content).startswith("otpauth:") and b"codeDisplay=" in content
    )


def needs(content: bytes) -> str | None:
    """Give "passphrase" for an encrypted export."""
    encrypted = recognition.has_json_names(content, "kdfParams", "encryptedData")
    return "passphrase" if encrypted else None


def read(content: bytes, options: ReadOptions) -> TokenFile:
    """Read an export; KodebrikError names the first entry that is not what a token supports."""
    remarks = Remarks()
    if needs(content):
        content = _decrypted(json_fields.top(content, remarks), options.passphrase)
    lines = enumerate(text_encoding.decode(content).splitlines(), 1)
    entries = [
        _entry(Message("place-line", line=line), text.strip(), remarks)
        for line, text in lines
        if text.strip()
    ]
    return TokenFile(NAME, key_packages(entries, options.progress), remarks)


def _entry(where: Message, uri: str, remarks: Remarks) -> Entry:
    if len(_DISPLAY.findall(uri)) > 1:
        raise bad("export-field-twice", where=where, field="codeDisplay")
    bare = _SHOWN.sub("", uri)
    if bare != uri:
        remarks.pass_over("codeDisplay")
    if bare.lower().startswith("otpauth://hotp/"):
        without = _HOTP_PERIOD.sub("", bare, count=1)
        if without != bare:
            remarks.pass_over("period")
        bare = without
    return uris.entry(where, bare.rstrip("&"), remarks)


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
    plain = _opened(_libsodium(), passphrase, salt, memory, passes, nonce, sealed)
    if plain is None:
        raise decryption.passphrase_wrong(APP)
    return plain


def _libsodium() -> Any:
    try:
        import nacl.bindings  # noqa: PLC0415 - an extra
    except ImportError:
        raise KodebrikError("ente-not-installed", ExitCode.NOT_INSTALLED) from None
    return nacl.bindings


def _opened(  # noqa: PLR0913, PLR0917 - what the file holds
    sodium: Any,
    passphrase: Secret,
    salt: bytes,
    memory: int,
    passes: int,
    nonce: bytes,
    sealed: bytes,
) -> bytes | None:
    """Give the plain text, or None when the password does not open it."""
    if memory > decryption.MAX_MEMORY or not 1 <= passes <= _MOST_PASSES:
        raise bad("export-derivation")
    if len(salt) != sodium.crypto_pwhash_SALTBYTES or memory < sodium.crypto_pwhash_MEMLIMIT_MIN:
        raise bad("export-derivation")
    key = sodium.crypto_pwhash_alg(
        decryption.KEY_SIZE,
        passphrase.reveal(),
        salt,
        passes,
        memory,
        sodium.crypto_pwhash_ALG_ARGON2ID13,
    )
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    try:
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, nonce, key)
        plain, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, sealed, None)
    except (ValueError, RuntimeError):  # lengths; authentication
        return None
    final = tag == sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    return bytes(plain) if final else None
