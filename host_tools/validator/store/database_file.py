"""Whether an SQLite database is still the file that was opened.

A program keeps what it has opened: after the file was moved, deleted or replaced, it would go on
writing where nobody looks. So device and inode of the open file are compared with those of its
path, and the same is done for the write-ahead log beside it, which SQLite keeps for as long as a
connection is open (sqlite.org/wal.html).
"""

import os
import threading
from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.system_errors import reason
from host_tools.validator.errors import UnavailableError

Identity = tuple[int, int]  # device and inode


class DatabaseFile:
    """The file of an SQLite database, with the connections that are open to it."""

    def __init__(self, path: Path, create: bool) -> None:
        """Take the file at `path`; a missing one is made (mode 0600) when told to `create`.
        KodebrikError when it is missing, or may not be opened."""
        self.path = path.absolute()  # the program may change its folder
        self._log = Path(f"{self.path}-wal")
        self._identity = _opened(path, create)
        self._log_identity: Identity | None = None
        self._connections = 0
        self._lock = threading.Lock()

    def connected(self) -> None:
        """Count a connection."""
        with self._lock:
            self._connections += 1

    def closed(self) -> None:
        """Count a connection out; SQLite removes the log with the last one."""
        with self._lock:
            self._connections -= 1
            if self._connections == 0:
                self._log_identity = None

    def note_log(self) -> None:
        """Remember which file is the log; called when a connection has written to it."""
        if self._log_identity is None:
            self._log_identity = _identity(self._log)

    def require(self) -> None:
        """Raise UnavailableError when database or log are not the files that are open."""
        log = self._log_identity
        if _identity(self.path) != self._identity or (
            log is not None and _identity(self._log) != log
        ):
            raise UnavailableError("database-file-gone", path=self.path)


def _opened(path: Path, create: bool) -> Identity:
    # SQLite gives its log files the mode of the database file.
    try:
        handle = os.open(path, os.O_WRONLY | (os.O_CREAT if create else 0), 0o600)
    except FileNotFoundError as error:
        if create:  # it is the folder that is missing
            raise _unopenable(path, error) from None
        raise KodebrikError("database-missing", ExitCode.FILE, path=path) from None
    except OSError as error:
        raise _unopenable(path, error) from None
    try:
        found = os.fstat(handle)
        return found.st_dev, found.st_ino
    finally:
        os.close(handle)


def _unopenable(path: Path, error: OSError) -> KodebrikError:
    return KodebrikError("database-unopenable", ExitCode.FILE, path=path, reason=reason(error))


def _identity(path: Path) -> Identity | None:
    """Give a file's identity; None when the path leads nowhere."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
