"""Where the inventory is kept: one private SQLite file (mode 0600), or a PostgreSQL that several
stations share.

Both take the same statements, with `?` for values. A change is a transaction, so that concurrent
commands and stations do not overwrite each other, and a killed one leaves nothing half-done.
"""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra
from host_tools.messages import postgresql_errors, system_errors
from host_tools.messages.catalogue import Message

VERSION = 4
_BUSY = 20  # seconds that a writer waits for another one's transaction
_LOCK = 0x6B6F6465  # PostgreSQL's advisory lock under which the tables are made
_SCHEMES = ("postgresql://", "postgresql+psycopg://")
_TOKEN_COLUMNS = (
    "board_id TEXT",
    "firmware_hash TEXT",
    "key_fingerprint TEXT",
    "state TEXT NOT NULL DEFAULT 'provisioned'",
    "operator TEXT",
    "updated_at REAL",
    "batch TEXT",
)
_FIRST = (
    "CREATE TABLE tokens (serial TEXT PRIMARY KEY, product TEXT NOT NULL, board TEXT NOT NULL,"
    " version TEXT NOT NULL, first_at REAL NOT NULL, clock_set_at REAL)",
    "CREATE TABLE accounts (serial TEXT NOT NULL REFERENCES tokens, name TEXT NOT NULL,"
    " kind TEXT NOT NULL, algorithm TEXT NOT NULL, digits INTEGER NOT NULL, period INTEGER,"
    " counter INTEGER, suite TEXT, entry TEXT, fingerprint TEXT NOT NULL,"
    " written_at REAL NOT NULL, issuer TEXT, sealed BLOB, PRIMARY KEY (serial, name))",
)
_SECOND = (
    *(f"ALTER TABLE tokens ADD COLUMN {column}" for column in _TOKEN_COLUMNS),
    "CREATE UNIQUE INDEX tokens_board_id ON tokens (board_id)",
    "CREATE TABLE batches (name TEXT PRIMARY KEY, product TEXT NOT NULL, size INTEGER NOT NULL,"
    " account TEXT NOT NULL, algorithm TEXT NOT NULL, digits INTEGER NOT NULL, period INTEGER,"
    " issuer TEXT NOT NULL, operator TEXT NOT NULL, created_at REAL NOT NULL)",
    "CREATE TABLE jobs (batch TEXT NOT NULL REFERENCES batches, number INTEGER NOT NULL,"
    " serial TEXT UNIQUE, state TEXT NOT NULL, station TEXT, leased_until REAL, report TEXT,"
    " finished_at REAL, PRIMARY KEY (batch, number))",
    "CREATE INDEX jobs_state ON jobs (batch, state, number)",
    "CREATE INDEX tokens_batch ON tokens (batch, serial)",
)
_THIRD = (
    "ALTER TABLE batches ADD COLUMN closed_at REAL",
    "ALTER TABLE batches ADD COLUMN closed_by TEXT",
)
_FOURTH = (
    "ALTER TABLE jobs ADD COLUMN process TEXT",
    "ALTER TABLE jobs ADD COLUMN records TEXT",
)
_STEPS = (_FIRST, _SECOND, _THIRD, _FOURTH)  # from each version to the next


class Database(Protocol):
    """An open database of either kind; `name` stands for it in errors."""

    name: str
    skip_locked: str  # ends a SELECT that locks one of several rows
    for_update: str  # ends a SELECT that locks the row it finds
    for_share: str  # ends a SELECT that keeps others from changing the row it finds

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and give its rows."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the block's end, or undo everything when it fails."""

    def lock(self, name: str) -> None:
        """Keep other transactions that lock `name` waiting until this one has ended."""

    def close(self) -> None:
        """Close it."""


def opened(place: Path | str, warn: Callable[[str], None], *, make: bool = True) -> Database:
    """Open the inventory at `place`, a file or a PostgreSQL URL, and bring its tables up to date.

    With `make` the file is made, with its folder, and so are the first tables. `warn` is called
    when other users can read the file. KodebrikError when it cannot be used, is none, or a newer
    version made it.
    """
    if isinstance(place, str) and place.startswith(_SCHEMES):
        return _Postgresql(place, make)
    return _Sqlite(Path(place), warn, make)


