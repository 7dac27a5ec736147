"""The issuer key file, and files of other keys in the same form: sealed under a passphrase with
scrypt (RFC 7914) and ChaCha20-Poly1305 (RFC 8439).

The file is JSON, so that its scrypt parameters can be raised later; all fields are authenticated
with the key.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from host_tools.errors import ExitCode, KodebrikError
from host_tools.secret import Secret

KEY_SIZE = 32
MIN_PASSPHRASE = 8  # characters
_SCRYPT_COST = 2**17  # 128 MB and about half a second, OWASP's advice for scrypt with r = 8, p = 1
_SCRYPT_MAX_COST = 2**20  # bounds the memory that a tampered file can cost
_FIELDS = {"kind", "version", "scrypt_n", "scrypt_r", "scrypt_p", "salt", "nonce", "sealed"}


@dataclass(frozen=True)
class FileKind:
    """Which key a file holds: its name in the file, and the error of a file that is none."""

    name: str
    invalid: Callable[[], KodebrikError]


_ISSUER = FileKind(
    "kodebrik issuer key", lambda: KodebrikError("issuer-key-invalid", ExitCode.BAD_INPUT)
)


def generate() -> Secret:
    """Draw a random key."""
    return Secret(secrets.token_bytes(KEY_SIZE))


def fingerprint(key: Secret) -> str:
    """Give 8 bytes of an HMAC, as hexadecimal, that identify an issuer key without revealing it."""
    return hmac.digest(key.reveal(), b"kodebrik issuer key", "sha256")[:8].hex()


def check_passphrase(text: str) -> None:
    """Raise KodebrikError for a passphrase that is too short for a new key file."""
    if len(text) < MIN_PASSPHRASE:
        raise KodebrikError("passphrase-short", ExitCode.BAD_INPUT, least=MIN_PASSPHRASE)


def seal(
    key: Secret, passphrase: Secret, cost: int = _SCRYPT_COST, kind: FileKind = _ISSUER
) -> bytes:
    """Give the content of a key file; KodebrikError for a short passphrase.

    `cost` is scrypt's N, a power of two.
    """
    check_passphrase(passphrase.reveal().decode())
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    content: dict[str, Any] = {
        "kind": kind.name,
        "version": 1,
        "scrypt_n": cost,
        "scrypt_r": 8,
        "scrypt_p": 1,
        "salt": base64.b64encode(salt).decode(),
        "nonce": base64.b64encode(nonce).decode(),
    }
    cipher = ChaCha20Poly1305(_stretch(passphrase, salt, cost))
    content["sealed"] = base64.b64encode(
        cipher.encrypt(nonce, key.reveal(), _associated(content))
    ).decode()
    return json.dumps(content, indent=2).encode() + b"\n"


def unseal(content: bytes, passphrase: Secret, kind: FileKind = _ISSUER) -> Secret:
    """Decrypt a key file; KodebrikError when it is no file of that kind, is damaged, or the
    passphrase is wrong."""
    try:
        fields = json.loads(content)
    except ValueError:
        raise kind.invalid() from None
    if not isinstance(fields, dict) or set(fields) != _FIELDS or fields["kind"] != kind.name:
        raise kind.invalid()
    if fields["version"] != 1:
        raise KodebrikError("issuer-key-newer", ExitCode.BAD_INPUT)
    cost, salt, nonce, sealed = (
        fields["scrypt_n"],
        *(_bytes(fields[name], kind.invalid) for name in ("salt", "nonce", "sealed")),
    )
    cost_is_sane = type(cost) is int and 1 < cost <= _SCRYPT_MAX_COST and cost.bit_count() == 1
    if not cost_is_sane or (fields["scrypt_r"], fields["scrypt_p"], len(nonce)) != (8, 1, 12):
        raise kind.invalid()
    try:
        key = ChaCha20Poly1305(_stretch(passphrase, salt, cost)).decrypt(
            nonce, sealed, _associated(fields)
        )
    except InvalidTag:
        raise KodebrikError("issuer-key-wrong-passphrase", ExitCode.WRONG_KEY) from None
    if len(key) != KEY_SIZE:
        raise kind.invalid()
    return Secret(key)


def _stretch(passphrase: Secret, salt: bytes, cost: int) -> bytes:
    # OpenSSL needs slightly more than scrypt's 128 * N * r bytes.
    limit = 128 * 8 * cost + 2**20
    return hashlib.scrypt(passphrase.reveal(), salt=salt, n=cost, r=8, p=1, maxmem=limit, dklen=32)


def _associated(fields: dict[str, Any]) -> bytes:
    return json.dumps(
        {name: value for name, value in fields.items() if name != "sealed"}, sort_keys=True
    ).encode()


def _bytes(text: object, otherwise: Callable[[], KodebrikError]) -> bytes:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        raise otherwise() from None
