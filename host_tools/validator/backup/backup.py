"""Back up the validator's database while the server runs, and restore it.

A backup holds everything but the master key: secrets stay sealed in it.
"""

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from host_tools import private_files
from host_tools.errors import ExitCode, KodebrikError
from host_tools.progress import Progress
from host_tools.validator.backup import postgresql, sqlite
from host_tools.validator.keys.master_key import MasterKey, wrong_key
from host_tools.validator.service import Validator
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.database import Contents, Database
from host_tools.validator.store.location import database_name, sqlite_file


@dataclass(frozen=True)
class Destination:
    """Where a backup is put back: the database's URL, the master key that must open it, and who
    does it, for the audit."""

    url: str
    key: MasterKey
    actor: str


@dataclass(frozen=True)
class Restored:
    """What came back: the number of tokens, and where the database went that was replaced."""

    tokens: int
    former: Path | None


def back_up(url: str, key: MasterKey | None, target: Path, progress: Progress) -> None:
    """Write the database's present state to a new file (mode 0600); a running server is not held
    up. KodebrikError, and no file, for a database that could not be restored: one that is no
    validator's, or that the master key does not open (None: whatever its key is)."""
    private_files.check_new(target)
    _check_restorable(url, key)
    source = sqlite_file(url)
    with sqlite.new_file(target) as part:
        if source is None:
            postgresql.dump(url, part)
        else:
            sqlite.copy(source, part, progress)


def _check_restorable(url: str, key: MasterKey | None) -> None:
    database = Database(url, create=False)
    try:
        database.require_validator()
        if key is not None:
            with database.reading() as connection:
                DataKeys(key).require_all(connection)
    finally:
        database.close()


def restore(
    destination: Destination, source: Path, may_replace: bool, progress: Progress
) -> Restored:
    """Put a backup into service as a database, and note it in the audit.

    An SQLite database that is there already must not be open anywhere; it is kept under another
    name, and only replaced when that is allowed. A PostgreSQL database must be empty.
    KodebrikError, with everything as it was, when that is not so, or when the master key does not
    open the backup.
    """
    target = sqlite_file(destination.url)
    if sqlite.is_sqlite(source):
        if target is None:
            raise KodebrikError("backup-of-sqlite", ExitCode.BAD_INPUT, path=source)
        if target.exists() and not may_replace:
            raise KodebrikError("database-exists", ExitCode.FILE, path=target)
        return _restore_sqlite(destination, target, source, progress)
    if not postgresql.is_dump(source):
        raise KodebrikError("backup-of-something-else", ExitCode.BAD_INPUT, path=source)
    if target is not None:
        raise KodebrikError("backup-of-postgresql", ExitCode.BAD_INPUT, path=source)
    return _restore_postgresql(destination, source)


def _restore_sqlite(
    destination: Destination, target: Path, source: Path, progress: Progress
) -> Restored:
    former = None
    if target.exists():
        _refuse_foreign(destination.url)
        sqlite.take_out_of_service(target)
        former = target.with_name(f"{target.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    with sqlite.new_file(target) as part:
        sqlite.copy(source, part, progress, finished=True)
        copied = replace(destination, url=f"sqlite:///{part}")
        if not _holds_validator(copied.url):
            raise KodebrikError("backup-of-something-else", ExitCode.BAD_INPUT, path=source)
        tokens = _noted(copied, source)
        sqlite.take_out_of_service(part)
        if former is not None:
            os.link(target, former)  # so that there is a database at any time
    return Restored(tokens, former)


def _refuse_foreign(url: str) -> None:
    """Raise KodebrikError for a database that is another program's, or no database."""
    database = Database(url, create=False)
    try:
        database.require_validator(or_nothing=True)
    finally:
        database.close()


def _holds_validator(url: str) -> bool:
    database = Database(url, create=False)
    try:
        return database.holds() is Contents.VALIDATOR
    finally:
        database.close()


def _restore_postgresql(destination: Destination, source: Path) -> Restored:
    if postgresql.master_keys(destination.url, source) != {destination.key.identity}:
        raise wrong_key()
    database = Database(destination.url)
    try:
        if not database.is_empty():
            name = database_name(destination.url)
            raise KodebrikError("database-not-empty", ExitCode.CONFLICT, name=name)
    finally:
        database.close()
    postgresql.restore(destination.url, source)
    return Restored(_noted(destination, source), None)


def _noted(destination: Destination, source: Path) -> int:
    """Note the restoration in the restored database's audit; give the number of its tokens."""
    with Validator(destination.url, destination.key) as validator:
        validator.note_restore(source.name, actor=destination.actor)
        return sum(validator.statistics().tokens.values())
