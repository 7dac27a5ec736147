"""Reads and writes files that hold secrets: created with mode 0600, never overwritten, read up to a
size limit."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason

_MAX_SIZE = 64 * 1024  # bytes; a secret, a URI or a key file is far smaller


def write_new(path: Path, content: bytes) -> None:
    """Create `path` with mode 0600 and write `content`, durably; KodebrikError when it exists or
    cannot be written."""
    with writing_new(path) as file:
        file.write(content)


@contextmanager
def writing_new(path: Path) -> Iterator[IO[bytes]]:
    """As write_new(), for content that is written piece by piece; the file is there only when the
    block ends well."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise _cannot("private-file-unwritable", path, error) from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException as error:
        path.unlink(missing_ok=True)  # an incomplete secret must not stay
        if isinstance(error, OSError):
            raise _cannot("private-file-unwritable", path, error) from None
        raise


def check_new(path: Path) -> None:
    """Raise KodebrikError when write_new() could not create `path`; for commands to call before
    they change anything."""
    if path.exists() or path.is_symlink():
        raise _exists(path)
    check_folder(path)


def check_folder(path: Path) -> None:
    """Raise KodebrikError when the folder of `path` is not there or is read-only."""
    if not path.absolute().parent.is_dir() or not os.access(path.absolute().parent, os.W_OK):
        raise KodebrikError("folder-unwritable", ExitCode.FILE, path=path)


def read(path: str, warn: Callable[[str], None]) -> bytes:
    """Read a file that holds a secret ('-' = standard input); `warn` is told when others can read
    it too."""
    if path == "-":
        return _bounded(sys.stdin.buffer.read(_MAX_SIZE + 1), Message("standard-input"))
    try:
        with open(path, "rb") as file:
            state = os.fstat(file.fileno())
            content = file.read(_MAX_SIZE + 1)
    except OSError as error:
        raise _cannot("file-unreadable", Path(path), error) from None
    if stat.S_ISREG(state.st_mode) and state.st_mode & 0o077:
        warn(Message("readable-by-others", path=path))
    return _bounded(content, path)


def read_text(path: str, warn: Callable[[str], None]) -> str:
    """As read(), for UTF-8 text; surrounding white space is dropped."""
    try:
        return read(path, warn).decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise KodebrikError("file-not-text", ExitCode.BAD_INPUT, path=_named(path)) from None


def _bounded(content: bytes, name: str) -> bytes:
    if len(content) > _MAX_SIZE:
        raise KodebrikError("secret-file-large", ExitCode.BAD_INPUT, path=name)
    return content


def _named(path: str) -> str:
    return Message("standard-input-first") if path == "-" else path


def _exists(path: Path) -> KodebrikError:
    return KodebrikError("file-exists", ExitCode.FILE, path=path)


def _cannot(identifier: str, path: Path, error: OSError) -> KodebrikError:
    return KodebrikError(identifier, ExitCode.FILE, path=path, reason=reason(error))
