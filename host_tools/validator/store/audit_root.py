"""The root over all sealed rows: one row that changes with every transaction, so that no part of
the database can be put back, removed or added unnoticed.

It holds a sum over all rows that exist: for each row the HMAC-SHA256 of its seal as a number of 256
bits, added up modulo 2^256. A transaction subtracts the rows that it changes or deletes as they
were, and adds them as they are now, so its cost does not depend on the size of the database. This
is MSet-Add-Hash (D. Clarke, S. Devadas, M. van Dijk, B. Gassend, G. E. Suh: Incremental Multiset
Hash Functions and Their Application to Memory Integrity Checking, ASIACRYPT 2003), with its mask:
an HMAC of a fresh nonce is added to the stored sum, as differences of sums could otherwise be
combined to other sums. The row has a seal like any other, which covers a version that grows by one
in every transaction, and the numbers of rows and audit entries.

The head of a token's audit chain is part of its row, the other heads are rows of `chains`; thereby
the root covers the audit too.
"""

import secrets
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table, insert, select, true

from host_tools.validator.store import row_seals, tables
from host_tools.validator.store.data_keys import DataKey, DataKeys
from host_tools.validator.store.rows import AuditRootRow

_ROOT_ID = 1  # of the table's only row
_SIZE = 32  # bytes of the sum
MODULUS = 1 << 8 * _SIZE
_NONCE_SIZE = 16  # bytes
_ROOT = select(tables.audit_root)
_JOIN = tables.audit_root, true()
Row = TypeVar("Row", bound=row_seals.SealedRow)


def found(connection: Connection, keys: DataKeys, now: float) -> None:
    """Make the first data key of a new database, and the root."""
    key, row = keys.create(connection, now)
    connection.execute(insert(tables.data_keys).values(row._asdict()))
    change = RootChange()
    change.add(key, row.audit_seal)
    empty = AuditRootRow(_ROOT_ID, 0, 0, 0, b"", b"", audit_key=key.id)
    root = _sealed(key, empty, 0, change)
    connection.execute(insert(tables.audit_root).values(root._asdict()))


def read(connection: Connection, keys: DataKeys, query: Select[Any] = _ROOT) -> AuditRootRow:
    """Give the root; KodebrikError when it is missing or was changed."""
    found = connection.execute(query).one_or_none()
    if found is None:
        raise row_seals.missing(tables.audit_root, _ROOT_ID)
    return checked(connection, keys, AuditRootRow(*found))


def checked(connection: Connection, keys: DataKeys, root: AuditRootRow) -> AuditRootRow:
    """Give the root back; KodebrikError when it was changed. Its data key is the newest one: no
    row may be sealed with an older one."""
    keys.check(connection, tables.audit_root, root, 0)
    return root


def find_row(
    connection: Connection, keys: DataKeys, table: Table, kind: type[Row], query: Select[Any]
) -> tuple[Row, int] | None:
    """Give the row that a query of all the table's columns finds, and the number of the newest data
    key, read with the root in one statement; None when there is none. KodebrikError when either
    was changed."""
    found = connection.execute(query.add_columns(tables.audit_root).join(*_JOIN)).one_or_none()
    if found is None:
        return None
    width = len(table.columns)
    row, root = kind(*found[:width]), AuditRootRow(*found[width:])
    newest = checked(connection, keys, root).audit_key
    keys.check(connection, table, row, newest)
    return row, newest


@dataclass(slots=True)
class RootChange:
    """What a transaction changes in the root."""

    difference: int = 0  # of the sum
    rows: int = 0
    entries: int = 0
    any: bool = False

    def add(self, key: DataKey, seal: bytes) -> None:
        """Count a row in; `key` made its seal."""
        self.difference += element(key, seal)
        self.rows += 1
        self.any = True

    def remove(self, key: DataKey, seal: bytes) -> None:
        """Count a row out; `key` made its seal."""
        self.difference -= element(key, seal)
        self.rows -= 1
        self.any = True


def element(key: DataKey, seal: bytes) -> int:
    """Give a row's part of the sum."""
    return int.from_bytes(key.root(b"row\0" + seal))


def advanced(
    before: AuditRootRow, before_key: DataKey, key: DataKey, change: RootChange
) -> AuditRootRow:
    """Give the root after a transaction; `before_key` sealed the root `before`, `key` seals now."""
    return _sealed(key, before, sum_of(before, before_key), change)


def sum_of(root: AuditRootRow, key: DataKey) -> int:
    """Give the sum that a root holds; `key` sealed it."""
    return (int.from_bytes(root.masked_sum) - _mask(key, root.nonce)) % MODULUS


def _sealed(
    key: DataKey, before: AuditRootRow, before_sum: int, change: RootChange
) -> AuditRootRow:
    nonce = secrets.token_bytes(_NONCE_SIZE)
    masked = (before_sum + change.difference + _mask(key, nonce)) % MODULUS
    root = AuditRootRow(
        _ROOT_ID,
        before.version + 1,
        before.rows + change.rows,
        before.entries + change.entries,
        nonce,
        masked.to_bytes(_SIZE),
        b"",
        key.id,
    )
    return root._replace(audit_seal=row_seals.seal(key.audit, tables.audit_root, root))


def _mask(key: DataKey, nonce: bytes) -> int:
    return int.from_bytes(key.root(b"mask\0" + nonce))
