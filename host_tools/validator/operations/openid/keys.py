"""The OpenID provider's secrets: what subject identifiers are made with, and the keys that sign ID
tokens (PKCS #8 in PEM), one for each algorithm: ECDSA P-256 for ES256, RSA of 2048 bits for RS256,
which OpenID Connect Discovery (section 3) asks of every provider. They are encrypted as the tokens'
secrets are.

The subject secret never changes, or relying parties would know nobody any more.
"""

import base64
import hmac
import secrets

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from sqlalchemy import Connection, func, select, true

from host_tools.secret import Secret
from host_tools.validator.records import ID_TOKEN_ALGORITHMS, ID_TOKEN_SECONDS, OpenIdKey
from host_tools.validator.store import audit_root
from host_tools.validator.store.data_keys import DataKeys, secret_owner
from host_tools.validator.store.rows import AuditRootRow, OpenIdKeyRow
from host_tools.validator.store.tables import audit_root as root_table
from host_tools.validator.store.tables import openid_keys
from host_tools.validator.store.unit_of_work import UnitOfWork

_LEEWAY = 300.0  # seconds by which a relying party's clock may be behind
_SUBJECTS = "subjects"  # a purpose; those of the other secrets are the algorithms
_SECRET_BYTES = 32
_RSA_BITS, _RSA_EXPONENT = 2048, 65537  # RFC 7518 section 3.3; NIST SP 800-131A
_WIDTH = len(OpenIdKeyRow._fields)


def prepare(unit: UnitOfWork) -> None:
    """Draw the subject secret and the first signing keys, unless they are there."""
    there = set(unit.connection.execute(select(openid_keys.c.purpose)).scalars())
    if _SUBJECTS not in there:
        _insert(unit, _SUBJECTS, Secret(secrets.token_bytes(_SECRET_BYTES)))
    for algorithm in ID_TOKEN_ALGORITHMS:
        if algorithm not in there:
            _insert(unit, algorithm, _new_key(algorithm))


def rotate(unit: UnitOfWork) -> int:
    """Draw new signing keys, which sign from now on; give how many are published then. Older ones
    stay published until no ID token that they have signed is valid."""
    prepare(unit)
    query = select(openid_keys).where(openid_keys.c.purpose != _SUBJECTS)
    found = unit.connection.execute(query.order_by(openid_keys.c.id).with_for_update()).all()
    older = [unit.checked(openid_keys, OpenIdKeyRow(*row)) for row in found]
    until = unit.now + ID_TOKEN_SECONDS + _LEEWAY
    for row in older:
        if row.published_until is None:
            unit.update(openid_keys, row, row._replace(published_until=until))
    gone = unit.delete(openid_keys, openid_keys.c.published_until <= unit.now)
    for algorithm in ID_TOKEN_ALGORITHMS:
        _insert(unit, algorithm, _new_key(algorithm))
    published = len(older) - gone + len(ID_TOKEN_ALGORITHMS)
    unit.record_server_event("rotate_openid_key", {"published": published})
    return published


def published(connection: Connection, keys: DataKeys, now: float) -> list[OpenIdKey]:
    """Give the signing keys whose public halves are published; the first of its algorithm signs."""
    rows = (row for row in _rows(connection, keys) if row.purpose != _SUBJECTS)
    return [
        OpenIdKey(row.purpose, _secret(connection, keys, row), row.created_at, row.published_until)
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


def _insert(unit: UnitOfWork, purpose: str, secret: Secret) -> None:
    greatest = unit.connection.execute(select(func.max(openid_keys.c.id))).scalar_one() or 0
    row = OpenIdKeyRow(greatest + 1, purpose, b"", unit.key.id, unit.now, None)
    owner = str(secret_owner(openid_keys, row))
    encrypted = unit.key.encrypt_secret(secret, owner)
    unit.insert(openid_keys, row._replace(encrypted_secret=encrypted))


def _new_key(algorithm: str) -> Secret:
    drawn = (
        ec.generate_private_key(ec.SECP256R1())
        if algorithm == "ES256"
        else rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS)
    )
    return Secret(
        drawn.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
