"""Authorization codes (RFC 6749 section 4.1) and the access tokens that are given for them: 32
random bytes each, of which the database holds the SHA-256.

A code lives for a minute and is redeemed once, whatever the number of workers: the row is written
on the condition that its seal is the one that was read. Whoever presents it again revokes what was
given for it (RFC 9700 section 4.14.2).
"""

from sqlalchemy import ColumnElement, Connection, select

from host_tools.secret import Secret
from host_tools.validator.operations.openid import keys as openid_keys
from host_tools.validator.operations.openid.sessions import signed_in_user
from host_tools.validator.records import (
    ACCESS_TOKEN_SECONDS,
    OpenIdGrant,
    OpenIdRequest,
    OpenIdSession,
)
from host_tools.validator.rule import opaque_ids
from host_tools.validator.store import audit_root
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.rows import OpenIdGrantRow, UserRow
from host_tools.validator.store.tables import openid_grants
from host_tools.validator.store.unit_of_work import UnitOfWork

_CODE_SECONDS = 60.0


def issue(unit: UnitOfWork, session: OpenIdSession, asked: OpenIdRequest, acr: str) -> Secret:
    """Give an authorization code for what a relying party has asked."""
    code = opaque_ids.draw()
    row = _row(unit, code, session, asked, acr)
    unit.insert(openid_grants, row)
    return code


def give(
    unit: UnitOfWork, session: OpenIdSession, asked: OpenIdRequest, acr: str
) -> tuple[Secret, OpenIdGrant]:
    """Give an access token without a code, and what it is for."""
    token = opaque_ids.draw()
    row = _row(unit, opaque_ids.draw(), session, asked, acr)
    redeemed = row._replace(
        redeemed=True, access_hash=opaque_ids.hashed(token), ends_at=unit.now + ACCESS_TOKEN_SECONDS
    )
    unit.insert(openid_grants, redeemed)
    return token, _record(redeemed, session.user_id, unit.now)


def find(
    connection: Connection, keys: DataKeys, code: Secret, client: str, now: float
) -> OpenIdGrant | None:
    """Give the grant of a client's code that was not redeemed yet; None for any other."""
    found = _find(connection, keys, openid_grants.c.hash == opaque_ids.hashed(code), now)
    if found is None or found[0].redeemed or found[0].client != client:
        return None
    row, user = found
    return _record(row, user.user_id, now)


def redeem(unit: UnitOfWork, code: Secret, client: str) -> Secret | None:
    """Give an access token for a client's code. A code that was redeemed before gets none, and
    what was given for it counts no more."""
    row = _lock(unit, code, client)
    if row is None or row.redeemed:
        _revoke(unit, row)
        return None
    token = opaque_ids.draw()
    ends_at = unit.now + ACCESS_TOKEN_SECONDS
    changed = row._replace(redeemed=True, access_hash=opaque_ids.hashed(token), ends_at=ends_at)
    unit.update(openid_grants, row, changed)
    return token


def revoke(unit: UnitOfWork, code: Secret, client: str) -> None:
    """Let what was given for a client's code count no more; nothing happens to a code for which
    nothing was given."""
    _revoke(unit, _lock(unit, code, client))


def of_access_token(
    connection: Connection, keys: DataKeys, token: Secret, now: float
) -> OpenIdGrant | None:
    """Give the grant of an access token; None when it has ended or was revoked."""
    found = _find(connection, keys, openid_grants.c.access_hash == opaque_ids.hashed(token), now)
    return None if found is None else _record(found[0], found[1].user_id, now)


def _find(
    connection: Connection, keys: DataKeys, matching: ColumnElement[bool], now: float
) -> tuple[OpenIdGrantRow, UserRow] | None:
    """Give a grant that has not ended, with its user, if their token's codes still count."""
    query = select(openid_grants).where(matching)
    found = audit_root.find_row(connection, keys, openid_grants, OpenIdGrantRow, query)
    if found is None:
        return None
    row, newest = found
    user = signed_in_user(connection, keys, row.token_id, row.owner_id, newest)
    return None if user is None or row.ends_at <= now else (row, user)


def _lock(unit: UnitOfWork, code: Secret, client: str) -> OpenIdGrantRow | None:
    query = (
        select(openid_grants)
        .where(openid_grants.c.hash == opaque_ids.hashed(code))
        .with_for_update()
    )
    row = unit.find(openid_grants, OpenIdGrantRow, query)
    return None if row is None or row.client != client or row.ends_at <= unit.now else row


def _revoke(unit: UnitOfWork, row: OpenIdGrantRow | None) -> None:
    if row is not None and row.access_hash is not None:
        unit.update(openid_grants, row, row._replace(access_hash=None))
        unit.record_server_event("openid_code_again", {"client": row.client})


def _row(
    unit: UnitOfWork, code: Secret, session: OpenIdSession, asked: OpenIdRequest, acr: str
) -> OpenIdGrantRow:
    """Make the row of a code that was not redeemed yet, and delete those that have ended."""
    unit.delete(openid_grants, openid_grants.c.ends_at <= unit.now)
    subject = openid_keys.subject(unit.connection, unit.keys, asked.sector, session.owner_id)
    return OpenIdGrantRow(
        hash=opaque_ids.hashed(code),
        token_id=session.token_id,
        owner_id=session.owner_id,
        methods=" ".join(session.methods),
        signed_in_at=session.signed_in_at,
        client=asked.client,
        redirect_uri=asked.redirect_uri,
        scope=asked.scope,
        nonce=asked.nonce,
        challenge=asked.challenge,
        subject=subject,
        acr=acr,
        redeemed=False,
        access_hash=None,
        ends_at=unit.now + _CODE_SECONDS,
    )


def _record(row: OpenIdGrantRow, user_id: str, now: float) -> OpenIdGrant:
    return OpenIdGrant(
        client=row.client,
        redirect_uri=row.redirect_uri,
        scope=row.scope,
        nonce=row.nonce,
        challenge=row.challenge,
        subject=row.subject,
        user_id=user_id,
        acr=row.acr,
        methods=tuple(row.methods.split()),
        signed_in_at=row.signed_in_at,
        read_at=now,
    )
