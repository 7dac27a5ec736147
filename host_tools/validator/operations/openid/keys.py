"""The OpenID provider's secrets: what subject identifiers are made with, and the keys that sign ID
tokens (ECDSA P-256, PKCS #8 in PEM). They are encrypted as the tokens' secrets are.

The subject secret never changes, or relying parties would know nobody any more.
"""

import base64
import hmac
import secrets

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Connection, select, true

from host_tools.secret import Secret
from host_tools.validator.records import ID_TOKEN_SECONDS, OpenIdKey
from host_tools.validator.store import audit_root
from host_tools.validator.store.data_keys import DataKeys, secret_owner
from host_tools.validator.store.rows import AuditRootRow, OpenIdKeyRow
from host_tools.validator.store.tables import audit_root as root_table
from host_tools.validator.store.tables import openid_keys
from host_tools.validator.store.unit_of_work import UnitOfWork

_LEEWAY = 300.0  # seconds by which a relying party's clock may be behind
_SUBJECTS, _SIGNING = "subjects", "signing"  # purposes
_SUBJECTS_ID = 1  # of the one row for subjects; signing keys are counted from the next
_SECRET_BYTES = 32
_WIDTH = len(OpenIdKeyRow._fields)


def prepare(unit: UnitOfWork) -> None:
    """Draw the subject secret and the first signing key, unless they are there."""
    if unit.connection.execute(select(openid_keys.c.id)).first() is None:
        _insert(unit, _SUBJECTS_ID, _SUBJECTS, Secret(secrets.token_bytes(_SECRET_BYTES)))
        _insert(unit, _SUBJECTS_ID + 1, _SIGNING, _new_key())


def rotate(unit: UnitOfWork) -> int:
    """Draw a new signing key, which signs from now on; give how many are published then. Older
    ones stay published until no ID token that they have signed is valid."""
    prepare(unit)
    query = select(openid_keys).where(openid_keys.c.purpose == _SIGNING).order_by(openid_keys.c.id)
    found = unit.connection.execute(query.with_for_update()).all()
    older = [unit.checked(openid_keys, OpenIdKeyRow(*row)) for row in found]
    until = unit.now + ID_TOKEN_SECONDS + _LEEWAY
    for row in older:
        if row.published_until is None:
            unit.update(openid_keys, row, row._replace(published_until=until))
    gone = unit.delete(openid_keys, openid_keys.c.published_until <= unit.now)
    _insert(unit, older[-1].id + 1, _SIGNING, _new_key())
    unit.record_server_event("rotate_openid_key", {"published": len(older) - gone + 1})
    return len(older) - gone + 1


def published(connection: Connection, keys: DataKeys, now: float) -> list[OpenIdKey]:
    """Give the signing keys whose public halves are published, the one that signs first."""
    rows = (row for row in _rows(connection, keys) if row.purpose == _SIGNING)
    return [
        OpenIdKey(_secret(connection, keys, row), row.created_at, row.published_until)
        for row in sorted(rows, key=lambda row: -row.id)
        if row.published_until is None or row.published_until > now
    ]


def subject(connection: Connection, keys: DataKeys, sector: str, owner_id: int) -> str:
    """Give the identifier of a user for the relying parties of one sector (OpenID Connect Core,
    section 8.1): 43 characters, of which another sector's cannot be told. It is made of the
    number of the user's row, which no later user gets, whatever their user-ID."""
    (row,) = (row for row in _rows(connection, keys) if row.purpose == _SUBJECTS)
    secret = _secret(connection, keys, row)
    mac = hmac.digest(secret.reveal(), f"{owner_id} {sector}".encode(), "sha256")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def _rows(connection: Connection, keys: DataKeys) -> list[OpenIdKeyRow]:
    found = connection.execute(select(openid_keys, root_table).join(root_table, true())).all()
    rows = []
    for one in found:
        row, root = OpenIdKeyRow(*one[:_WIDTH]), AuditRootRow(*one[_WIDTH:])
        newest = audit_root.checked(connection, keys, root).audit_key
        keys.check(connection, openid_keys, row, newest)
        rows.append(row)
    return rows


def _secret(connection: Connection, keys: DataKeys, row: OpenIdKeyRow) -> Secret:
    key = keys.get(connection, row.data_key)
    return key.decrypt_secret(row.encrypted_secret, str(secret_owner(openid_keys, row)))


def _insert(unit: UnitOfWork, number: int, purpose: str, secret: Secret) -> None:
    row = OpenIdKeyRow(number, purpose, b"", unit.key.id, unit.now, None)
    owner = str(secret_owner(openid_keys, row))
    encrypted = unit.key.encrypt_secret(secret, owner)
    unit.insert(openid_keys, row._replace(encrypted_secret=encrypted))


def _new_key() -> Secret:
    return Secret(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
