"""The database connection with its two kinds of transaction: reading, and writing that is durable
on return.

SQLite: write-ahead log, synchronous=FULL, and BEGIN IMMEDIATE, so that what a writer reads cannot
change under it. PostgreSQL: writers READ COMMITTED with row locks, which the statements ask for;
readers REPEATABLE READ.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionError

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages import postgresql_errors
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import sqlite_reason
from host_tools.validator.errors import UnavailableError
from host_tools.validator.store.database_file import DatabaseFile

_LARGE_CACHE = 128 * 1024  # KiB
_BUSY_SECONDS = 30  # that a writer waits for another process
# PostgreSQL: serialization failure and deadlock; the whole transaction may be repeated.
_RETRIED = {"40001", "40P01"}
_DISK_FULL = "53100"  # PostgreSQL
_REFUSED = {"25006", "42501"}  # PostgreSQL: read-only transaction, insufficient privilege
_OURS = {"alembic_version", "data_keys"}  # tables of a validator's database at every revision


class FairLock:
    """A lock that is granted in the order of requests, so that no thread starves under load."""

    def __init__(self) -> None:
        """Start unlocked."""
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._locked = False

    def __enter__(self) -> None:
        """Acquire the lock."""
        with self._guard:
            if not self._locked:
                self._locked = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    def __exit__(self, *_: object) -> None:
        """Release the lock to the thread that waits longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._locked = False


class Contents(Enum):
    """Whose tables a database has."""

    NOTHING = auto()
    VALIDATOR = auto()
    OTHER = auto()


class Database:
    """An engine with its two kinds of transaction. Errors of the driver become KodebrikErrors
    without the URL."""

    def __init__(self, url: str, create: bool = True) -> None:
        """Open `url` (sqlite:///file or postgresql+psycopg://…); nothing is connected yet. Unless
        told to `create`, an SQLite file must exist."""
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._file: DatabaseFile | None = None
        if self.is_sqlite:
            file = self._file = DatabaseFile(Path(str(self.engine.url.database)), create)
            event.listen(self.engine, "connect", lambda *_: file.connected())
            event.listen(self.engine, "close", lambda *_: file.closed())
        self._write_lock = FairLock()
        isolated = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reader = self.engine.execution_options(**isolated)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database."""
        if self._file is not None:
            self._file.require()
        with _translated(), self._reader.begin() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are durable, all or none, when the block has ended."""
        if self._file is None:
            with _translated(), self.engine.begin() as connection:
                yield connection
            return
        with self._write_lock:
            self._file.require()
            with _translated(), self.engine.begin() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
            self._file.note_log()
            self._file.require()  # else nobody can say where it was written

    def is_empty(self) -> bool:
        """Say whether the database has no table."""
        return self.holds() is Contents.NOTHING

    def holds(self) -> Contents:
        """Say whose tables it has; nothing in it is changed."""
        tables = self._tables()
        if not tables:
            return Contents.NOTHING
        return Contents.VALIDATOR if tables >= _OURS else Contents.OTHER

    def require_validator(self, or_nothing: bool = False) -> None:
        """Raise KodebrikError unless the tables are a validator's, or there are none and that will
        do as well."""
        found = self.holds()
        if found is Contents.OTHER:
            raise KodebrikError("database-foreign", ExitCode.DATABASE, name=self.name)
        if found is Contents.NOTHING and not or_nothing:
            raise KodebrikError("database-empty", ExitCode.DATABASE, name=self.name)

    @property
    def name(self) -> str:
        """Give the path of an SQLite file, or a PostgreSQL database's name: never a password."""
        return str(self.engine.url.database) if self._file is None else str(self._file.path)

    def _tables(self) -> set[str]:
        if self._file is None:
            with self.reading() as connection:
                return set(inspect(connection).get_table_names())
        # Not by reading(), which makes a write-ahead log of whatever it opens.
        try:
            uri = f"{self._file.path.as_uri()}?mode=rw"
            with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)) as connection:
                found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                return {name for (name,) in found}
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
                path = self._file.path
                raise KodebrikError("database-not-sqlite", ExitCode.DATABASE, path=path) from None
            raise UnavailableError(
                "database-file-refused", path=self._file.path, reason=_reason(error)
            ) from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@contextmanager
def large_cache(connection: Connection) -> Iterator[None]:
    """Hold more of SQLite's pages in memory while many rows are written: the pages of their
    indexes would go out to the log, and come back, for nearly every row."""
    if connection.dialect.name != "sqlite":
        yield
        return
    before = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
    connection.exec_driver_sql(f"PRAGMA cache_size = -{_LARGE_CACHE}")
    try:
        yield
    finally:
        if not connection.invalidated:  # as one is that Ctrl-C has interrupted
            connection.exec_driver_sql(f"PRAGMA cache_size = {before}")


def is_retried(error: DBAPIError) -> bool:
    """Say whether the transaction failed only because another one was in its way."""
    return getattr(error.orig, "sqlstate", None) in _RETRIED


def was_cut_off(error: BaseException | None) -> bool:
    """Say whether the connection was lost, as those of the pool are when PostgreSQL restarts. The
    pool has then dropped all of them."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _engine(url: str) -> Engine:
    # Parameters are hidden: they are codes, hashes and names, and an error's text gets into logs.
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            if (
                not parsed.database
                or parsed.database == ":memory:"
                or parsed.database.startswith("file:")
            ):
                raise KodebrikError("database-file-missing", ExitCode.USAGE)
            engine = create_engine(
                parsed,
                connect_args={"timeout": _BUSY_SECONDS},
                pool_size=16,
                max_overflow=48,
                pool_use_lifo=True,  # only who wrote last has pages in memory that are still valid
                hide_parameters=True,
            )
            event.listen(engine, "connect", _prepare_sqlite)
            return engine
        if parsed.drivername != "postgresql+psycopg":
            raise KodebrikError("database-kind-unknown", ExitCode.USAGE, kind=parsed.drivername)
        return create_engine(
            parsed, pool_size=8, max_overflow=24, pool_use_lifo=True, hide_parameters=True
        )
    except (ArgumentError, NoSuchModuleError, ValueError):
        # their texts may quote the URL with its password
        raise KodebrikError("database-url-invalid", ExitCode.USAGE) from None
    except ImportError as error:
        raise KodebrikError(
            "database-driver-missing",
            ExitCode.NOT_INSTALLED,
            package=error.name or Message("a-package"),
        ) from None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (DatabaseError, InterfaceError) as error:
        no_answer = (
            isinstance(error, (OperationalError, InterfaceError)) or type(error) is DatabaseError
        )
        refused = getattr(error.orig, "sqlstate", None) in _REFUSED
        if is_retried(error) or not (no_answer or refused):
            raise
        if _is_full(error.orig):
            raise UnavailableError("database-full") from error
        raise UnavailableError("database-silent", reason=_reason(error.orig)) from error
    except NoConnectionError as error:
        raise UnavailableError("database-busy") from error


def _is_full(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(error, "sqlstate", None) == _DISK_FULL


def _reason(error: BaseException | None) -> str:
    """Say why; the driver's own text may quote what was to be stored."""
    if isinstance(error, sqlite3.Error):
        told = sqlite_reason(error)
        if isinstance(told, Message):
            return told
        return Message(
            "sqlite-error.other", name=getattr(error, "sqlite_errorname", "SQLITE_ERROR")
        )
    return postgresql_errors.reason(error or Exception())
