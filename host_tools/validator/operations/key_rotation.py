"""Key rotation: a new data key for every secret, or another master key for the data keys."""

from sqlalchemy import bindparam, select, update

from host_tools.progress import Progress
from host_tools.validator.keys.master_key import MasterKey
from host_tools.validator.operations import web_sessions
from host_tools.validator.store.rows import TokenRow
from host_tools.validator.store.tables import tokens
from host_tools.validator.store.unit_of_work import UnitOfWork

_BATCH = 500  # secrets encrypted by one statement
_UPDATE = (
    update(tokens)
    .where(tokens.c.id == bindparam("the_id"))
    .values(encrypted_secret=bindparam("encrypted_secret"), data_key=bindparam("data_key"))
)


def rotate_data_key(unit: UnitOfWork, progress: Progress | None) -> int:
    """Draw a new data key and encrypt every secret with it; give the number of secrets. The old
    key stays, for the audit entries that were made with it. Every web session is closed."""
    web_sessions.close_all(unit)
    key = unit.keys.create(unit.connection, unit.now)
    ids = unit.connection.execute(select(tokens.c.id).order_by(tokens.c.id)).scalars().all()
    for start in range(0, len(ids), _BATCH):
        part = ids[start : start + _BATCH]
        locked = select(tokens).where(tokens.c.id.in_(part)).order_by(tokens.c.id).with_for_update()
        rows = [TokenRow(*row) for row in unit.connection.execute(locked)]
        encrypted = [
            {
                "the_id": token.id,
                "encrypted_secret": key.encrypt_secret(unit.secret(token), token.serial),
                "data_key": key.id,
            }
            for token in rows
        ]
        if encrypted:
            unit.connection.execute(_UPDATE, encrypted)
        if progress is not None:
            progress(start + len(part), len(ids))
    unit.record_server_event("rotate_key", {"data_key": key.id, "secrets": len(ids)})
    return len(ids)


def rewrap_data_keys(unit: UnitOfWork, new: MasterKey) -> int:
    """Wrap the data keys under another master key; give their number. Workers that run go on;
    those that start need the new one."""
    count = unit.keys.rewrap(unit.connection, new)
    unit.record_server_event("rewrap", {"master": new.identity})
    return count
