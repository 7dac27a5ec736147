"""Who has signed in at the OpenID provider, with a code or the app: rows that the browser names by
an opaque random id, of which the database holds the SHA-256 (see web_sessions.py).

A session ends at a fixed time after the sign-in, and with the token or app device that it
came from: once that is blocked, replaced or given to somebody else, the session counts no more.
"""

from sqlalchemy import Connection, select

from host_tools.secret import Secret
from host_tools.validator.operations import users, web_sessions
from host_tools.validator.records import OpenIdSession, Status
from host_tools.validator.rule import opaque_ids
from host_tools.validator.store import audit_root
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.rows import (
    OpenIdSessionRow,
    TokenRow,
    UserRow,
)
from host_tools.validator.store.tables import openid_sessions, tokens
from host_tools.validator.store.tables import users as user_table
from host_tools.validator.store.unit_of_work import UnitOfWork


def open_session(  # noqa: PLR0913, PLR0917 - what was seen at the sign-in
    unit: UnitOfWork,
    sign_in_id: Secret,
    user_id: str,
    serial: str,
    with_pin: bool,
    seconds: float,
) -> tuple[Secret, OpenIdSession] | None:
    """Replace the sign-in in which a code of the token `serial` was accepted by a session with a
    fresh id; give it. None when the token is no longer that user's."""
    user, token = users.find_any(unit, user_id), unit.find_token(serial)
    if user is None or token is None or not _counts(token, user.id):
        return None
    methods = ["otp"]
    if token.product is not None:
        methods.append("hwk")
    if with_pin and user.pin is not None:
        methods.append("pin")
    signed_in = OpenIdSession(user.user_id, user.id, token.id, tuple(methods), unit.now, 0.0)
    return replace_sign_in(unit, sign_in_id, signed_in, seconds), signed_in


def replace_sign_in(
    unit: UnitOfWork, sign_in_id: Secret, signed_in: OpenIdSession, seconds: float
) -> Secret:
    """Replace a sign-in by a session of so many seconds; give its fresh id."""
    web_sessions.close(unit, sign_in_id)
    unit.delete(openid_sessions, openid_sessions.c.ends_at <= unit.now)
    session_id = opaque_ids.draw()
    row = OpenIdSessionRow(
        opaque_ids.hashed(session_id),
        signed_in.token_id,
        signed_in.owner_id,
        " ".join(signed_in.methods),
        signed_in.signed_in_at,
        unit.now + seconds,
    )
    unit.insert(openid_sessions, row)
    return session_id


def find(
    connection: Connection, keys: DataKeys, session_id: Secret, now: float
) -> OpenIdSession | None:
    """Give an open session; None when there is none, or its token's codes count no more."""
    query = select(openid_sessions).where(openid_sessions.c.hash == opaque_ids.hashed(session_id))
    found = audit_root.find_row(connection, keys, openid_sessions, OpenIdSessionRow, query)
    if found is None:
        return None
    session, newest = found
    user = signed_in_user(connection, keys, session.token_id, session.owner_id, newest)
    return None if user is None or session.ends_at <= now else _record(session, user, now)


def signed_in_user(
    connection: Connection,
    keys: DataKeys,
    token_id: int,
    owner_id: int,
    newest: int,
) -> UserRow | None:
    """Give the user who has signed in with a token; None once that counts no more."""
    found = connection.execute(select(tokens).where(tokens.c.id == token_id)).one_or_none()
    owner = connection.execute(select(user_table).where(user_table.c.id == owner_id)).one_or_none()
    if found is None or owner is None:
        return None
    token, user = TokenRow(*found), UserRow(*owner)
    keys.check(connection, tokens, token, newest)
    keys.check(connection, user_table, user, newest)
    return user if _counts(token, user.id) else None


def close(unit: UnitOfWork, session_id: Secret) -> None:
    """Close a session; nothing happens when it has ended already."""
    unit.delete(openid_sessions, openid_sessions.c.hash == opaque_ids.hashed(session_id))


def _counts(token: TokenRow, owner_id: int) -> bool:
    return token.status == Status.ACTIVE.value and token.owner_id == owner_id


def _record(row: OpenIdSessionRow, user: UserRow, now: float) -> OpenIdSession:
    return OpenIdSession(
        user.user_id,
        user.id,
        row.token_id,
        tuple(row.methods.split()),
        row.signed_in_at,
        now - row.signed_in_at,
    )
