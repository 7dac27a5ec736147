"""Data keys: they encrypt secrets at rest (AES-256-GCM) and key the hashes of PINs, activation
codes and the audit.

A data key is 32 random bytes, wrapped by the master key in the table `data_keys`. One key for each
use is derived from it by HKDF (RFC 5869). The newest data key encrypts; older ones stay to verify
the hashes and audit entries that were made with them.
"""

import hmac
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, insert, select, update

from host_tools.errors import ExitCode, KodebrikError
from host_tools.secret import Secret
from host_tools.validator.keys.master_key import KEY_SIZE, MasterKey, wrong_key
from host_tools.validator.store.tables import data_keys

_NONCE_SIZE = 12  # bytes
_LATEST = select(data_keys.c.id).order_by(data_keys.c.id.desc()).limit(1)


@dataclass(frozen=True)
class DataKey:
    """The keys that are derived from one data key, one for each use."""

    id: int
    cipher: AESGCM
    audit: Secret
    hashing: Secret

    def encrypt_secret(self, secret: Secret, serial: str) -> bytes:
        """Encrypt the secret of the token `serial`: nonce and ciphertext, bound to the serial
        number."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return nonce + self.cipher.encrypt(nonce, secret.reveal(), serial.encode())

    def decrypt_secret(self, encrypted: bytes, serial: str) -> Secret:
        """Decrypt; KodebrikError when the row was tampered with."""
        nonce, ciphertext = encrypted[:_NONCE_SIZE], encrypted[_NONCE_SIZE:]
        try:
            return Secret(self.cipher.decrypt(nonce, ciphertext, serial.encode()))
        except InvalidTag:
            raise KodebrikError(
                "sealed-secret-changed", ExitCode.CHECK_FAILED, serial=serial
            ) from None

    def hash(self, purpose: str, subject: str, text: str) -> bytes:
        """Give a keyed hash of a short text (a PIN, an activation code) that belongs to
        `subject`."""
        message = b"\0".join(part.encode() for part in (purpose, subject, text))
        return hmac.digest(self.hashing.reveal(), message, "sha256")


class DataKeys:
    """The data keys of a database, unwrapped when they are first needed."""

    def __init__(self, master: MasterKey) -> None:
        """Unwrap with the master key `master`."""
        self._master = master
        self._known: dict[int, DataKey] = {}

    def get(self, connection: Connection, key_id: int) -> DataKey:
        """Give the data key with a number."""
        if key_id not in self._known:
            row = connection.execute(select(data_keys).where(data_keys.c.id == key_id)).one()
            if row.master != self._master.identity:
                raise wrong_key()
            self._known[key_id] = _derive(
                key_id, self._master.unwrap(row.wrapped, _context(key_id))
            )
        return self._known[key_id]

    def ensure(self, connection: Connection, now: float) -> None:
        """Make the first data key of a new database; with an old one, check that the master key
        fits."""
        if connection.execute(_LATEST).scalar() is None:
            self.create(connection, now)
        else:
            self.latest(connection)

    def latest(self, connection: Connection) -> DataKey:
        """Give the newest data key, which encrypts."""
        return self.get(connection, connection.execute(_LATEST).scalar_one())

    def create(self, connection: Connection, now: float) -> DataKey:
        """Draw and store a new data key."""
        latest = connection.execute(
            select(data_keys).order_by(data_keys.c.id.desc()).limit(1)
        ).one_or_none()
        if latest is not None and latest.master != self._master.identity:
            raise wrong_key()  # another process wrapped them under a new master key
        key_id = 1 if latest is None else latest.id + 1
        key = Secret(secrets.token_bytes(KEY_SIZE))
        row = {
            "id": key_id,
            "wrapped": self._master.wrap(key, _context(key_id)),
            "master": self._master.identity,
        }
        connection.execute(insert(data_keys).values(**row, created_at=now))
        return _derive(key_id, key)  # not kept: the transaction may yet be rolled back

    def rewrap(self, connection: Connection, new: MasterKey) -> int:
        """Wrap every data key under another master key; give their number."""
        rows = connection.execute(select(data_keys).with_for_update()).all()
        for row in rows:
            if row.master != self._master.identity:
                raise wrong_key()
            key = self._master.unwrap(row.wrapped, _context(row.id))
            wrapped = {"wrapped": new.wrap(key, _context(row.id)), "master": new.identity}
            connection.execute(update(data_keys).where(data_keys.c.id == row.id).values(**wrapped))
        return len(rows)


def _context(key_id: int) -> bytes:
    return f"kodebrik data key {key_id}".encode()


def _derive(key_id: int, key: Secret) -> DataKey:
    secrets_key, audit_key, hashing_key = (
        HKDF(hashes.SHA256(), KEY_SIZE, None, f"kodebrik {use}".encode()).derive(key.reveal())
        for use in ("secrets", "audit", "hashing")
    )
    return DataKey(key_id, AESGCM(secrets_key), Secret(audit_key), Secret(hashing_key))
