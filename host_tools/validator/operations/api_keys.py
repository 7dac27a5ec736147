"""API keys: 32 random bytes each, of which only a hash is stored. SHA-256 without salt suffices:
nobody guesses 256 bits."""

import base64
import hashlib
import secrets

from sqlalchemy import Connection, delete, insert, select, update

from host_tools.secret import Secret
from host_tools.validator.errors import ConflictError, InvalidError, NotFoundError
from host_tools.validator.records import ApiKey, Role
from host_tools.validator.store.tables import api_keys, web_sessions
from host_tools.validator.store.unit_of_work import UnitOfWork

_PREFIX = "kodebrik_"  # by which scanners for published secrets recognise a key
_LONGEST_NAME = 64  # characters


def create(unit: UnitOfWork, name: str, role: Role) -> tuple[ApiKey, Secret]:
    """Create a key; its value is returned only here, the database keeps its hash."""
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise InvalidError("api-key-name-invalid", most=_LONGEST_NAME)
    if (
        unit.connection.execute(select(api_keys.c.id).where(api_keys.c.name == name)).first()
        is not None
    ):
        raise ConflictError("api-key-taken", name=name)
    key = _PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    unit.connection.execute(
        insert(api_keys).values(
            name=name, role=role.value, created_at=unit.now, revoked_at=None, hash=_hash(key)
        )
    )
    unit.record_server_event("create_api_key", {"name": name, "role": role.value})
    return ApiKey(name, role, unit.now, None), Secret(key.encode())


def revoke(unit: UnitOfWork, name: str) -> None:
    """Refuse a key from now on, and close the web sessions that it opened."""
    found = unit.connection.execute(
        select(api_keys).where(api_keys.c.name == (name if name.isprintable() else ""))
    ).one_or_none()
    if found is None:
        raise NotFoundError("api-key-unknown", name=name[:_LONGEST_NAME])
    if found.revoked_at is not None:
        raise ConflictError("api-key-revoked", name=name)
    unit.connection.execute(
        update(api_keys).where(api_keys.c.id == found.id).values(revoked_at=unit.now)
    )
    unit.connection.execute(delete(web_sessions).where(web_sessions.c.api_key_id == found.id))
    unit.record_server_event("revoke_api_key", {"name": name})


def list_all(connection: Connection) -> list[ApiKey]:
    """List the keys, revoked ones too."""
    found = connection.execute(select(api_keys).order_by(api_keys.c.name))
    return [ApiKey(row.name, Role(row.role), row.created_at, row.revoked_at) for row in found]


def find(connection: Connection, key: str) -> ApiKey | None:
    """Give the key that was presented, None when it is unknown or revoked."""
    query = select(api_keys).where(api_keys.c.hash == _hash(key), api_keys.c.revoked_at.is_(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else ApiKey(row.name, Role(row.role), row.created_at, None)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="replace")).digest()
