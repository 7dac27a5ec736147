"""Backup and restoration of an SQLite database, by SQLite's online backup API
(sqlite.org/backup.html)."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.system_errors import reason, sqlite_reason
from host_tools.progress import Progress

_PAGES = 1000  # copied in one step; Ctrl-C and progress come between steps
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_MAGIC = b"SQLite format 3\0"


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a new file of mode 0600 beside `path` to write; it becomes `path` when the block ends,
    durably, and is removed when the block fails."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            yield part
            _sync(part)
            part.replace(path)
            _sync(path.absolute().parent)
        finally:
            for suffix in ("", "-wal", "-shm", "-journal"):
                part.with_name(part.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise KodebrikError(
            "file-unwritable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None


def is_sqlite(path: Path) -> bool:
    """Say whether a file is an SQLite database."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise KodebrikError(
            "file-unreadable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None


def copy(source: Path, target: Path, progress: Progress, finished: bool = False) -> None:
    """Copy one state of the database `source` into the file `target`; whoever writes to it
    meanwhile is not held up. `finished`: `source` is a backup, which nobody writes to."""
    where = "immutable=1" if finished else "mode=rw"
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?{where}", uri=True)) as read,
            closing(sqlite3.connect(target)) as written,
        ):
            # In a transaction that has begun, every step reads the same state: without it the copy
            # would begin anew after each commit of the server.
            read.execute("BEGIN")
            read.execute("SELECT count(*) FROM sqlite_master").fetchone()
            read.backup(
                written,
                pages=_PAGES,
                progress=lambda _, left, total: progress(total - left, total),
                sleep=0,
            )
            if written.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise _damaged(source)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) in _DAMAGED:
            raise _damaged(source) from None
        raise KodebrikError(
            "backup-failed", ExitCode.DATABASE, path=source, reason=sqlite_reason(error)
        ) from None


def take_out_of_service(path: Path) -> None:
    """Write the log of a database into its file; KodebrikError while somebody has it open."""
    try:
        with closing(sqlite3.connect(path, timeout=0)) as opened:
            opened.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        raise KodebrikError("database-in-use", ExitCode.BUSY, path=path) from None


def _damaged(path: Path) -> KodebrikError:
    return KodebrikError("backup-damaged", ExitCode.BAD_INPUT, path=path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
