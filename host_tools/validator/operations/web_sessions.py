"""Sessions of the web site: rows that the browser names by an opaque random id.

The database holds the id's SHA-256 alone; 256 random bits need no slower hash. A session ends when
it was not used for a while, at a fixed time after its start, when it is closed, and with the API
key that opened it. There is no cache: every request asks the database, so that an ended session is
refused at once by every worker.
"""

import hashlib
import secrets

from sqlalchemy import Connection, delete, insert, select, update

from host_tools.secret import Secret
from host_tools.validator.operations import api_keys
from host_tools.validator.records import ApiKey, Role, SessionLimits, SignIn
from host_tools.validator.store.tables import api_keys as keys
from host_tools.validator.store.tables import web_sessions
from host_tools.validator.store.unit_of_work import UnitOfWork

MAX_SIGN_INS = 10_000  # anybody can start one; of more, the oldest are closed
_ID_BYTES = 32
_RENEWAL = 60.0  # seconds by which the end must move before it is written


def open_for_api_key(
    unit: UnitOfWork, key: str, limits: SessionLimits
) -> tuple[Secret, ApiKey] | None:
    """Open a session for the owner of an API key and give its id; None when the key is unknown or
    revoked."""
    found = api_keys.find(unit.connection, key)
    if found is None:
        return None
    key_id = select(keys.c.id).where(keys.c.name == found.name).scalar_subquery()
    return _open(unit, limits, api_key_id=key_id), found


def find(
    connection: Connection, session_id: Secret, now: float, limits: SessionLimits
) -> tuple[ApiKey, bool] | None:
    """Give the API key of an open session, and whether renew() is due (once a minute, not at every
    request); None when the session has ended or its key was revoked."""
    query = (
        select(keys, web_sessions.c.started_at, web_sessions.c.ends_at)
        .join(web_sessions, web_sessions.c.api_key_id == keys.c.id)
        .where(
            web_sessions.c.hash == _hash(session_id),
            web_sessions.c.ends_at > now,
            keys.c.revoked_at.is_(None),
        )
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    later = _end(row.started_at, now, limits) - row.ends_at
    due = later >= min(_RENEWAL, limits.idle / 2)
    return ApiKey(row.name, Role(row.role), row.created_at, None), due


def renew(unit: UnitOfWork, session_id: Secret, limits: SessionLimits) -> None:
    """Move the end of an open session to its idle limit from now, at most to its total limit."""
    found = select(web_sessions.c.started_at).where(
        web_sessions.c.hash == _hash(session_id), web_sessions.c.ends_at > unit.now
    )
    started_at = unit.connection.execute(found).scalar_one_or_none()
    if started_at is not None:
        changed = update(web_sessions).where(web_sessions.c.hash == _hash(session_id))
        unit.connection.execute(changed.values(ends_at=_end(started_at, unit.now, limits)))


def open_sign_in(unit: UnitOfWork, user_id: str, challenge: str, limits: SessionLimits) -> Secret:
    """Open a session for a visitor who is about to sign in with a code; give its id."""
    session_id = _open(unit, limits, user_id=user_id, challenge=challenge)
    beyond = (
        select(web_sessions.c.hash)
        .where(web_sessions.c.api_key_id.is_(None))
        .order_by(web_sessions.c.started_at.desc())
        .offset(MAX_SIGN_INS)
    )
    unit.connection.execute(delete(web_sessions).where(web_sessions.c.hash.in_(beyond)))
    return session_id


def sign_in(connection: Connection, session_id: Secret, now: float) -> SignIn | None:
    """Give the user-ID, challenge and approval stored in an open session of a visitor; None when
    there is no such session."""
    query = select(web_sessions).where(
        web_sessions.c.hash == _hash(session_id),
        web_sessions.c.ends_at > now,
        web_sessions.c.api_key_id.is_(None),
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else SignIn(row.user_id, row.challenge, row.approved)


def approve_sign_in(unit: UnitOfWork, session_id: Secret, limits: SessionLimits) -> Secret | None:
    """Replace a visitor's session by an approved one with a fresh id, and give that; None when the
    session has ended."""
    found = sign_in(unit.connection, session_id, unit.now)
    if found is None:
        return None
    close(unit, session_id)
    return _open(unit, limits, user_id=found.user_id, challenge=found.challenge, approved=True)


def close(unit: UnitOfWork, session_id: Secret) -> None:
    """Close a session; nothing happens when it has ended already."""
    unit.connection.execute(delete(web_sessions).where(web_sessions.c.hash == _hash(session_id)))


def close_all(unit: UnitOfWork) -> None:
    """Close every session."""
    unit.connection.execute(delete(web_sessions))


def _open(unit: UnitOfWork, limits: SessionLimits, **values: object) -> Secret:
    """Insert a row under a fresh id, and delete those of sessions that have ended."""
    unit.connection.execute(delete(web_sessions).where(web_sessions.c.ends_at <= unit.now))
    session_id = Secret(secrets.token_urlsafe(_ID_BYTES).encode())
    row = {
        "hash": _hash(session_id),
        "approved": False,
        "started_at": unit.now,
        "ends_at": _end(unit.now, unit.now, limits),
    }
    unit.connection.execute(insert(web_sessions).values(row | values))
    return session_id


def _end(started_at: float, now: float, limits: SessionLimits) -> float:
    return min(started_at + limits.total, now + limits.idle)


def _hash(session_id: Secret) -> bytes:
    return hashlib.sha256(session_id.reveal()).digest()
