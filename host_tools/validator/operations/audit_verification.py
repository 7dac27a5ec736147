"""Verification of the audit: every chain from its first entry to its sealed head, and that no chain
is missing."""

import hmac
import json
from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Connection, func, select

from host_tools.messages.catalogue import Message
from host_tools.progress import Progress
from host_tools.validator.records import AuditReport, ChainFault
from host_tools.validator.store import token_rows
from host_tools.validator.store.audit_chain import SERVER, AuditRow, ChainHead, entry_mac, seal
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.rows import ChainRow, TokenRow
from host_tools.validator.store.tables import audit, chains, tokens

_ENTRIES = select(*(audit.c[name] for name in AuditRow._fields)).order_by(
    audit.c.chain, audit.c.sequence
)
_BATCH = 2000  # entries fetched from the database


def verify(connection: Connection, keys: DataKeys, progress: Progress | None) -> AuditReport:
    """Verify every chain; `connection` must see one state of the database throughout."""
    total = connection.execute(select(func.count()).select_from(audit)).scalar_one()
    heads, faults = _sealed_heads(connection, keys)
    faulty = {found.serial for found in faults}
    seen: set[str] = set()
    created: set[str] = set()
    done = 0
    for chain, group in groupby(_entries(connection), key=lambda row: row.chain):
        entries = list(group)
        seen.add(chain)
        if chain == SERVER:
            created = _created_serials(entries)
        serial = chain or None
        fault = _fault(connection, keys, entries, heads.get(chain))
        if fault is not None and serial not in faulty:
            faults.append(ChainFault(serial, *fault))
        done += len(entries)
        if progress is not None:
            progress(done, total)
    for chain in heads.keys() - seen:
        faults.append(ChainFault(chain or None, 1, Message("audit-fault.chain-missing")))
    for serial in sorted(created - heads.keys()):
        faults.append(ChainFault(serial, 1, Message("audit-fault.token-missing")))
    for serial in sorted(heads.keys() - created - {SERVER}):
        faults.append(ChainFault(serial, 1, Message("audit-fault.token-added")))
    return AuditReport(len(seen), done, tuple(faults))


def _entries(connection: Connection) -> Iterator[AuditRow]:
    for row in connection.execution_options(yield_per=_BATCH).execute(_ENTRIES):
        yield AuditRow(*row)


def _sealed_heads(
    connection: Connection, keys: DataKeys
) -> tuple[dict[str, ChainHead], list[ChainFault]]:
    """Give the head of every chain, and the faults of those whose seal is wrong."""
    heads: dict[str, ChainHead] = {}
    faults = []
    rows_of_tokens = [TokenRow(*row) for row in connection.execute(select(tokens))]
    chain_rows = [ChainRow(*row) for row in connection.execute(select(chains))]
    sealed: list[tuple[str, TokenRow | ChainRow, object]] = [
        *((token.serial, token, token_rows.sealed_values(token)) for token in rows_of_tokens),
        *((row.chain, row, None) for row in chain_rows),
    ]
    for chain, row, values in sealed:
        head = heads[chain] = row.chain_head
        right = seal(keys.get(connection, row.audit_key), chain, head, values)
        if not hmac.compare_digest(right, row.audit_seal):
            faults.append(
                ChainFault(chain or None, head.sequence, Message("audit-fault.row-changed"))
            )
    return heads, faults


def _fault(
    connection: Connection, keys: DataKeys, entries: list[AuditRow], head: ChainHead | None
) -> tuple[int, str] | None:
    """Give the sequence number and kind of a chain's first fault."""
    previous, expected = b"", 1
    for row in entries:
        if row.sequence != expected:
            return expected, Message("audit-fault.entry-missing")
        key = keys.get(connection, row.audit_key)
        if not hmac.compare_digest(entry_mac(key, previous, row), row.mac):
            return expected, Message("audit-fault.entry-changed")
        previous, expected = row.mac, expected + 1
    if head is None:
        return expected, Message("audit-fault.head-missing")
    if head.sequence >= expected:
        return expected, Message("audit-fault.entry-missing")
    if head.sequence < expected - 1 or head.mac != previous:
        return head.sequence + 1, Message("audit-fault.entry-added")
    return None


def _created_serials(entries: list[AuditRow]) -> set[str]:
    # Every serial number that was ever imported has a chain, also after its deletion.
    return {json.loads(row.detail)["serial"] for row in entries if row.action == "create"}
