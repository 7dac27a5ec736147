"""Verification of the whole database: rows, chains, the root over all, and an anchor.

Everything is read in the order of an index and forgotten again; what must be compared at the end
lies on disk (collected.py), so memory does not grow with the database.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from host_tools.messages.catalogue import Message
from host_tools.progress import Progress
from host_tools.validator.operations.audit import anchors, chains
from host_tools.validator.operations.audit.collected import Collected
from host_tools.validator.operations.audit.sealed_rows import (
    RowVerifier,
    SealedRows,
    collect_heads,
    verify_data_keys,
    verify_root,
)
from host_tools.validator.records import AuditAnchor, AuditFault, AuditReport
from host_tools.validator.store import tables
from host_tools.validator.store.data_keys import DataKeys


def verify(
    connection: Connection,
    keys: DataKeys,
    anchor: AuditAnchor | None,
    progress: Progress | None,
    *,
    resume: bool = False,
) -> AuditReport:
    """Verify every row, every chain and the root, and that the database continues the state that
    `anchor` was taken of; `connection` must see one state of it throughout.

    To `resume` is to read of the audit only what came since the anchor, as everything before was
    verified when it was taken. Every row is verified all the same.
    """
    rows, found = SealedRows(), chains.Chains()
    since = anchors.first_id_since(connection, anchor) if resume and anchor is not None else None
    whole = since is None
    entries = connection.execute(select(func.count()).select_from(tables.audit)).scalar_one()
    total = entries + _number_of_rows(connection)

    def tell(done: int) -> None:
        if progress is not None:
            progress(min(done, total), total)

    with Collected() as collected:
        opened = verify_data_keys(connection, keys, rows)
        collect_heads(connection, collected)
        verifier = chains.Verifier(
            connection, opened, collected, since, lambda done: tell(rows.count + done)
        )
        verifier.verify(found, chains.OF_SERVER)
        told = RowVerifier(opened, rows, collected, all_are_told=whole)
        told.verify(connection, lambda done: tell(found.entries + done))
        verifier.verify(found, chains.OF_OTHERS)
        verifier.compare(found)
        for table, name in collected.rows_without_trace():
            what = Message("audit-fault.row-missing", table=table, row=name)
            rows.faults.append(AuditFault(None, None, what))
    tell(total)
    root, root_faults = verify_root(connection, opened, rows, entries)
    faults = [*rows.faults, *found.faults, *root_faults]
    if anchor is not None:
        faults += anchors.faults(connection, opened, root, anchor)
    number = found.chains if whole else verifier.number_of_heads()
    broken = tuple(_first_of_each_token(faults))
    return AuditReport(number, entries, broken, entries - found.entries)


def _number_of_rows(connection: Connection) -> int:
    """Give about how many sealed rows there are, for the progress alone: the root may be wrong."""
    return connection.execute(select(func.max(tables.audit_root.c.rows))).scalar() or 0


def _first_of_each_token(faults: list[AuditFault]) -> Iterator[AuditFault]:
    seen: set[str] = set()
    for fault in faults:
        if fault.serial is None:
            yield fault
        elif fault.serial not in seen:
            seen.add(fault.serial)
            yield fault
