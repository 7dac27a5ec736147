"""Queries: pages of tokens, users and audit entries, the drift history of a token, counts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from host_tools.validator import user_id
from host_tools.validator.errors import InvalidError, NotFoundError
from host_tools.validator.records import (
    AuditEntry,
    DriftPoint,
    Page,
    Statistics,
    Status,
    Token,
    User,
)
from host_tools.validator.rule import drift
from host_tools.validator.store import token_rows
from host_tools.validator.store.audit_chain import OF_NO_TOKEN
from host_tools.validator.store.rows import TokenRow
from host_tools.validator.store.tables import audit, notices, tokens, users
from host_tools.validator.store.unit_of_work import no_token

LARGEST_PAGE = 1000

_TOKENS = select(tokens, users.c.user_id.label("owner")).join(
    users, tokens.c.owner_id == users.c.id, isouter=True
)
_ACTIVE = and_(tokens.c.owner_id == users.c.id, tokens.c.status == Status.ACTIVE.value)
_USERS = select(users, tokens.c.serial).join(tokens, _ACTIVE, isouter=True)


def token(connection: Connection, serial: str, now: float) -> Token:
    """Give one token; KodebrikError when there is none."""
    found = None
    if serial.isprintable():
        found = connection.execute(_TOKENS.where(tokens.c.serial == serial)).one_or_none()
    if found is None:
        raise no_token(serial)
    return _token(found, now)


@dataclass(frozen=True)
class TokenFilter:
    """Which tokens to list: `text` is searched in serial number and user-ID."""

    text: str = ""
    status: Status | None = None
    user_id: str | None = None


def code_digits(connection: Connection, typed: str | None, serial: str | None) -> int | None:
    """Give how many digits the codes of a user's active token have, or those of the token `serial`
    without a user; None when there is no such token. One statement, whoever is asked about."""
    query = select(tokens.c.digits)
    if typed is None:
        query = query.where(tokens.c.serial == _storable(serial or ""))
    else:
        normalized = user_id.normalized(_storable(typed.strip()))
        query = query.join(users, _ACTIVE).where(users.c.normalized_id == normalized)
    return connection.execute(query).scalar_one_or_none()


def token_page(
    connection: Connection, chosen: TokenFilter, offset: int, limit: int, now: float
) -> Page[Token]:
    """List tokens by serial number."""
    text, status, owner = chosen.text, chosen.status, chosen.user_id
    query = _TOKENS
    if text:
        query = query.where(
            or_(
                _contains(tokens.c.serial, text),
                _contains(users.c.normalized_id, user_id.normalized(text)),
            )
        )
    if status is not None:
        query = query.where(tokens.c.status == status.value)
    if owner is not None:
        query = query.where(users.c.normalized_id == user_id.normalized(_storable(owner)))
    found, total = _page(connection, query.order_by(tokens.c.serial), offset, limit)
    return Page(tuple(_token(row, now) for row in found), total, offset)


def user(connection: Connection, typed: str) -> User:
    """Give one user; KodebrikError when there is none."""
    normalized = user_id.normalized(_storable(typed.strip()))
    found = connection.execute(_USERS.where(users.c.normalized_id == normalized)).one_or_none()
    if found is None:
        raise NotFoundError("user-unknown", user_id=typed[: user_id.SHOWN])
    return _user(found)


def user_page(connection: Connection, text: str, offset: int, limit: int) -> Page[User]:
    """List users by user-ID."""
    query = _USERS
    if text:
        query = query.where(_contains(users.c.normalized_id, user_id.normalized(text)))
    found, total = _page(connection, query.order_by(users.c.normalized_id), offset, limit)
    return Page(tuple(map(_user, found)), total, offset)


def audit_page(
    connection: Connection, serial: str | None, offset: int, limit: int
) -> Page[AuditEntry]:
    """List audit entries, the newest first."""
    query = select(audit).order_by(audit.c.id.desc())
    if serial is not None:
        query = query.where(audit.c.chain == _storable(serial))
    found, total = _page(connection, query, offset, limit)
    return Page(tuple(map(_entry, found)), total, offset)


def last_entry_id(connection: Connection) -> int:
    """Give the greatest id of an audit entry, 0 when there is none."""
    return connection.execute(select(func.max(audit.c.id))).scalar() or 0


def drift_points(connection: Connection, serial: str) -> list[DriftPoint]:
    """Give the drift history of a token's clock, one point for each accepted code, oldest first, at
    most the last LARGEST_PAGE."""
    period = token(connection, serial, 0.0).period
    if period is None:
        return []
    query = select(audit.c.at, audit.c.detail).where(
        audit.c.chain == serial, audit.c.action == "check"
    )
    query = (
        query.where(audit.c.detail.contains('"offset"'))
        .order_by(audit.c.sequence.desc())
        .limit(LARGEST_PAGE)
    )
    points = []
    for at, text in connection.execute(query):
        detail = json.loads(text)
        points.append(
            DriftPoint(
                at, round(drift.observed_offset(at, detail["step"], period), 1), detail["offset"]
            )
        )
    return points[::-1]


def statistics(connection: Connection) -> Statistics:
    """Count tokens by status, users and waiting notices."""
    by_status = connection.execute(
        select(tokens.c.status, func.count().label("number")).group_by(tokens.c.status)
    )
    counts = {status.value: 0 for status in Status} | {row.status: row.number for row in by_status}
    waiting = connection.execute(select(func.count()).select_from(notices)).scalar_one()
    return Statistics(
        counts, connection.execute(select(func.count()).select_from(users)).scalar_one(), waiting
    )


def _page(
    connection: Connection, query: Select[Any], offset: int, limit: int
) -> tuple[Sequence[Row[Any]], int]:
    if not 1 <= limit <= LARGEST_PAGE or not 0 <= offset < 2**31:
        raise InvalidError("page-size", most=LARGEST_PAGE)
    total = connection.execute(
        select(func.count()).select_from(query.order_by(None).subquery())
    ).scalar_one()
    return connection.execute(query.offset(offset).limit(limit)).all(), total


def _contains(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    return func.lower(column).contains(_storable(text).lower(), autoescape=True)


def _storable(text: str) -> str:
    # Neither database stores every text: NUL and lone surrogates stand in no row.
    return text if text.isprintable() else "\ufffd"


def _token(row: Row[Any], now: float) -> Token:
    columns: Sequence[Any] = row[:-1]
    return token_rows.token_of(TokenRow(*columns), row.owner, now)


def _user(row: Row[Any]) -> User:
    return User(
        user_id=row.user_id,
        created_at=row.created_at,
        email=row.email,
        language=row.language,
        notify_on_use=row.notify_on_use,
        has_pin=row.pin is not None,
        serial=row.serial,
    )


def _entry(row: Row[Any]) -> AuditEntry:
    serial = None if row.chain in OF_NO_TOKEN else row.chain
    return AuditEntry(serial, row.sequence, row.at, row.actor, row.action, json.loads(row.detail))
