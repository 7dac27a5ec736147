"""Update keys: Ed25519 keys (RFC 8032), the private ones in files as issuer keys are, the public
ones as PEM. An update key signs updates of the firmware, and its successor."""

import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from firmware.protocol import messages
from host_tools.errors import ExitCode, KodebrikError
from host_tools.provisioning import issuer_key_file
from host_tools.provisioning.issuer_key_file import FileKind
from host_tools.secret import Secret

_FILE = FileKind(
    "kodebrik update key", lambda: KodebrikError("update-key-invalid", ExitCode.BAD_INPUT)
)
_PUBLIC = b"-----BEGIN PUBLIC KEY-----"
_STATEMENT = "kodebrik update key statement"


class UpdateKey:
    """A private update key."""

    def __init__(self, seed: Secret) -> None:
        """Take the 32 bytes of section 5.1.5."""
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed.reveal())

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def sign_manifest(self, manifest: bytes) -> bytes:
        """Give the signature of an update's manifest, 64 bytes."""
        return self._key.sign(messages.UPDATE_LABEL + manifest)

    def sign_successor(self, public: bytes) -> bytes:
        """Give the signature that makes `public` the update key after this one."""
        return self._key.sign(messages.UPDATE_KEY_LABEL + public)

    def seal(self, passphrase: Secret) -> bytes:
        """Give the content of a key file; KodebrikError for a short passphrase."""
        return issuer_key_file.seal(self._seed, passphrase, kind=_FILE)


def generate() -> UpdateKey:
    """Draw a random update key."""
    return UpdateKey(issuer_key_file.generate())


def unseal(content: bytes, passphrase: Secret) -> UpdateKey:
    """Decrypt an update key file; KodebrikError when it is none, is damaged, or the passphrase is
    wrong."""
    return UpdateKey(issuer_key_file.unseal(content, passphrase, kind=_FILE))


def public_file(path: Path) -> Path:
    """Give the path of the public key that goes with the key file `path`."""
    return path.with_name(path.name + ".pub")


def write_public(key: bytes) -> bytes:
    """Give the content of a file with a public key: PEM."""
    return Ed25519PublicKey.from_public_bytes(key).public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def read_public(content: bytes, path: Path) -> bytes:
    """Give the public key in the file `path`; KodebrikError when there is none."""
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise KodebrikError("update-public-key-invalid", ExitCode.BAD_INPUT, path=path)
    return key.public_bytes_raw()


def check_private(content: bytes, path: Path) -> None:
    """Raise KodebrikError when the file `path` has a public key, where a private one is needed."""
    if content.startswith(_PUBLIC):
        raise KodebrikError("update-key-public", ExitCode.BAD_INPUT, path=path)


def fingerprint(key: bytes) -> str:
    """Give 8 bytes of a public key's SHA-256, as hexadecimal."""
    return hashlib.sha256(key).hexdigest()[:16]


def write_statement(old: UpdateKey, new: bytes) -> bytes:
    """Give the content of a file in which the old key names its successor, to be given to
    tokens."""
    content = {
        "kind": _STATEMENT,
        "old": old.public.hex(),
        "new": new.hex(),
        "signature": old.sign_successor(new).hex(),
    }
    return json.dumps(content, indent=2).encode() + b"\n"


def read_statement(content: bytes, path: Path) -> tuple[bytes, bytes]:
    """Give the new key and its signature by the old one; KodebrikError when the file is no such
    statement, or its signature is wrong."""
    try:
        fields: dict[str, Any] = json.loads(content)
        old, new, signature = (bytes.fromhex(fields[name]) for name in ("old", "new", "signature"))
        Ed25519PublicKey.from_public_bytes(old).verify(signature, messages.UPDATE_KEY_LABEL + new)
        good = fields["kind"] == _STATEMENT and len(new) == messages.UPDATE_KEY_SIZE
    except (ValueError, KeyError, TypeError, InvalidSignature):
        good = False
    if not good:
        raise KodebrikError("update-statement-invalid", ExitCode.BAD_INPUT, path=path)
    return new, signature


def check_signer(manifest: bytes, signature: bytes, key: bytes) -> None:
    """Raise KodebrikError unless an update's manifest was signed with the public update key to
    which statements lead."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, messages.UPDATE_LABEL + manifest)
    except InvalidSignature:
        raise KodebrikError(
            "update-statement-other-key", ExitCode.CONFLICT, fingerprint=fingerprint(key)
        ) from None
