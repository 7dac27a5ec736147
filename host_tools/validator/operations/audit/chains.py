"""Verification of the audit's chains, each from its first entry to its sealed head; or from the
first entry since an anchor, if what was before is verified already."""

import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    union_all,
)

from host_tools.messages.catalogue import Message
from host_tools.validator.operations.audit.collected import Collected, Told
from host_tools.validator.operations.audit.sealed_rows import TOLD
from host_tools.validator.records import AuditFault
from host_tools.validator.store import tables
from host_tools.validator.store.audit_chain import OF_NO_TOKEN, SERVER, UNATTRIBUTED, entry_mac
from host_tools.validator.store.data_keys import DataKey
from host_tools.validator.store.rows import AuditRow, ChainHead

_audit = tables.audit.c
_BATCH = 2000  # entries fetched from the database
_DELETIONS = {"delete_user": tables.users}
OF_SERVER = _audit.chain == SERVER
OF_OTHERS = _audit.chain != SERVER


@dataclass
class Chains:
    """What was found: the numbers of chains and entries that were verified, and the faults."""

    chains: int = 0
    entries: int = 0
    faults: list[AuditFault] = field(default_factory=list)


@dataclass(frozen=True)
class Verifier:
    """Verifies chains on one connection. `since` is the id that all entries to verify are greater
    than, None for all entries; `progress` is called with each number of entries."""

    connection: Connection
    keys: Mapping[int, DataKey]
    collected: Collected
    since: int | None
    progress: Callable[[int], None]

    def verify(self, found: Chains, which: ColumnElement[bool]) -> None:
        """Verify chains against their heads, which are collected already; what the server's chain
        tells is collected."""
        for chain, entries in groupby(self._entries(which), key=lambda row: row.chain):
            head = self.collected.head(chain)
            fault = self._fault(found, chain, entries, head)
            found.chains += 1
            if fault is not None:
                sequence, what = fault
                found.faults.append(AuditFault(chain.strip() or None, sequence, what))

    def number_of_heads(self) -> int:
        """Give the number of chains in the database."""
        heads = _heads().subquery()
        return self.connection.execute(select(func.count()).select_from(heads)).scalar_one()

    def compare(self, found: Chains) -> None:
        """Compare the chains that were found with the heads, and with the imports."""
        if self.since is not None:
            for chain, sequence in self.connection.execute(_heads_without_last_entry()):
                found.faults.append(
                    AuditFault(
                        chain.strip() or None, sequence, Message("audit-fault.entry-missing")
                    )
                )
            return
        faults = (
            (self.collected.heads_without_entries(), "audit-fault.chain-missing"),
            (self.collected.created_without_head(), "audit-fault.token-missing"),
            (self.collected.heads_never_created(), "audit-fault.token-added"),
        )
        for chains, identifier in faults:
            for chain in chains:
                if identifier != "audit-fault.token-added" or chain not in OF_NO_TOKEN:
                    found.faults.append(AuditFault(chain.strip() or None, 1, Message(identifier)))

    def _entries(self, which: ColumnElement[bool]) -> Iterator[AuditRow]:
        query = select(tables.audit).where(which).order_by(_audit.chain, _audit.sequence)
        if self.since is not None:
            # Ids of several workers need not rise along a chain, so it is cut by its numbers.
            first = func.min(_audit.sequence).label("first")
            begun = select(_audit.chain, first).where(which, _audit.id > self.since)
            new = begun.group_by(_audit.chain).subquery()
            query = query.join(
                new, and_(new.c.chain == _audit.chain, _audit.sequence >= new.c.first)
            )
        for row in self.connection.execution_options(yield_per=_BATCH).execute(query):
            yield AuditRow(*row)

    def _fault(
        self, found: Chains, chain: str, entries: Iterator[AuditRow], head: ChainHead | None
    ) -> tuple[int, Message] | None:
        """Give the sequence number and kind of a chain's first fault; read its entries to the
        end."""
        fault = None
        expected, previous = 1, b""
        for number, row in enumerate(entries):
            if number == 0 and self.since is not None:
                expected, previous = row.sequence, self._mac_before(row)
            if fault is None:
                fault = self._fault_of_entry(row, expected, previous)
            previous, expected = row.mac, expected + 1
            found.entries += 1
            if found.entries % _BATCH == 0:
                self.progress(found.entries)
            if chain == SERVER:
                self._read_server_entry(row)
        return fault or _fault_of_head(head, expected, previous)

    def _fault_of_entry(
        self, row: AuditRow, expected: int, previous: bytes
    ) -> tuple[int, Message] | None:
        if row.sequence != expected:
            return expected, Message("audit-fault.entry-missing")
        key = self.keys.get(row.audit_key)
        if key is None or not hmac.compare_digest(entry_mac(key, previous, row), row.mac):
            return expected, Message("audit-fault.entry-changed")
        return None

    def _mac_before(self, row: AuditRow) -> bytes:
        """Give the MAC of the entry before one; the one's own MAC covers it."""
        before = select(_audit.mac).where(
            _audit.chain == row.chain, _audit.sequence == row.sequence - 1
        )
        return self.connection.execute(before).scalar_one_or_none() or b""

    def _read_server_entry(self, entry: AuditRow) -> None:
        """Note what an entry of the server's chain tells: a token that was imported, or a row that
        was written or deleted."""
        try:
            detail = json.loads(entry.detail)
            if entry.action == "create":
                # Every serial number that was ever imported has a chain, also after its deletion.
                self.collected.add_created(detail["serial"])
            elif "row" in detail:
                table = tables.users if TOLD[tables.users] in detail else tables.api_keys
                told = Told(detail["row"], entry.audit_key)
                self.collected.tell(table.name, detail[TOLD[table]], told)
            elif entry.action in _DELETIONS:
                table = _DELETIONS[entry.action]
                self.collected.told_of(table.name, detail[TOLD[table]])
        except (ValueError, KeyError, TypeError):
            pass  # no entry of ours: its MAC does not fit either, which is a fault already


def _fault_of_head(
    head: ChainHead | None, expected: int, previous: bytes
) -> tuple[int, Message] | None:
    """Give the fault at the end of a chain whose last entry has the MAC `previous`."""
    if head is None:
        return expected, Message("audit-fault.head-missing")
    if head.sequence >= expected:
        return expected, Message("audit-fault.entry-missing")
    if head.sequence < expected - 1 or head.mac != previous:
        return head.sequence + 1, Message("audit-fault.entry-added")
    return None


def _heads() -> CompoundSelect[Any]:
    """Select the heads of all chains that have entries."""
    tokens, chains, others = tables.tokens.c, tables.chains.c, tables.unattributed_checks.c
    return union_all(
        select(tokens.serial.label("chain"), tokens.audit_sequence, tokens.audit_mac),
        select(chains.chain, chains.audit_sequence, chains.audit_mac),
        select(literal(UNATTRIBUTED), others.audit_sequence, others.audit_mac).where(
            others.audit_sequence > 0
        ),
    )


def _heads_without_last_entry() -> Select[Any]:
    """Select name and number of the chains whose last entry is not the one that the head names."""
    heads = _heads().subquery()
    last = and_(_audit.chain == heads.c.chain, _audit.sequence == heads.c.audit_sequence)
    return (
        select(heads.c.chain, heads.c.audit_sequence)
        .join(tables.audit, last, isouter=True)
        .where(
            or_(_audit.mac.is_(None), _audit.mac != heads.c.audit_mac),
        )
    )
