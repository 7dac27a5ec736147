"""The test passport of a token: what was tested, with which firmware and figures, signed by the
factory.

JSON with three members: `passport`, the statement; `key`, the public key's fingerprint;
`signature`, Ed25519 (RFC 8032) over the statement as canonical JSON (sorted keys, no blanks,
ASCII).
It holds no secret: of secrets there are keyed fingerprints. The private key is a PEM file (PKCS #8)
that its owner alone can read; the public key beside it is for whoever verifies.
"""

import base64
import binascii
import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from host_tools import private_files, whole_files
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.system_errors import reason
from host_tools.provisioning.batches import Job

VERSION = 1
_CONTEXT = b"kodebrik test passport 1\n"  # a signature of these keys for anything else is none
_LARGEST = 64 * 1024  # bytes
_MEMBERS = {"passport", "key", "signature"}


def create_key(path: Path) -> Ed25519PrivateKey:
    """Make a key in the new file `path` (mode 0600), and its public key in `path`.pub."""
    key = Ed25519PrivateKey.generate()
    private_files.write_new(
        path,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    whole_files.write(
        public_file(path),
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    )
    return key


def public_file(path: Path) -> Path:
    """Give where the public key of the key in `path` is."""
    return path.with_name(path.name + ".pub")


def load_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key; KodebrikError when others can read it, or it is no such key."""
    pem = _read(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077 or path.stat().st_uid != os.getuid():
        raise KodebrikError("passport-key-readable", ExitCode.PERMISSION, path=path)
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise KodebrikError("passport-key-invalid", ExitCode.BAD_INPUT, path=path)
    return key


def load_public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key; KodebrikError when it is none."""
    try:
        key = serialization.load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise KodebrikError("passport-key-invalid", ExitCode.BAD_INPUT, path=path)
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """Give 8 bytes of the public key's SHA-256, as hexadecimal."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def statement(job: Job) -> dict[str, Any]:
    """Give what the passport of a token that is done states."""
    assert job.report is not None  # noqa: S101 - a precondition
    return {"version": VERSION, **job.report}


def sign(stated: dict[str, Any], key: Ed25519PrivateKey) -> bytes:
    """Give the content of a passport file."""
    signature = base64.b64encode(key.sign(_signed(stated))).decode()
    fields = {"passport": stated, "key": fingerprint(key.public_key()), "signature": signature}
    return json.dumps(fields, indent=2).encode() + b"\n"


def verify(signed: bytes, key: Ed25519PublicKey) -> dict[str, Any]:
    """Give the statement of a passport file; KodebrikError when the key has not signed it."""
    try:
        fields = json.loads(signed)
        signature = base64.b64decode(fields["signature"], validate=True)
        stated = fields["passport"]
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise KodebrikError("passport-invalid", ExitCode.BAD_INPUT) from None
    if set(fields) != _MEMBERS or not isinstance(stated, dict):
        raise KodebrikError("passport-invalid", ExitCode.BAD_INPUT)
    if fields["key"] != fingerprint(key):
        raise KodebrikError(
            "passport-other-key",
            ExitCode.CHECK_FAILED,
            key=str(fields["key"])[:16],
            wanted=fingerprint(key),
        )
    try:
        key.verify(signature, _signed(stated))
    except InvalidSignature:
        raise KodebrikError("passport-changed", ExitCode.CHECK_FAILED) from None
    return stated


def content(path: Path) -> bytes:
    """Read a passport file; KodebrikError when it cannot be read."""
    return _read(path)


def _signed(stated: dict[str, Any]) -> bytes:
    return _CONTEXT + json.dumps(stated, sort_keys=True, separators=(",", ":")).encode()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise KodebrikError(
            "file-unreadable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None
