"""The master key, which wraps the data keys that seal secrets: from a file, the environment or a
PKCS#11 device.

A provider wraps and unwraps 32 bytes; the key itself may never leave its device.
"""

import hmac
import os
import secrets
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from host_tools import private_files
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.provisioning.access_key import parse_hex
from host_tools.secret import Secret
from host_tools.validator.errors import WrongKeyError

KEY_SIZE = 32  # bytes; AES-256
VARIABLE = "KODEBRIK_MASTER_KEY"  # 64 hexadecimal digits
_NONCE_SIZE = 12  # bytes; NIST SP 800-38D section 8.2.2


class MasterKey(Protocol):
    """A key that wraps data keys. `identity` distinguishes master keys and reveals nothing of their
    value."""

    @property
    def identity(self) -> str:
        """Give up to 64 characters that name this key."""

    def wrap(self, data_key: Secret, context: bytes) -> bytes:
        """Encrypt `data_key`, authenticated together with `context`."""

    def unwrap(self, wrapped: bytes, context: bytes) -> Secret:
        """Give the data key back; KodebrikError when key, bytes or context are others."""


class LocalKey:
    """A master key in memory: AES-256-GCM."""

    def __init__(self, key: Secret) -> None:
        """Take 32 bytes."""
        self._cipher = AESGCM(key.reveal())
        self._identity = hmac.digest(key.reveal(), b"kodebrik master key", "sha256")[:8].hex()

    @property
    def identity(self) -> str:
        """Give 8 bytes of a keyed hash, as hexadecimal."""
        return self._identity

    def wrap(self, data_key: Secret, context: bytes) -> bytes:
        """Give nonce and ciphertext."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return nonce + self._cipher.encrypt(nonce, data_key.reveal(), context)

    def unwrap(self, wrapped: bytes, context: bytes) -> Secret:
        """Give the data key back."""
        try:
            return Secret(
                self._cipher.decrypt(wrapped[:_NONCE_SIZE], wrapped[_NONCE_SIZE:], context)
            )
        except InvalidTag:
            raise wrong_key() from None


def create_file(path: Path) -> LocalKey:
    """Draw a master key and write it to a new file (mode 0600)."""
    key = Secret(secrets.token_bytes(KEY_SIZE))
    private_files.write_new(path, key.reveal().hex().encode() + b"\n")
    return LocalKey(key)


def from_file(path: Path) -> LocalKey:
    """Read a master key from a file of 64 hexadecimal digits; one that others can read is
    refused."""
    warnings: list[str] = []
    text = private_files.read_text(str(path), warnings.append)
    if warnings:
        raise KodebrikError("master-key-exposed", ExitCode.PERMISSION, path=path)
    return LocalKey(parse_hex(text, Message("file-named", path=path)))


def from_environment() -> LocalKey | None:
    """Read the master key from the environment; None when there is none."""
    text = os.environ.get(VARIABLE)
    return (
        None
        if text is None
        else LocalKey(parse_hex(text.strip(), Message("variable-named", name=VARIABLE)))
    )


def wrong_key() -> WrongKeyError:
    """Make the error that the master key does not open the database."""
    return WrongKeyError("master-key-wrong")
