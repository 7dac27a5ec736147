"""Queries: pages of tokens, users and audit entries, the drift history of a token, counts.

A page is cut off by the key of the row before it (pages.py), never by a number of rows to skip, so
each costs the same wherever it is. A token or user whose row does not fit its seal is refused, not
shown.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, select

from host_tools.validator import user_id
from host_tools.validator.errors import NotFoundError
from host_tools.validator.records import (
    APP,
    AuditEntry,
    DriftPoint,
    Page,
    Statistics,
    Status,
    Token,
    User,
)
from host_tools.validator.rule import drift
from host_tools.validator.store import audit_root, counts, row_seals, search, tables, token_rows
from host_tools.validator.store.audit_chain import OF_NO_TOKEN
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.pages import LARGEST_PAGE, Cursor, Slice
from host_tools.validator.store.rows import TokenRow, UserRow
from host_tools.validator.store.tables import audit, notices, tokens, users
from host_tools.validator.store.unit_of_work import no_token

T = TypeVar("T", bound=row_seals.SealedRow)

_TOKENS = select(tokens, users).join(users, tokens.c.owner_id == users.c.id, isouter=True)
_TOKEN_WIDTH, _USER_WIDTH = len(tokens.columns), len(users.columns)
_ACTIVE = and_(
    tokens.c.owner_id == users.c.id,
    tokens.c.status == Status.ACTIVE.value,
    tokens.c.kind != APP,
)
_USERS = select(users, tokens).join(tokens, _ACTIVE, isouter=True)


class _SealedRows:
    """Makes what is shown of rows; KodebrikError for one that was changed."""

    def __init__(self, connection: Connection, keys: DataKeys) -> None:
        """Read which data key is the newest: rows are sealed with no other."""
        self._connection, self._keys = connection, keys
        self._newest = audit_root.read(connection, keys).audit_key

    def token(self, row: Row[Any], now: float) -> Token:
        """Make a token of a row of _TOKENS."""
        owner = self._user(row[_TOKEN_WIDTH:])
        token = self._token(row[:_TOKEN_WIDTH])
        assert token is not None  # noqa: S101 - only its owner may be missing
        if owner is None and token.owner_id is not None:
            raise row_seals.missing(users, token.owner_id)
        return token_rows.token_of(token, None if owner is None else owner.user_id, now)

    def user(self, row: Row[Any]) -> User:
        """Make a user of a row of _USERS, at the same cost with and without a token."""
        user = self._user(row[:_USER_WIDTH])
        assert user is not None  # noqa: S101 - only the token may be missing
        token = self._token(row[_USER_WIDTH:])
        if token is None:
            self.idle_mac()
        return User(
            user_id=user.user_id,
            created_at=user.created_at,
            email=user.email,
            language=user.language,
            notify_on_use=user.notify_on_use,
            has_pin=user.pin is not None,
            serial=None if token is None else token.serial,
        )

    def idle_mac(self, number: int = 1) -> None:
        """Compute so many MACs for nothing, as for rows that are not there."""
        for _ in range(number):
            self._keys.get(self._connection, self._newest).idle_mac()

    def _token(self, columns: Sequence[Any]) -> TokenRow | None:
        return None if columns[0] is None else self._checked(tokens, TokenRow(*columns))

    def _user(self, columns: Sequence[Any]) -> UserRow | None:
        return None if columns[0] is None else self._checked(users, UserRow(*columns))

    def _checked(self, table: Table, row: T) -> T:
        self._keys.check(self._connection, table, row, self._newest)
        return row


def token(connection: Connection, keys: DataKeys, serial: str, now: float) -> Token:
    """Give one token; KodebrikError when there is none, or it was changed."""
    rows = _SealedRows(connection, keys)
    found = None
    if serial.isprintable():
        found = connection.execute(_TOKENS.where(tokens.c.serial == serial)).one_or_none()
    if found is None:
        raise no_token(serial)
    return rows.token(found, now)


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


def token_page(  # noqa: PLR0913, PLR0917 - a page's place, and what it is made with
    connection: Connection,
    keys: DataKeys,
    chosen: TokenFilter,
    cursor: str,
    limit: int,
    now: float,
) -> Page[Token]:
    """List tokens by serial number, or those that a search finds by their age; KodebrikError when a
    row among them was changed."""
    rows = _SealedRows(connection, keys)
    found = Slice(Cursor.parse(cursor), limit)
    filters, total = _filters(connection, chosen)
    if chosen.text:
        wanted = _storable(chosen.text)
        ids = search.tokens_with(connection, wanted, filters, total, found.of)
        found.read(connection, _TOKENS.where(tokens.c.id.in_(ids)), tokens.c.id)
    else:
        found.read(connection, _TOKENS.where(*filters), tokens.c.serial)
    return found.page(lambda row: rows.token(row, now), None if chosen.text else total)


def _filters(connection: Connection, chosen: TokenFilter) -> tuple[list[ColumnElement[bool]], int]:
    """Give the conditions of a filter without its text, and how many tokens fit them."""
    conditions = []
    if chosen.status is not None:
        conditions.append(tokens.c.status == chosen.status.value)
    if chosen.user_id is None:
        kept = counts.read(connection).of_tokens()
        return conditions, sum(kept.values()) if chosen.status is None else kept[chosen.status]
    normalized = user_id.normalized(_storable(chosen.user_id))
    owner = select(users.c.id).where(users.c.normalized_id == normalized)
    conditions.append(tokens.c.owner_id == owner.scalar_subquery())
    few = select(func.count()).select_from(tokens).where(*conditions)
    return conditions, connection.execute(few).scalar_one()


def user(connection: Connection, keys: DataKeys, typed: str) -> User:
    """Give one user; KodebrikError when there is none, which costs as much, or the row was
    changed."""
    rows = _SealedRows(connection, keys)
    normalized = user_id.normalized(_storable(typed.strip()))
    found = connection.execute(_USERS.where(users.c.normalized_id == normalized)).one_or_none()
    if found is None:
        rows.idle_mac(2)  # as for user and token
        raise NotFoundError("user-unknown", user_id=typed[: user_id.SHOWN])
    return rows.user(found)


def user_page(
    connection: Connection, keys: DataKeys, text: str, cursor: str, limit: int
) -> Page[User]:
    """List users by user-ID, or those that a search finds by their age; KodebrikError when a row
    among them was changed."""
    rows = _SealedRows(connection, keys)
    found = Slice(Cursor.parse(cursor), limit)
    if text:
        ids = search.users_with(connection, _storable(text), found.of)
        found.read(connection, _USERS.where(users.c.id.in_(ids)), users.c.id)
        return found.page(rows.user, None)
    found.read(connection, _USERS, users.c.normalized_id)
    return found.page(rows.user, counts.read(connection).users)


def audit_page(
    connection: Connection, serial: str | None, cursor: str, limit: int
) -> Page[AuditEntry]:
    """List audit entries, the newest first."""
    found = Slice(Cursor.parse(cursor), limit, newest_first=True)
    if serial is None:
        found.read(connection, select(audit), audit.c.id)
        entries = select(tables.audit_root.c.entries)
    else:  # a chain is counted from 1
        chain = audit.c.chain == _storable(serial)
        found.read(connection, select(audit).where(chain), audit.c.sequence)
        entries = select(func.coalesce(func.max(audit.c.sequence), 0)).where(chain)
    return found.page(_entry, connection.execute(entries).scalar_one())


def last_entry_id(connection: Connection) -> int:
    """Give the greatest id of an audit entry, 0 when there is none."""
    return connection.execute(select(func.max(audit.c.id))).scalar() or 0


def drift_points(connection: Connection, keys: DataKeys, serial: str) -> list[DriftPoint]:
    """Give the drift history of a token's clock, one point for each accepted code, oldest first, at
    most the last LARGEST_PAGE."""
    period = token(connection, keys, serial, 0.0).period
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
    """Give the numbers of tokens by status, of users, and of waiting notices."""
    kept = counts.read(connection)
    waiting = connection.execute(select(func.count()).select_from(notices)).scalar_one()
    return Statistics(kept.of_tokens(), kept.users, waiting)


def _storable(text: str) -> str:
    # Neither database stores every text: NUL and lone surrogates stand in no row.
    return text if text.isprintable() else "\ufffd"


def _entry(row: Row[Any]) -> AuditEntry:
    serial = None if row.chain in OF_NO_TOKEN else row.chain
    return AuditEntry(serial, row.sequence, row.at, row.actor, row.action, json.loads(row.detail))
