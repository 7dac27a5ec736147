"""Hash chains of the audit, by which later changes and gaps are detected.

Every token has a chain, named by its serial number; the server's own chain is named "". The MAC of
an entry (HMAC-SHA256, key derived from a data key) covers the entry and the MAC of the entry before
it. The head of a chain (sequence number and MAC of its last entry) is stored in the token's row
together with a *seal*, a MAC over the head and all other columns of the row.

Each new entry replaces the seal. Without the data key nobody can compute a seal, so a shortened
chain or a changed row is detected. Not detected is a complete database restored to an earlier
state, unless the operator has kept a copy of a later head.
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
    """An event to audit: who did what, and when (`at`, Unix seconds)."""

    at: float
    actor: str
    action: str
    detail: Detail


class AuditRow(NamedTuple):
    """A row of the table `audit`, without its number."""

    chain: str
    sequence: int
    at: float
    actor: str
    action: str
    detail: str  # JSON
    audit_key: int
    mac: bytes


def append(key: DataKey, chain: str, head: ChainHead, event: Event) -> tuple[ChainHead, AuditRow]:
    """Make the audit row of `event` after `head`; give the new head and the row."""
    sequence, detail = head.sequence + 1, canonical_json(dict(event.detail))
    row = AuditRow(chain, sequence, event.at, event.actor, event.action, detail, key.id, b"")
    mac = entry_mac(key, head.mac, row)
    return ChainHead(sequence, mac), row._replace(mac=mac)


def entry_mac(key: DataKey, previous: bytes, row: AuditRow) -> bytes:
    """Give the MAC of an audit row; `previous` is the MAC of the entry before it."""
    fields = canonical_json(row[:6])  # chain to detail
    return hmac.digest(key.audit.reveal(), b"entry\0" + previous + fields.encode(), "sha256")


def seal(key: DataKey, chain: str, head: ChainHead, row: object = None) -> bytes:
    """Give the seal of a chain's head: an HMAC-SHA256 over the chain's name, the head, and the
    values `row` (JSON types) of the database row in which head and seal are stored."""
    text = canonical_json([chain, head.sequence, row])
    return hmac.digest(key.audit.reveal(), b"head\0" + head.mac + text.encode(), "sha256")


def canonical_json(value: object) -> str:
    """Write JSON with sorted keys and no spaces, the form that the MACs cover."""
    return _encode(value)
