"""Sessions of the administration that were ended before their time: a cookie that was copied opens
nothing after them.

A session itself lives in its cookie alone; what is kept here is the hash of its name, until its
cookie is too old.
"""

import hashlib

from sqlalchemy import Connection, delete, insert, select

from host_tools.validator.store.tables import ended_sessions
from host_tools.validator.store.unit_of_work import UnitOfWork


def end(unit: UnitOfWork, session: str, seconds: float) -> None:
    """Refuse a session for so many seconds, after which its cookie is refused for its age."""
    unit.connection.execute(delete(ended_sessions).where(ended_sessions.c.until < unit.now))
    if not has_ended(unit.connection, session):
        values = {"hash": _hash(session), "until": unit.now + seconds}
        unit.connection.execute(insert(ended_sessions).values(**values))


def has_ended(connection: Connection, session: str) -> bool:
    """Say whether a session was ended."""
    found = select(ended_sessions.c.until).where(ended_sessions.c.hash == _hash(session))
    return connection.execute(found).first() is not None


def _hash(session: str) -> bytes:
    return hashlib.sha256(session.encode()).digest()
