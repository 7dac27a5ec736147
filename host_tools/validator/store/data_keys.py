"""Data keys: they encrypt secrets at rest (AES-256-GCM) and key the hashes of PINs, activation
codes and the audit.

A data key is 32 random bytes, wrapped by the master key in the table `data_keys`. One key for each
use is derived from it by HKDF (RFC 5869). The newest data key encrypts and seals; older ones stay
to verify the hashes and audit entries that were made with them. Which one is the newest says the
root (audit_root.py).
"""

import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, Table, func, select

from host_tools.errors import ExitCode, KodebrikError
from host_tools.secret import Secret
from host_tools.validator.keys.master_key import KEY_SIZE, MasterKey, wrong_key
from host_tools.validator.store import row_seals
from host_tools.validator.store.keyed_mac import KeyedMac
from host_tools.validator.store.row_seals import SealedRow
from host_tools.validator.store.rows import DataKeyRow
from host_tools.validator.store.tables import data_keys, openid_keys, tokens

_NONCE_SIZE = 12  # bytes
_IDLE = bytes(256)  # about as long as what is sealed


@dataclass(frozen=True)
class DataKey:
    """The keys that are derived from one data key, one for each use."""

    id: int
    cipher: AESGCM
    audit: KeyedMac
    root: KeyedMac
    hashing: KeyedMac

    def encrypt_secret(self, secret: Secret, owner: str) -> bytes:
        """Encrypt the secret of `owner`, a serial number or what secret_owner() gives: nonce and
        ciphertext, bound to that name."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return nonce + self.cipher.encrypt(nonce, secret.reveal(), owner.encode())

    def decrypt_secret(self, encrypted: bytes, owner: str) -> Secret:
        """Decrypt; KodebrikError when the row was tampered with."""
        nonce, ciphertext = encrypted[:_NONCE_SIZE], encrypted[_NONCE_SIZE:]
        try:
            return Secret(self.cipher.decrypt(nonce, ciphertext, owner.encode()))
        except InvalidTag:
            raise KodebrikError(
                "sealed-secret-changed", ExitCode.CHECK_FAILED, serial=owner
            ) from None

    def idle_mac(self) -> None:
        """Compute a MAC for nothing: what is not found costs as many as what is."""
        self.audit(_IDLE)

    def hash(self, purpose: str, subject: str, text: str) -> bytes:
        """Give a keyed hash of a short text (a PIN, an activation code) that belongs to
        `subject`."""
        message = b"\0".join(part.encode() for part in (purpose, subject, text))
        return self.hashing(message)


class DataKeys:
    """The data keys of a database, unwrapped when they are first needed."""

    def __init__(self, master: MasterKey) -> None:
        """Unwrap with the master key `master`."""
        self._master = master
        self._known: dict[int, DataKey] = {}

    def get(self, connection: Connection, key_id: int) -> DataKey:
        """Give the data key with a number; KodebrikError when it is missing or was changed."""
        if key_id not in self._known:
            row = connection.execute(
                select(data_keys).where(data_keys.c.id == key_id)
            ).one_or_none()
            if row is None:
                raise row_seals.missing(data_keys, key_id)
            self._known[key_id] = self.unwrap(DataKeyRow(*row))
        return self._known[key_id]

    def unwrap(self, row: DataKeyRow) -> DataKey:
        """Unwrap the data key of a row; KodebrikError when another master key has wrapped it, or
        the row was changed."""
        if row.master != self._master.identity:
            raise wrong_key()
        key = _derive(row.id, self._master.unwrap(row.wrapped, _context(row.id)))
        if not row_seals.fits(key.audit, data_keys, row):
            raise row_seals.altered(data_keys, row)
        return key

    def check(self, connection: Connection, table: Table, row: SealedRow, newest: int) -> None:
        """Raise KodebrikError when a row does not fit its seal, or when a key older than the one
        numbered `newest` made that: key rotation seals every row anew."""
        if row.audit_key < newest or not row_seals.fits(
            self.get(connection, row.audit_key).audit, table, row
        ):
            raise row_seals.altered(table, row)

    def require_all(self, connection: Connection) -> None:
        """Raise KodebrikError unless the master key opens every data key, of which there is one at
        least."""
        rows = connection.execute(select(data_keys)).all()
        if not rows:
            raise row_seals.missing(data_keys, 1)
        for row in rows:
            self.unwrap(DataKeyRow(*row))

    def is_empty(self, connection: Connection) -> bool:
        """Say whether the database has no data key yet."""
        return connection.execute(select(func.count()).select_from(data_keys)).scalar_one() == 0

    def create(self, connection: Connection, now: float) -> tuple[DataKey, DataKeyRow]:
        """Draw a new data key; give it with its row, which is not written yet."""
        latest = connection.execute(
            select(data_keys).order_by(data_keys.c.id.desc()).limit(1)
        ).one_or_none()
        if latest is not None and latest.master != self._master.identity:
            raise wrong_key()  # another process wrapped them under a new master key
        key_id = 1 if latest is None else latest.id + 1
        secret = Secret(secrets.token_bytes(KEY_SIZE))
        row = self._row(key_id, secret, self._master, now)
        return _derive(key_id, secret), row  # not kept: the transaction may yet be rolled back

    def rewrapped(self, row: DataKeyRow, new: MasterKey) -> DataKeyRow:
        """Give the row of a data key as another master key wraps it."""
        self.unwrap(row)
        secret = self._master.unwrap(row.wrapped, _context(row.id))
        return self._row(row.id, secret, new, row.created_at)

    @staticmethod
    def _row(key_id: int, secret: Secret, master: MasterKey, created_at: float) -> DataKeyRow:
        wrapped = master.wrap(secret, _context(key_id))
        row = DataKeyRow(key_id, wrapped, master.identity, created_at, b"")
        seal = row_seals.seal(_derive(key_id, secret).audit, data_keys, row)
        return row._replace(audit_seal=seal)


def secret_owner(table: Table, row: Any) -> str | None:
    """Give the name that the secret in a row is bound to; None for a table without secrets."""
    if table is tokens:
        return str(row.serial)
    return f"openid {row.purpose} {row.id}" if table is openid_keys else None


def _context(key_id: int) -> bytes:
    return f"kodebrik data key {key_id}".encode()


def _derive(key_id: int, key: Secret) -> DataKey:
    secrets_key, audit_key, root_key, hashing_key = (
        HKDF(hashes.SHA256(), KEY_SIZE, None, f"kodebrik {use}".encode()).derive(key.reveal())
        for use in ("secrets", "audit", "root", "hashing")
    )
    return DataKey(
        key_id,
        AESGCM(secrets_key),
        KeyedMac(Secret(audit_key)),
        KeyedMac(Secret(root_key)),
        KeyedMac(Secret(hashing_key)),
    )
