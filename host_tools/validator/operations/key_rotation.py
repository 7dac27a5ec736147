"""Rotating keys: a new data key for every secret, or another master key for the data keys."""

from sqlalchemy import bindparam, select, update

from host_tools.progress import Progress
from host_tools.validator.keys.master_key import MasterKey
from host_tools.validator.store.tables import tokens
from host_tools.validator.store.unit_of_work import Ledger

_AT_ONCE = 500  # secrets sealed by one statement
_RESEAL = (
    update(tokens)
    .where(tokens.c.id == bindparam("the_id"))
    .values(sealed=bindparam("sealed"), data_key=bindparam("data_key"))
)


def rotate(ledger: Ledger, progress: Progress | None) -> int:
    """Draw a new data key and seal every secret under it. The old key stays, for the audit entries
    it made."""
    key = ledger.keys.create(ledger.connection, ledger.now)
    numbers = ledger.connection.execute(select(tokens.c.id).order_by(tokens.c.id)).scalars().all()
    for start in range(0, len(numbers), _AT_ONCE):
        part = numbers[start : start + _AT_ONCE]
        locked = select(tokens).where(tokens.c.id.in_(part)).order_by(tokens.c.id).with_for_update()
        resealed = [
            {
                "the_id": row["id"],
                "sealed": key.seal(ledger.secret(dict(row)), row["serial"]),
                "data_key": key.id,
            }
            for row in ledger.connection.execute(locked).mappings().all()
        ]
        if resealed:
            ledger.connection.execute(_RESEAL, resealed)
        if progress is not None:
            progress(start + len(part), len(numbers))
    ledger.note_server("rotate_key", {"data_key": key.id, "secrets": len(numbers)})
    return len(numbers)


def rewrap(ledger: Ledger, new: MasterKey) -> int:
    """Wrap the data keys under another master key. Workers that run go on; those that start need
    the new one."""
    count = ledger.keys.rewrap(ledger.connection, new)
    ledger.note_server("rewrap", {"master": new.identity})
    return count
