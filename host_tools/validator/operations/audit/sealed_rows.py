"""Verification of every row of every sealed table against its seal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, select

from host_tools.errors import KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.validator.records import AuditFault
from host_tools.validator.store import audit_root, row_seals, tables
from host_tools.validator.store.audit_chain import UNATTRIBUTED
from host_tools.validator.store.data_keys import DataKey, DataKeys
from host_tools.validator.store.rows import AuditRootRow, ChainHead, DataKeyRow

_BATCH = 2000  # rows fetched from the database
_APART = (tables.audit, tables.audit_root, tables.data_keys, tables.write_probes)

# The tables whose rows are told of in the server's chain, and the column that names a row there.
TOLD = {tables.users: "user_id", tables.api_keys: "name"}
RowName = tuple[Table, str]


@dataclass
class SealedRows:
    """What was found: the parts of the root, the heads of all chains, the rows that the server's
    chain must tell of, and the faults."""

    sum: int = 0
    count: int = 0
    heads: dict[str, ChainHead] = field(default_factory=dict)
    told: dict[RowName, Any] = field(default_factory=dict)
    faults: list[AuditFault] = field(default_factory=list)

    def add(self, key: DataKey, row: Any) -> None:
        """Count a row."""
        self.sum += audit_root.element(key, row.audit_seal)
        self.count += 1


def verify_rows(connection: Connection, keys: DataKeys) -> tuple[SealedRows, dict[int, DataKey]]:
    """Verify every row but the root; give what was found, and the data keys that fit."""
    found = SealedRows()
    opened = _verify_data_keys(connection, keys, found)
    for table in tables.metadata.sorted_tables:
        if table in _APART:
            continue
        for row in _rows(connection, table):
            _verify_row(found, opened, table, row)
    return found, opened


def verify_root(
    connection: Connection, opened: Mapping[int, DataKey], rows: SealedRows, entries: int
) -> tuple[AuditRootRow | None, list[AuditFault]]:
    """Verify the root against the rows and the number of entries that were found; give it, if it
    fits its seal."""
    found = connection.execute(select(tables.audit_root)).all()
    root = AuditRootRow(*found[0]) if len(found) == 1 else None
    key = None if root is None else opened.get(root.audit_key)
    if root is None or key is None or not row_seals.fits(key.audit, tables.audit_root, root):
        return None, [AuditFault(None, None, Message("audit-fault.root-changed"))]
    right = (rows.sum % audit_root.MODULUS, rows.count, entries)
    if (audit_root.sum_of(root, key), root.rows, root.entries) != right:
        return root, [AuditFault(None, None, Message("audit-fault.root-differs"))]
    return root, []


def row_fault(table: Table, row: Any, what: Message) -> AuditFault:
    """Make the fault of a row; of a token's at the end of its chain."""
    if table is tables.tokens:
        return AuditFault(row.serial, row.audit_sequence, what)
    if table is tables.chains:
        return AuditFault(row.chain or None, row.audit_sequence, what)
    return AuditFault(None, None, what)


def named(table: Table, row: Any) -> dict[str, str]:
    """Name a row for a message."""
    return {"table": table.name, "row": row_seals.name_of(table, row)}


def _verify_data_keys(
    connection: Connection, keys: DataKeys, found: SealedRows
) -> dict[int, DataKey]:
    opened = {}
    for row in _rows(connection, tables.data_keys):
        try:
            opened[row.id] = keys.unwrap(DataKeyRow(*row))
        except KodebrikError:
            found.faults.append(
                row_fault(
                    tables.data_keys,
                    row,
                    Message("audit-fault.row-changed", **named(tables.data_keys, row)),
                )
            )
        else:
            found.add(opened[row.id], row)
    return opened


def _verify_row(found: SealedRows, opened: Mapping[int, DataKey], table: Table, row: Any) -> None:
    if table is tables.tokens:
        found.heads[row.serial] = ChainHead(row.audit_sequence, row.audit_mac)
    elif table is tables.chains:
        found.heads[row.chain] = ChainHead(row.audit_sequence, row.audit_mac)
    elif table is tables.unattributed_checks:
        found.heads[UNATTRIBUTED] = ChainHead(row.audit_sequence, row.audit_mac)
    elif table in TOLD:
        found.told[table, getattr(row, TOLD[table])] = row
    key = opened.get(row.audit_key)
    if key is None or not row_seals.fits(key.audit, table, row):
        found.faults.append(
            row_fault(table, row, Message("audit-fault.row-changed", **named(table, row)))
        )
        return
    found.add(key, row)
    if table is tables.tokens:
        try:
            opened[row.data_key].decrypt_secret(row.encrypted_secret, row.serial)
        except (KeyError, KodebrikError):
            found.faults.append(
                row_fault(table, row, Message("audit-fault.secret-unopenable", **named(table, row)))
            )


def _rows(connection: Connection, table: Table) -> Iterator[Any]:
    yield from connection.execution_options(yield_per=_BATCH).execute(select(table))
