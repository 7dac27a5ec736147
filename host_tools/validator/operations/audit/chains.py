"""Verification of the audit's chains, each from its first entry to its sealed head."""

import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from host_tools.messages.catalogue import Message
from host_tools.progress import Progress
from host_tools.validator.operations.audit.sealed_rows import TOLD, RowName
from host_tools.validator.records import AuditFault
from host_tools.validator.store import tables
from host_tools.validator.store.audit_chain import OF_NO_TOKEN, SERVER, entry_mac
from host_tools.validator.store.data_keys import DataKey
from host_tools.validator.store.rows import AuditRow, ChainHead

_ENTRIES = select(tables.audit).order_by(tables.audit.c.chain, tables.audit.c.sequence)
_BATCH = 2000  # entries fetched from the database
_DELETIONS = {"delete_user": tables.users}


class Told(NamedTuple):
    """The fingerprint of a row in the last entry that tells of it, and that entry's data key."""

    fingerprint: str
    data_key: int


@dataclass
class Chains:
    """What was found: numbers, serials that were ever imported, rows told of, and the faults."""

    chains: int = 0
    entries: int = 0
    created: set[str] = field(default_factory=set)
    told: dict[RowName, Told] = field(default_factory=dict)
    faults: list[AuditFault] = field(default_factory=list)


def verify_chains(
    connection: Connection,
    keys: Mapping[int, DataKey],
    heads: Mapping[str, ChainHead],
    progress: Progress | None,
) -> Chains:
    """Verify every chain against its head in `heads`; KodebrikErrors become faults."""
    found = Chains()
    total = connection.execute(select(func.count()).select_from(tables.audit)).scalar_one()
    seen: set[str] = set()
    for chain, group in groupby(_entries(connection), key=lambda row: row.chain):
        entries = list(group)
        seen.add(chain)
        if chain == SERVER:
            for entry in entries:
                _read_server_entry(found, entry)
        fault = _fault(keys, entries, heads.get(chain))
        if fault is not None:
            sequence, what = fault
            found.faults.append(AuditFault(chain.strip() or None, sequence, what))
        found.entries += len(entries)
        if progress is not None:
            progress(found.entries, total)
    found.chains = len(seen)
    for chain in sorted(heads.keys() - seen):
        found.faults.append(
            AuditFault(chain.strip() or None, 1, Message("audit-fault.chain-missing"))
        )
    for serial in sorted(found.created - heads.keys()):
        found.faults.append(AuditFault(serial, 1, Message("audit-fault.token-missing")))
    for serial in sorted(heads.keys() - found.created - OF_NO_TOKEN):
        found.faults.append(AuditFault(serial, 1, Message("audit-fault.token-added")))
    return found


def _entries(connection: Connection) -> Iterator[AuditRow]:
    for row in connection.execution_options(yield_per=_BATCH).execute(_ENTRIES):
        yield AuditRow(*row)


def _fault(
    keys: Mapping[int, DataKey], entries: list[AuditRow], head: ChainHead | None
) -> tuple[int, Message] | None:
    """Give the sequence number and kind of a chain's first fault."""
    previous, expected = b"", 1
    for row in entries:
        if row.sequence != expected:
            return expected, Message("audit-fault.entry-missing")
        key = keys.get(row.audit_key)
        if key is None or not hmac.compare_digest(entry_mac(key, previous, row), row.mac):
            return expected, Message("audit-fault.entry-changed")
        previous, expected = row.mac, expected + 1
    if head is None:
        return expected, Message("audit-fault.head-missing")
    if head.sequence >= expected:
        return expected, Message("audit-fault.entry-missing")
    if head.sequence < expected - 1 or head.mac != previous:
        return head.sequence + 1, Message("audit-fault.entry-added")
    return None


def _read_server_entry(found: Chains, entry: AuditRow) -> None:
    """Note what an entry of the server's chain tells: a token that was imported, or a row that was
    written or deleted."""
    try:
        detail = json.loads(entry.detail)
        if entry.action == "create":
            # Every serial number that was ever imported has a chain, also after its deletion.
            found.created.add(detail["serial"])
        elif "row" in detail:
            table = tables.users if TOLD[tables.users] in detail else tables.api_keys
            found.told[table, detail[TOLD[table]]] = Told(detail["row"], entry.audit_key)
        elif entry.action in _DELETIONS:
            table = _DELETIONS[entry.action]
            found.told.pop((table, detail[TOLD[table]]), None)
    except (ValueError, KeyError, TypeError):
        pass  # no entry of ours: its MAC does not fit either, which is a fault already
