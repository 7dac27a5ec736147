"""Key rotation: a new data key for every secret and seal, or another master key for the data
keys."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Table, func, select, true

from host_tools.progress import Progress
from host_tools.validator.keys.master_key import MasterKey
from host_tools.validator.operations import web_sessions
from host_tools.validator.store import tables
from host_tools.validator.store.data_keys import secret_owner
from host_tools.validator.store.rows import (
    ApiKeyRow,
    AppDeviceRow,
    ApprovalRow,
    ChainRow,
    ChallengeRow,
    CountsRow,
    DataKeyRow,
    GuessRow,
    NoticeRow,
    OpenIdAssertionRow,
    OpenIdBackchannelRow,
    OpenIdGrantRow,
    OpenIdKeyRow,
    OpenIdSessionRow,
    TokenRow,
    UnattributedChecksRow,
    UserRow,
)
from host_tools.validator.store.unit_of_work import UnitOfWork

_BATCH = 500  # rows sealed by one statement

# In the order in which other transactions lock rows, so that none waits for this one in a circle.
_SEALED: tuple[tuple[Table, Callable[..., Any]], ...] = (
    (tables.tokens, TokenRow),
    (tables.app_devices, AppDeviceRow),
    (tables.approvals, ApprovalRow),
    (tables.challenges, ChallengeRow),
    (tables.openid_sessions, OpenIdSessionRow),
    (tables.openid_grants, OpenIdGrantRow),
    (tables.openid_backchannel, OpenIdBackchannelRow),
    (tables.openid_assertions, OpenIdAssertionRow),
    (tables.openid_keys, OpenIdKeyRow),
    (tables.notices, NoticeRow),
    (tables.users, UserRow),
    (tables.api_keys, ApiKeyRow),
    (tables.guesses, GuessRow),
    (tables.unattributed_checks, UnattributedChecksRow),
    (tables.chains, ChainRow),
    (tables.counts, CountsRow),
)


def rotate_data_key(unit: UnitOfWork, progress: Progress | None) -> int:
    """Draw a new data key, encrypt every secret and seal every row with it; give the number of
    secrets. The old key stays, for the audit entries that were made with it. Every web session is
    closed."""
    key, row = unit.keys.create(unit.connection, unit.now)
    unit.insert_data_key(key, row)
    total = sum(_count(unit, table) for table, _ in _SEALED)
    done = secrets = 0
    for table, kind in _SEALED:
        for sealed in _batches(unit, table, kind, true()):
            done += sealed
            secrets += sealed if table is tables.tokens else 0
            if progress is not None:
                progress(done, max(done, total))
    web_sessions.close_all(unit)
    # What others have inserted and committed meanwhile; from here on nobody else commits.
    unit.lock_root()
    for table, kind in _SEALED:
        for sealed in _batches(unit, table, kind, table.c.audit_key != key.id):
            secrets += sealed if table is tables.tokens else 0
    web_sessions.close_all(unit)
    unit.record_server_event("rotate_key", {"data_key": key.id, "secrets": secrets})
    return secrets


def rewrap_data_keys(unit: UnitOfWork, new: MasterKey) -> int:
    """Wrap the data keys under another master key; give their number. Workers that run go on;
    those that start need the new one."""
    rows = unit.connection.execute(select(tables.data_keys).with_for_update()).all()
    for row in rows:
        before = DataKeyRow(*row)
        unit.update_data_key(before, unit.keys.rewrapped(before, new))
    unit.record_server_event("rewrap", {"master": new.identity})
    return len(rows)


def _encrypted_anew(unit: UnitOfWork, table: Table, row: Any) -> Any:
    owner = secret_owner(table, row)
    if owner is None:
        return row
    secret = unit.keys.get(unit.connection, row.data_key).decrypt_secret(
        row.encrypted_secret, owner
    )
    encrypted, key_id = unit.key.encrypt_secret(secret, owner), unit.key.id
    if isinstance(row, TokenRow):
        return replace(row, encrypted_secret=encrypted, data_key=key_id)
    return row._replace(encrypted_secret=encrypted, data_key=key_id)


def _count(unit: UnitOfWork, table: Table) -> int:
    return unit.connection.execute(select(func.count()).select_from(table)).scalar_one()


def _batches(
    unit: UnitOfWork, table: Table, kind: Callable[..., Any], matching: ColumnElement[bool]
) -> Iterator[int]:
    """Seal the rows that match, in batches, and give the size of each."""
    (primary_key,) = table.primary_key.columns
    query = select(table).where(matching).order_by(primary_key).limit(_BATCH).with_for_update()
    found: Sequence[Any] = unit.connection.execute(query).all()
    while found:
        rows = [unit.checked(table, kind(*row)) for row in found]
        unit.reseal(table, [_encrypted_anew(unit, table, row) for row in rows])
        yield len(rows)
        last = getattr(rows[-1], primary_key.name)
        found = unit.connection.execute(query.where(primary_key > last)).all()
