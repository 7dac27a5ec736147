"""Sessions of the web site: rows that the browser names by an opaque random id.

A session ends when
it was not used for a while, at a fixed time after its start, when it is closed, and with the API
key that opened it. There is no cache: every request asks the database, so that an ended session is
refused at once by every worker.
"""

from typing import Any

from sqlalchemy import Connection, select, true

from host_tools.secret import Secret
from host_tools.validator.operations import api_keys
from host_tools.validator.records import ApiKey, SessionLimits, SignIn
from host_tools.validator.rule import opaque_ids
from host_tools.validator.store import audit_root
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.rows import ApiKeyRow, AuditRootRow, WebSessionRow
from host_tools.validator.store.tables import api_keys as key_table
from host_tools.validator.store.tables import app_sessions, web_sessions
from host_tools.validator.store.tables import audit_root as root_table
from host_tools.validator.store.unit_of_work import UnitOfWork

MAX_SIGN_INS = 10_000  # anybody can start one; of more, the oldest are closed
_SESSION = len(WebSessionRow._fields)
_KEY = _SESSION + len(ApiKeyRow._fields)
_RENEWAL = 60.0  # seconds by which the end must move before it is written


def open_for_api_key(
    unit: UnitOfWork, key: str, limits: SessionLimits
) -> tuple[Secret, ApiKey] | None:
    """Open a session for the owner of an API key and give its id; None when the key is unknown or
    revoked."""
    found = api_keys.find(unit.connection, unit.keys, key)
    if found is None:
        return None
    return _open(unit, limits, api_key_id=found.id), api_keys.record_of(found)


def find(
    connection: Connection, keys: DataKeys, session_id: Secret, now: float, limits: SessionLimits
) -> tuple[ApiKey, bool] | None:
    """Give the API key of an open session, and whether renew() is due (once a minute, not at every
    request); None when the session has ended or its key was revoked."""
    query = (
        select(web_sessions, key_table, root_table)
        .join(key_table, web_sessions.c.api_key_id == key_table.c.id)
        .join(root_table, true())
        .where(web_sessions.c.hash == opaque_ids.hashed(session_id))
    )
    found = connection.execute(query).one_or_none()
    if found is None:
        return None
    session, key = WebSessionRow(*found[:_SESSION]), ApiKeyRow(*found[_SESSION:_KEY])
    newest = audit_root.checked(connection, keys, AuditRootRow(*found[_KEY:])).audit_key
    keys.check(connection, web_sessions, session, newest)
    keys.check(connection, key_table, key, newest)
    if session.ends_at <= now or key.revoked_at is not None:
        return None
    later = _end(session.started_at, now, limits) - session.ends_at
    due = later >= min(_RENEWAL, limits.idle / 2)
    return api_keys.record_of(key), due


def renew(unit: UnitOfWork, session_id: Secret, limits: SessionLimits) -> None:
    """Move the end of an open session to its idle limit from now, at most to its total limit."""
    session = _find(unit.connection, unit.keys, session_id, unit.now)
    if session is not None:
        ends_at = _end(session.started_at, unit.now, limits)
        unit.update(web_sessions, session, session._replace(ends_at=ends_at))


def open_sign_in(unit: UnitOfWork, user_id: str, challenge: str, limits: SessionLimits) -> Secret:
    """Open a session for a visitor who is about to sign in with a code; give its id."""
    session_id = _open(unit, limits, user_id=user_id, challenge=challenge)
    beyond = (
        select(web_sessions.c.hash)
        .where(web_sessions.c.api_key_id.is_(None))
        .order_by(web_sessions.c.started_at.desc())
        .offset(MAX_SIGN_INS)
    )
    unit.delete(web_sessions, web_sessions.c.hash.in_(beyond))
    return session_id


def sign_in(
    connection: Connection, keys: DataKeys, session_id: Secret, now: float
) -> SignIn | None:
    """Give the user-ID, challenge and approval stored in an open session of a visitor; None when
    there is no such session."""
    session = _find(connection, keys, session_id, now)
    if session is None or session.user_id is None or session.challenge is None:
        return None
    return SignIn(session.user_id, session.challenge, session.approved)


def approve_sign_in(unit: UnitOfWork, session_id: Secret, limits: SessionLimits) -> Secret | None:
    """Replace a visitor's session by an approved one with a fresh id, and give that; None when the
    session has ended."""
    found = sign_in(unit.connection, unit.keys, session_id, unit.now)
    if found is None:
        return None
    close(unit, session_id)
    return _open(unit, limits, user_id=found.user_id, challenge=found.challenge, approved=True)


def close(unit: UnitOfWork, session_id: Secret) -> None:
    """Close a session; nothing happens when it has ended already."""
    unit.delete(web_sessions, web_sessions.c.hash == opaque_ids.hashed(session_id))


def close_all(unit: UnitOfWork) -> None:
    """Close every session, those of app devices too."""
    unit.delete(web_sessions)
    unit.delete(app_sessions)


def _find(
    connection: Connection, keys: DataKeys, session_id: Secret, now: float
) -> WebSessionRow | None:
    """Give the row of an open session of either kind, None when there is none."""
    query = select(web_sessions).where(web_sessions.c.hash == opaque_ids.hashed(session_id))
    found = audit_root.find_row(connection, keys, web_sessions, WebSessionRow, query)
    return None if found is None or found[0].ends_at <= now else found[0]


def _open(unit: UnitOfWork, limits: SessionLimits, **values: Any) -> Secret:
    """Insert a row under a fresh id, and delete those of sessions that have ended."""
    unit.delete(web_sessions, web_sessions.c.ends_at <= unit.now)
    session_id = opaque_ids.draw()
    ends_at = _end(unit.now, unit.now, limits)
    row = WebSessionRow(opaque_ids.hashed(session_id), None, None, None, False, unit.now, ends_at)
    unit.insert(web_sessions, row._replace(**values))
    return session_id


def _end(started_at: float, now: float, limits: SessionLimits) -> float:
    return min(started_at + limits.total, now + limits.idle)
