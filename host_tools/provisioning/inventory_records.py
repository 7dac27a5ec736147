"""The inventory's records, and the sealing of their secrets: ChaCha20-Poly1305 (RFC 8439) under a
key derived from the issuer key."""

import hmac
import json
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from host_tools.errors import ExitCode, KodebrikError
from host_tools.secret import Secret

_NONCE_SIZE = 12  # bytes

# States of a token, from the bare board on. Only a provisioned one is for a server.
FLASHED = "flashed"
PROVISIONING = "provisioning"  # its secret is drawn; whether the token has it, is not known
PROVISIONED = "provisioned"
FAILED = "failed"
WIPED = "wiped"
STATES = (FLASHED, PROVISIONING, PROVISIONED, FAILED, WIPED)


@dataclass(frozen=True)
class InventoryAccount:
    """One account of a token.

    `fingerprint` is the one that the token gave for the secret (hexadecimal), `issuer` that of the
    issuer key which seals it (None: the secret is not in the inventory).
    """

    name: str
    kind: str
    algorithm: str
    digits: int
    period: int | None
    counter: int | None
    suite: str | None
    entry: str | None
    fingerprint: str
    written_at: float
    issuer: str | None


@dataclass(frozen=True)
class InventoryEntry:
    """One token. `board_id` is the microcontroller's unique id, `firmware_hash` the SHA-256 of the
    file that was flashed, `key_fingerprint` that of the token's access key (all hexadecimal, None
    when unknown). `updated_at` is None in entries from before batches."""

    serial: str
    product: str
    board: str
    version: str
    first_at: float
    clock_set_at: float | None
    accounts: tuple[InventoryAccount, ...]
    board_id: str | None = None
    firmware_hash: str | None = None
    key_fingerprint: str | None = None
    state: str = PROVISIONED
    operator: str | None = None
    updated_at: float | None = None
    batch: str | None = None


def _cipher(issuer_key: Secret) -> ChaCha20Poly1305:
    # HKDF-SHA256 as for access keys (RFC 5869), with an info of its own.
    extracted = hmac.digest(bytes(32), issuer_key.reveal(), "sha256")
    return ChaCha20Poly1305(hmac.digest(extracted, b"kodebrik inventory\x01", "sha256"))


def seal(issuer_key: Secret, serial: str, account: InventoryAccount, secret: Secret) -> bytes:
    """Encrypt a secret; serial number and account are authenticated with it."""
    nonce = secrets.token_bytes(_NONCE_SIZE)
    return nonce + _cipher(issuer_key).encrypt(nonce, secret.reveal(), _context(serial, account))


def unseal(issuer_key: Secret, serial: str, account: InventoryAccount, sealed: bytes) -> Secret:
    """Decrypt a secret; KodebrikError when it, the serial number or the account was changed."""
    try:
        opened = _cipher(issuer_key).decrypt(
            sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], _context(serial, account)
        )
    except InvalidTag:
        raise KodebrikError(
            "inventory-changed", ExitCode.CHECK_FAILED, serial=serial, account=account.name
        ) from None
    return Secret(opened)


def _context(serial: str, account: InventoryAccount) -> bytes:
    """Give the associated data of a secret: the serial number and every parameter of its codes."""
    parameters = (
        account.name,
        account.kind,
        account.algorithm,
        account.digits,
        account.period,
        account.counter,
    )
    return json.dumps([serial, *parameters, account.suite, account.entry]).encode()
