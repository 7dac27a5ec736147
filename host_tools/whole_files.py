"""Writes files that hold no secret so that a file is whole or, on any failure, as it was before."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from host_tools import private_files
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.system_errors import reason

_ANYBODY = 0o666  # mode of a new file, less the user's mask


def write(path: Path, content: bytes) -> None:
    """Write `content` to `path`, durably, in place of a file that is there, whose mode it keeps.
    KodebrikError when it cannot be written: then nothing has changed.

    It is written under another name in the same folder and moved; what a link points to is
    replaced, and not the link. A pipe or a device is written to as it is.
    """
    place = Path(os.path.realpath(path))
    try:
        before = place.stat().st_mode if place.exists() else None
        if before is not None and not stat.S_ISREG(before):
            place.write_bytes(content)
            return
        _replace(place, content, _ANYBODY & ~_mask() if before is None else stat.S_IMODE(before))
    except OSError as error:
        raise KodebrikError(
            "file-unwritable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None


def check_new(path: Path) -> None:
    """Raise KodebrikError when there is a file at `path`, or write() could not make one; for
    commands to call before long work. A pipe or a device may be there."""
    if path.exists() and not path.is_file() and not path.is_dir():
        return
    private_files.check_new(path)


def make_folder(path: Path) -> None:
    """Make a folder unless it is there; KodebrikError when that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KodebrikError(
            "file-unwritable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None


@contextmanager
def replacing(path: Path, mode: int) -> Iterator[Path]:
    """Give an empty file in the same folder; it takes the place of `path`, with that mode, when the
    block has ended well. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}-")
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(mode)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _replace(path: Path, content: bytes, mode: int) -> None:
    with replacing(path, mode) as part, part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _mask() -> int:
    """Give the mask of the user's new files, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
