"""The audit's hash chains: what makes any later change, or any gap, show.

Every token has a chain, named by its serial number, and the server has one, named "". An entry's
MAC (HMAC-SHA256, key derived from a data key) covers the entry and the MAC before it. The head of a
chain (the last sequence number and MAC) stands in the token's row under a *seal*: a MAC over the
head and the whole row. A seal is overwritten with every entry, so who cuts a chain short, or
changes a row, cannot make the seal that belongs to it; only a whole database put back to an earlier
state looks right, and what the operator noted of its head then tells.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from host_tools.validator.store.data_keys import DataKey

SERVER = ""  # the name of the server's own chain

_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode

Detail = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: the sequence number and MAC of its last entry."""

    sequence: int = 0
    mac: bytes = b""


@dataclass(frozen=True, slots=True)
class Note:
    """What happened: who did what when."""

    at: float
    actor: str
    action: str
    detail: Detail


def entry(key: DataKey, chain: str, head: Head, note: Note) -> tuple[Head, dict[str, Any]]:
    """Give the chain's new head and the row of table `audit` that leads to it."""
    row = {
        "chain": chain,
        "sequence": head.sequence + 1,
        "at": note.at,
        "actor": note.actor,
        "action": note.action,
        "detail": canonical(dict(note.detail)),
        "audit_key": key.id,
    }
    mac = entry_mac(key, head.mac, row)
    return Head(head.sequence + 1, mac), row | {"mac": mac}


def entry_mac(key: DataKey, previous: bytes, row: Mapping[str, Any]) -> bytes:
    """Give the MAC of a row of table `audit` after the entry with the MAC `previous`."""
    fields = [row[name] for name in ("chain", "sequence", "at", "actor", "action", "detail")]
    return hmac.digest(
        key.audit.reveal(), b"entry\0" + previous + canonical(fields).encode(), "sha256"
    )


def seal(key: DataKey, chain: str, head: Head, row: object = None) -> bytes:
    """Give the seal over a head and over the row (what JSON can write of it) that it stands in."""
    text = canonical([chain, head.sequence, row])
    return hmac.digest(key.audit.reveal(), b"head\0" + head.mac + text.encode(), "sha256")


def canonical(value: object) -> str:
    """Write JSON in the one way that the MACs are computed over."""
    return _encode(value)
