"""Temporary SQLite databases, for what is read from files of any size: SQLite moves them from
memory to an unnamed file as they grow."""

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.system_errors import sqlite_reason

_CACHE = 16 * 1024  # KiB that are held in memory


def opened(owner: object, table: str) -> sqlite3.Connection:
    """Open a new one, make its `table`, and close it when nobody holds its `owner` any more."""
    # Whichever thread drops the owner last closes it.
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    weakref.finalize(owner, database.close)
    database.execute(f"PRAGMA cache_size = -{_CACHE}")
    database.execute("PRAGMA journal_mode = OFF")
    database.execute(table)
    return database


@contextmanager
def room_needed() -> Iterator[None]:
    """Raise KodebrikError where SQLite has no room for more."""
    try:
        yield
    except sqlite3.Error as error:
        raise KodebrikError(
            "tokens-without-room", ExitCode.FILE, reason=sqlite_reason(error)
        ) from None
