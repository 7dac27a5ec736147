"""Verification of the whole database: rows, chains, the root over all, and an anchor."""

import hmac
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection

from host_tools.messages.catalogue import Message
from host_tools.progress import Progress
from host_tools.validator.operations.audit import anchors
from host_tools.validator.operations.audit.chains import Chains, verify_chains
from host_tools.validator.operations.audit.sealed_rows import (
    SealedRows,
    named,
    row_fault,
    verify_root,
    verify_rows,
)
from host_tools.validator.records import AuditAnchor, AuditFault, AuditReport
from host_tools.validator.store import row_seals
from host_tools.validator.store.data_keys import DataKey, DataKeys


def verify(
    connection: Connection,
    keys: DataKeys,
    anchor: AuditAnchor | None,
    progress: Progress | None,
) -> AuditReport:
    """Verify every row and chain and the root, and that the database continues the state that
    `anchor` was taken of; `connection` must see one state of it throughout."""
    rows, opened = verify_rows(connection, keys)
    chains = verify_chains(connection, opened, rows.heads, progress)
    root, root_faults = verify_root(connection, opened, rows, chains.entries)
    faults = [*rows.faults, *chains.faults, *_untold_rows(rows, chains, opened), *root_faults]
    if anchor is not None:
        faults += anchors.faults(connection, opened, root, anchor)
    return AuditReport(chains.chains, chains.entries, tuple(_first_of_each_token(faults)))


def _untold_rows(
    rows: SealedRows, chains: Chains, keys: Mapping[int, DataKey]
) -> Iterator[AuditFault]:
    """Give the rows that are not as the last entry of the server's chain tells."""
    for (table, name), row in rows.told.items():
        told = chains.told.pop((table, name), None)
        key = None if told is None else keys.get(told.data_key)
        if told is None or key is None:
            what = Message("audit-fault.row-untold", **named(table, row))
            yield row_fault(table, row, what)
        elif not hmac.compare_digest(
            told.fingerprint.encode(), row_seals.fingerprint(key.audit, table, row).encode()
        ):
            yield row_fault(
                table, row, Message("audit-fault.row-other-than-told", **named(table, row))
            )
    for table, name in chains.told:
        what = Message("audit-fault.row-missing", table=table.name, row=name)
        yield AuditFault(None, None, what)


def _first_of_each_token(faults: list[AuditFault]) -> Iterator[AuditFault]:
    seen: set[str] = set()
    for fault in faults:
        if fault.serial is None:
            yield fault
        elif fault.serial not in seen:
            seen.add(fault.serial)
            yield fault
