"""Verification of every row of every sealed table against its seal."""

import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, literal, select

from host_tools.errors import KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.validator.operations.audit.collected import Collected
from host_tools.validator.records import AuditFault
from host_tools.validator.store import audit_root, row_seals, tables
from host_tools.validator.store.audit_chain import UNATTRIBUTED
from host_tools.validator.store.data_keys import DataKey, DataKeys, secret_owner
from host_tools.validator.store.rows import AuditRootRow, ChainHead, DataKeyRow

_BATCH = 2000  # rows fetched from the database
_APART = (tables.audit, tables.audit_root, tables.data_keys, tables.write_probes)

# The tables whose rows are told of in the server's chain, and the column that names a row there.
TOLD = {tables.users: "user_id", tables.api_keys: "name"}


@dataclass
class SealedRows:
    """What was found: the parts of the root, and the faults."""

    sum: int = 0
    count: int = 0
    faults: list[AuditFault] = field(default_factory=list)

    def add(self, key: DataKey, row: Any) -> None:
        """Count a row."""
        self.sum += audit_root.element(key, row.audit_seal)
        self.count += 1


@dataclass(frozen=True)
class RowVerifier:
    """Verifies rows with the data keys that fit, and what the server's chain tells of them against
    `collected`; with `all_are_told` it must tell of each row of a table in TOLD."""

    keys: Mapping[int, DataKey]
    found: SealedRows
    collected: Collected
    all_are_told: bool

    def verify(self, connection: Connection, progress: Callable[[int], None]) -> None:
        """Verify every row but data keys and root; `progress` is called with each number of
        rows."""
        for table in tables.metadata.sorted_tables:
            if table in _APART:
                continue
            for row in _rows(connection, table):
                _verify_row(self.found, self.keys, table, row)
                if table in TOLD:
                    self._compare_with_told(table, row)
                if self.found.count % _BATCH == 0:
                    progress(self.found.count)

    def _compare_with_told(self, table: Table, row: Any) -> None:
        """Find a row that is not as the last entry of the server's chain tells."""
        told = self.collected.told_of(table.name, getattr(row, TOLD[table]))
        if told is None and not self.all_are_told:
            return
        key = None if told is None else self.keys.get(told.data_key)
        if told is None or key is None:
            what = Message("audit-fault.row-untold", **named(table, row))
        elif not hmac.compare_digest(
            told.fingerprint.encode(), row_seals.fingerprint(key.audit, table, row).encode()
        ):
            what = Message("audit-fault.row-other-than-told", **named(table, row))
        else:
            return
        self.found.faults.append(row_fault(table, row, what))


def collect_heads(connection: Connection, collected: Collected) -> None:
    """Collect the head of every chain."""
    for table, chain in (
        (tables.tokens, tables.tokens.c.serial),
        (tables.chains, tables.chains.c.chain),
        (tables.unattributed_checks, literal(UNATTRIBUTED)),
    ):
        heads = select(chain, table.c.audit_sequence, table.c.audit_mac)
        for name, sequence, mac in connection.execution_options(yield_per=_BATCH).execute(heads):
            collected.add_head(name, ChainHead(sequence, mac))


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


def verify_data_keys(
    connection: Connection, keys: DataKeys, found: SealedRows
) -> dict[int, DataKey]:
    """Verify the rows of the data keys; give the keys that fit."""
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
    key = opened.get(row.audit_key)
    if key is None or not row_seals.fits(key.audit, table, row):
        found.faults.append(
            row_fault(table, row, Message("audit-fault.row-changed", **named(table, row)))
        )
        return
    found.add(key, row)
    owner = secret_owner(table, row)
    if owner is not None:
        try:
            opened[row.data_key].decrypt_secret(row.encrypted_secret, owner)
        except (KeyError, KodebrikError):
            found.faults.append(
                row_fault(table, row, Message("audit-fault.secret-unopenable", **named(table, row)))
            )


def _rows(connection: Connection, table: Table) -> Iterator[Any]:
    yield from connection.execution_options(yield_per=_BATCH).execute(select(table))
