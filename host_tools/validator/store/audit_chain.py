"""The audit's hash chains, which reveal every later change and every gap.

Every token has a chain, named by its serial number, and the server has one, named "". An entry's
MAC (HMAC-SHA256, key derived from a data key) covers the entry and the MAC before it. The head of a
chain (the last sequence number and MAC) stands in the token's row under a *seal*: a MAC over the
head and the whole row. A seal is overwritten with every entry, so whoever cuts a chain short or
changes a row cannot make the seal that belongs to it. Only a whole database put back to an earlier
state looks right; the operator's own record of its head then reveals it.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from host_tools.validator.store.data_keys import DataKey

SERVER = ""  # the name of the server's own chain

_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode

Detail = Mapping[str, str | int | float | bool | None]


class ChainHead(NamedTuple):
    """The end of a chain: the sequence number and MAC of its last entry."""

    sequence: int = 0
    mac: bytes = b""


@dataclass(frozen=True, slots=True)
class Event:
    """What is to be audited: who did what when. `at` is Unix seconds."""

    at: float
    actor: str
    action: str
    detail: Detail


class AuditRow(NamedTuple):
    """A row of the table `audit`, all but its number."""

    chain: str
    sequence: int
    at: float
    actor: str
    action: str
    detail: str  # JSON
    audit_key: int
    mac: bytes


def append(key: DataKey, chain: str, head: ChainHead, event: Event) -> tuple[ChainHead, AuditRow]:
    """Give the new head of a chain and the audit row that leads to it."""
    sequence, detail = head.sequence + 1, canonical_json(dict(event.detail))
    row = AuditRow(chain, sequence, event.at, event.actor, event.action, detail, key.id, b"")
    mac = entry_mac(key, head.mac, row)
    return ChainHead(sequence, mac), row._replace(mac=mac)


def entry_mac(key: DataKey, previous: bytes, row: AuditRow) -> bytes:
    """Give the MAC of an audit row after the entry with the MAC `previous`."""
    fields = canonical_json(row[:6])  # chain to detail
    return hmac.digest(key.audit.reveal(), b"entry\0" + previous + fields.encode(), "sha256")


def seal(key: DataKey, chain: str, head: ChainHead, row: object = None) -> bytes:
    """Give the seal over a head and over the row (what JSON can write of it) that it stands in."""
    text = canonical_json([chain, head.sequence, row])
    return hmac.digest(key.audit.reveal(), b"head\0" + head.mac + text.encode(), "sha256")


def canonical_json(value: object) -> str:
    """Write JSON in the one way that the MACs are computed over."""
    return _encode(value)
