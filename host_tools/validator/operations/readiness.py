"""Whether the database takes what a check would write, and whether the clock is behind it."""

import secrets

from sqlalchemy import Connection, delete, func, insert, select

from host_tools.validator.store.row_ids import new_id
from host_tools.validator.store.rows import WriteProbeRow
from host_tools.validator.store.tables import audit, write_probes
from host_tools.validator.store.unit_of_work import UnitOfWork

_PROBE_SIZE = 64 * 1024  # bytes: more than a check writes, so that it finds the disk full first
_NEWEST = 1000  # entries that are asked for their time, which has no index
# Seconds by which the clock may be behind an entry: workers on several machines write them.
CLOCK_TOLERANCE = 10.0


def probe_write(unit: UnitOfWork) -> None:
    """Write a row that nobody reads, and delete the one of the probe before.

    The new row is written first: in its place the database would need no more room. Neither the
    root nor the audit is changed.
    """
    row = WriteProbeRow(new_id(), secrets.token_bytes(_PROBE_SIZE))
    unit.connection.execute(insert(write_probes).values(row._asdict()))
    unit.connection.execute(delete(write_probes).where(write_probes.c.id != row.id))


def seconds_behind(connection: Connection, now: float) -> float:
    """Give by how many seconds the clock is behind the latest time of the newest audit entries; 0
    when it is by no more than CLOCK_TOLERANCE."""
    newest = select(audit.c.at).order_by(audit.c.id.desc()).limit(_NEWEST).subquery()
    latest = connection.execute(select(func.max(newest.c.at))).scalar()
    behind = 0.0 if latest is None else latest - now
    return behind if behind > CLOCK_TOLERANCE else 0.0
