"""Hash chains of the audit, by which later changes and gaps are detected.

Every token has a chain, named by its serial number; the server's own chain is named "", that of the
checks which name no known user or token " ". The MAC of
an entry (HMAC-SHA256, key derived from a data key) covers the entry and the MAC of the entry before
it. The head of a chain (sequence number and MAC of its last entry) is stored in the token's row, or
in a row of `chains` or `unattributed_checks`, and sealed with that row (row_seals.py). So a chain
cannot be shortened without the data key, and the root over all rows (audit_root.py) ties the heads
together.
"""

from collections.abc import Mapping
from typing import NamedTuple

from host_tools.validator.store.data_keys import DataKey
from host_tools.validator.store.row_ids import new_id
from host_tools.validator.store.row_seals import canonical_json
from host_tools.validator.store.rows import AuditRow, ChainHead

SERVER = ""  # the name of the server's own chain
UNATTRIBUTED = " "  # of checks that name no known user or token; no serial number has blanks
OF_NO_TOKEN = frozenset({SERVER, UNATTRIBUTED})

Detail = Mapping[str, str | int | float | bool | None]


class Event(NamedTuple):
    """An event to audit: who did what, and when (`at`, Unix seconds)."""

    at: float
    actor: str
    action: str
    detail: Detail


def append(key: DataKey, chain: str, head: ChainHead, event: Event) -> tuple[ChainHead, AuditRow]:
    """Make the audit row of `event` after `head`; give the new head and the row."""
    sequence, detail = head.sequence + 1, canonical_json(dict(event.detail))
    fields = new_id(), chain, sequence, event.at, event.actor, event.action, detail, key.id
    mac = _mac(key, head.mac, fields)
    return ChainHead(sequence, mac), AuditRow(*fields, mac)


def entry_mac(key: DataKey, previous: bytes, row: AuditRow) -> bytes:
    """Give the MAC of an audit row; `previous` is the MAC of the entry before it."""
    return _mac(key, previous, row[:-1])  # all but the MAC itself


def _mac(key: DataKey, previous: bytes, fields: tuple[object, ...]) -> bytes:
    return key.audit(b"entry\0" + previous + canonical_json(fields).encode())
