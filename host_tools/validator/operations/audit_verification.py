"""Verifying the audit: every chain from its first entry to the head that is kept under seal, and no
chain too few."""

import hmac
import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Table, func, select

from host_tools.progress import Progress
from host_tools.validator.records import AuditReport, Broken
from host_tools.validator.store import token_rows
from host_tools.validator.store.audit_chain import SERVER, Head, entry_mac, seal
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.tables import audit, chains, tokens

_ENTRIES = select(audit).order_by(audit.c.chain, audit.c.sequence)
_AT_ONCE = 2000  # entries fetched from the database


def verify(connection: Connection, keys: DataKeys, progress: Progress | None) -> AuditReport:
    """Follow every chain; `connection` must see one state of the database throughout."""
    total = connection.execute(select(func.count()).select_from(audit)).scalar_one()
    heads, broken = _heads(connection, keys)
    broken_chains = {found.serial for found in broken}
    seen: set[str] = set()
    existing: set[str] = set()
    done = 0
    for chain, group in groupby(_entries(connection), key=lambda row: row["chain"]):
        entries = list(group)
        seen.add(chain)
        if chain == SERVER:
            existing = _created(entries)
        serial = chain or None
        fault = _fault(connection, keys, entries, heads.get(chain))
        if fault is not None and serial not in broken_chains:
            broken.append(Broken(serial, *fault))
        done += len(entries)
        if progress is not None:
            progress(done, total)
    for chain in heads.keys() - seen:
        broken.append(Broken(chain or None, 1, "The whole chain is missing."))
    for serial in sorted(existing - heads.keys()):
        broken.append(
            Broken(serial, 1, "The token is missing, and no entry tells of its deletion.")
        )
    for serial in sorted(heads.keys() - existing - {SERVER}):
        broken.append(Broken(serial, 1, "The token is here, but no entry tells of its creation."))
    return AuditReport(len(seen), done, tuple(broken))


def _entries(connection: Connection) -> Iterator[dict[str, Any]]:
    for row in connection.execution_options(yield_per=_AT_ONCE).execute(_ENTRIES).mappings():
        yield dict(row)


def _heads(connection: Connection, keys: DataKeys) -> tuple[dict[str, Head], list[Broken]]:
    heads: dict[str, Head] = {}
    broken = []
    kept: list[tuple[str, dict[str, Any], object]] = [
        (row["serial"], row, token_rows.sealed_part(row)) for row in _rows(connection, tokens)
    ]
    for chain, row, sealed in kept + [
        (row["chain"], row, None) for row in _rows(connection, chains)
    ]:
        head = heads[chain] = Head(row["audit_sequence"], row["audit_mac"])
        right = seal(keys.get(connection, row["audit_key"]), chain, head, sealed)
        if not hmac.compare_digest(right, row["audit_seal"]):
            broken.append(Broken(chain or None, head.sequence, "The row or its head was changed."))
    return heads, broken


def _rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(table)).mappings()]


def _fault(
    connection: Connection, keys: DataKeys, entries: list[dict[str, Any]], head: Head | None
) -> tuple[int, str] | None:
    previous, expected = b"", 1
    for row in entries:
        if row["sequence"] != expected:
            return expected, "The entry is missing."
        key = keys.get(connection, row["audit_key"])
        if not hmac.compare_digest(entry_mac(key, previous, row), row["mac"]):
            return expected, "The entry was changed."
        previous, expected = row["mac"], expected + 1
    if head is None:
        return expected, "The head of the chain is missing."
    if head.sequence >= expected:
        return expected, "The entry is missing."
    if head.sequence < expected - 1 or head.mac != previous:
        return head.sequence + 1, "The entry was added behind the head."
    return None


def _created(entries: list[dict[str, Any]]) -> set[str]:
    # Every serial number that was ever imported has a chain, also after its deletion.
    return {json.loads(row["detail"])["serial"] for row in entries if row["action"] == "create"}
