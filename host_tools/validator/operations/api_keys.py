"""API keys: 32 random bytes each, of which only a hash is stored. SHA-256 without salt suffices:
nobody guesses 256 bits."""

import base64
import hashlib
import secrets

from sqlalchemy import Connection, select

from host_tools.secret import Secret
from host_tools.validator.errors import ConflictError, InvalidError, NotFoundError
from host_tools.validator.records import ApiKey, Role
from host_tools.validator.store import audit_root
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.row_ids import new_id
from host_tools.validator.store.rows import ApiKeyRow
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
    made = ApiKeyRow(new_id(), name, role.value, _hash(key), unit.now, None)
    detail = {"name": name, "role": role.value}
    unit.record_row_event(api_keys, unit.insert(api_keys, made), "create_api_key", detail)
    return ApiKey(name, role, unit.now, None), Secret(key.encode())


def revoke(unit: UnitOfWork, name: str) -> None:
    """Refuse a key from now on, and close the web sessions that it opened."""
    query = select(api_keys).where(api_keys.c.name == (name if name.isprintable() else ""))
    before = unit.find(api_keys, ApiKeyRow, query)
    if before is None:
        raise NotFoundError("api-key-unknown", name=name[:_LONGEST_NAME])
    if before.revoked_at is not None:
        raise ConflictError("api-key-revoked", name=name)
    after = unit.update(api_keys, before, before._replace(revoked_at=unit.now))
    unit.delete(web_sessions, web_sessions.c.api_key_id == before.id)
    unit.record_row_event(api_keys, after, "revoke_api_key", {"name": name})


def list_all(connection: Connection) -> list[ApiKey]:
    """List the keys, revoked ones too."""
    found = connection.execute(select(api_keys).order_by(api_keys.c.name))
    return [record_of(ApiKeyRow(*row)) for row in found]


def find(connection: Connection, keys: DataKeys, key: str) -> ApiKeyRow | None:
    """Give the row of the key that was presented, None when it is unknown or revoked."""
    query = select(api_keys).where(api_keys.c.hash == _hash(key))
    found = audit_root.find_row(connection, keys, api_keys, ApiKeyRow, query)
    return None if found is None or found[0].revoked_at is not None else found[0]


def authenticate(connection: Connection, keys: DataKeys, key: str) -> ApiKey | None:
    """Give the key that was presented, None when it is unknown or revoked."""
    row = find(connection, keys, key)
    return None if row is None else record_of(row)


def record_of(row: ApiKeyRow) -> ApiKey:
    """Give what administrators see of a key."""
    return ApiKey(row.name, Role(row.role), row.created_at, row.revoked_at)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="replace")).digest()
