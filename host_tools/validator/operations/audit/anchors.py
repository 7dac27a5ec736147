"""Anchors: a sealed statement of how far the audit has come, to keep where the database's
administrators cannot write.

An anchor is an entry of the server's chain of its own, and says that entry's number and MAC. A
database that was put back to a state before the anchor lacks the entry, and never gets it again:
its MAC depends on all entries before it and on a random number.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, select

from host_tools.messages.catalogue import Message
from host_tools.validator.records import AuditAnchor, AuditFault
from host_tools.validator.store.audit_chain import SERVER
from host_tools.validator.store.data_keys import DataKey
from host_tools.validator.store.row_seals import canonical_json
from host_tools.validator.store.rows import AuditRootRow
from host_tools.validator.store.tables import audit
from host_tools.validator.store.unit_of_work import UnitOfWork

_NONCE_SIZE = 16  # bytes
_CLOCKS_DIFFER = 600  # seconds, from worker to worker; an id is the time of its writer


def make(unit: UnitOfWork) -> AuditAnchor:
    """Append an anchor's entry to the server's chain, and give the anchor."""
    unit.record_server_event("anchor", {"nonce": secrets.token_hex(_NONCE_SIZE)})
    unit.flush()
    head = unit.server_chain_head()
    root = unit.lock_root()  # after the chain, as every transaction does
    anchor = AuditAnchor(
        at=unit.now,
        transactions=root.version + 1,
        entries=root.entries + 1,
        sequence=head.sequence,
        mac=head.mac.hex(),
        data_key=unit.key.id,
        seal="",
    )
    return _sealed(unit.key, anchor)


def first_id_since(connection: Connection, anchor: AuditAnchor) -> int:
    """Give an id that every entry since an anchor is greater than, but for those that a worker has
    written whose clock is behind by more than _CLOCKS_DIFFER; 0 without the anchor's entry."""
    entry = connection.execute(
        select(audit.c.id).where(audit.c.chain == SERVER, audit.c.sequence == anchor.sequence)
    ).scalar_one_or_none()
    return 0 if entry is None else max(0, entry - _CLOCKS_DIFFER * 10**9)


def faults(
    connection: Connection,
    keys: Mapping[int, DataKey],
    root: AuditRootRow | None,
    anchor: AuditAnchor,
) -> list[AuditFault]:
    """Give what shows that the database does not continue the state that an anchor was taken of."""
    key = keys.get(anchor.data_key)
    if key is None or not hmac.compare_digest(_sealed(key, anchor).seal, anchor.seal):
        return [AuditFault(None, None, Message("audit-fault.anchor-foreign"))]
    query = select(audit.c.mac).where(audit.c.chain == SERVER, audit.c.sequence == anchor.sequence)
    mac = connection.execute(query).scalar_one_or_none()
    went_back = root is not None and (
        root.version < anchor.transactions or root.entries < anchor.entries
    )
    if went_back or mac is None or mac.hex() != anchor.mac:
        return [AuditFault(None, anchor.sequence, Message("audit-fault.anchor-not-continued"))]
    return []


def _sealed(key: DataKey, anchor: AuditAnchor) -> AuditAnchor:
    text = canonical_json(
        [
            anchor.at,
            anchor.transactions,
            anchor.entries,
            anchor.sequence,
            anchor.mac,
            anchor.data_key,
        ]
    )
    mac = key.audit(b"anchor\0" + text.encode())
    return replace(anchor, seal=mac.hex())