class _Sqlite:
    skip_locked = for_update = for_share = ""  # a transaction is alone

    def __init__(self, path: Path, warn: Callable[[str], None], make: bool) -> None:
        self.name = str(path)
        if not make and not path.exists():
            raise KodebrikError("inventory-missing", ExitCode.FILE, path=path)
        with self._errors():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite would create it readable for others
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                warn(Message("readable-by-others", path=path))
            self._connection = sqlite3.connect(
                path, isolation_level=None, timeout=_BUSY, check_same_thread=False
            )
        try:
            with self._errors(), self.transaction():
                ((version,),) = self.execute("PRAGMA user_version")
                if not version:
                    self._check_empty(make)
                for statement in _statements(self.name, version):
                    strict = " STRICT" if statement.startswith("CREATE TABLE") else ""
                    self.execute(statement + strict)
                if version < VERSION:
                    self.execute(f"PRAGMA user_version = {VERSION}")
        except BaseException:
            self._connection.close()
            raise

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._errors():
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def _check_empty(self, make: bool) -> None:
        """Raise KodebrikError for another program's tables, and without `make` for none."""
        tables = self.execute("SELECT 1 FROM sqlite_master LIMIT 1")
        if tables or not make:
            raise KodebrikError("inventory-none-there", ExitCode.BAD_INPUT, path=self.name)

    def lock(self, name: str) -> None:
        """Do nothing: a transaction is alone."""

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the errors of SQLite and of the file system into KodebrikError."""
        try:
            yield
        except OSError as error:
            raise self._unusable(system_errors.reason(error)) from None
        except sqlite3.Error as error:
            raise self._unusable(system_errors.sqlite_reason(error)) from None

    def _unusable(self, reason: str) -> KodebrikError:
        return KodebrikError("inventory-unusable", ExitCode.FILE, path=self.name, reason=reason)


class _Postgresql:
    skip_locked = " FOR UPDATE SKIP LOCKED"
    for_update = " FOR UPDATE"
    for_share = " FOR SHARE"

    def __init__(self, url: str, make: bool) -> None:
        with from_extra("not-installed-server"):
            import psycopg  # noqa: PLC0415 - an extra

        self._error = psycopg.Error
        address = url.replace("postgresql+psycopg:", "postgresql:")
        with self._errors():
            self._connection = psycopg.connect(address, autocommit=True, connect_timeout=_BUSY)
        about = self._connection.info
        self.name = f"{about.host}:{about.port}/{about.dbname}"  # without the password
        try:
            with self.transaction():
                self.execute("SELECT pg_advisory_xact_lock(?)", (_LOCK,))
                if not make and self.execute("SELECT to_regclass('inventory_version')") == [
                    (None,)
                ]:
                    raise KodebrikError("inventory-none-there", ExitCode.BAD_INPUT, path=self.name)
                self.execute("CREATE TABLE IF NOT EXISTS inventory_version (version BIGINT)")
                rows = self.execute("SELECT version FROM inventory_version")
                version = rows[0][0] if rows else 0
                for statement in _statements(self.name, version):
                    self.execute(_in_postgresql(statement))
                if version < VERSION:
                    self.execute("DELETE FROM inventory_version")
                    self.execute("INSERT INTO inventory_version VALUES (?)", (VERSION,))
        except BaseException:
            self._connection.close()
            raise

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._errors():
            cursor = self._connection.execute(statement.replace("?", "%s").encode(), values)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._errors(), self._connection.transaction():
            yield

    def lock(self, name: str) -> None:
        self.execute("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (name,))

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the errors of PostgreSQL into KodebrikError; their texts may quote the URL."""
        try:
            yield
        except self._error as error:
            raise KodebrikError(
                "inventory-server-unusable",
                ExitCode.DATABASE,
                reason=postgresql_errors.reason(error),
            ) from None


def _statements(name: str, version: int) -> list[str]:
    """Give what brings the tables from `version` (0: there are none) to VERSION."""
    if version > VERSION:
        raise KodebrikError("inventory-newer", ExitCode.BAD_INPUT, path=name)
    return [statement for step in _STEPS[version:] for statement in step]


def _in_postgresql(statement: str) -> str:
    """Give a statement with PostgreSQL's names of SQLite's types."""
    for sqlite, postgresql in (("REAL", "DOUBLE PRECISION"), ("INTEGER", "BIGINT")):
        statement = statement.replace(f" {sqlite}", f" {postgresql}")
    return statement.replace(" BLOB", " BYTEA")
