"""Finds the drives of boards in BOOTSEL mode, and copies a file to one.

Such a drive has INFO_UF2.TXT, whose Board-ID says which microcontroller it is (RP2040 data sheet,
2.8.4; RP2350 data sheet, 5.5). It vanishes as soon as the board has all blocks.
"""

import contextlib
import errno
import os
from dataclasses import dataclass
from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra
from host_tools.messages.system_errors import reason
from host_tools.progress import Progress

INFO = "INFO_UF2.TXT"
NAME = "KODEBRIK.UF2"
_MCUS = {"RPI-RP2": "RP2040", "RP2350": "RP2350"}
_CHUNK = 128 * 1024  # bytes between two reports of progress
_NO_DEVICE = {errno.EIO, errno.ENODEV, errno.ENXIO}  # the folder may still be read from memory
_NO_FOLDER = {errno.ENOENT, errno.ENOTCONN, errno.ENOTDIR, errno.EBADF}
_FORBIDDEN = {errno.EACCES, errno.EPERM}
_LARGEST_INFO = 4096  # bytes; the boot ROMs' have a hundred


@dataclass(frozen=True)
class Drive:
    """A board's drive, with what its INFO_UF2.TXT says."""

    path: Path
    model: str
    board_id: str

    @property
    def mcu(self) -> str | None:
        """The microcontroller as the board files name it, None for another maker's boot loader."""
        return _MCUS.get(self.board_id)


def at(path: Path) -> Drive | None:
    """Give the drive whose folder is `path`, None when it is no board's."""
    try:
        with (path / INFO).open("rb") as file:
            text = file.read(_LARGEST_INFO).decode("ascii", "replace")
    except OSError:
        return None
    pairs = (line.partition(":") for line in text.splitlines())
    said = {name.strip(): value.strip() for name, _, value in pairs}
    if "Board-ID" not in said:
        return None
    return Drive(path, said.get("Model", ""), said["Board-ID"])


def mounted() -> list[Drive]:
    """List the boards' drives that the operating system has mounted, by path."""
    with from_extra("not-installed-flash"):
        import psutil  # noqa: PLC0415 - an extra

    places = sorted({Path(partition.mountpoint) for partition in psutil.disk_partitions()})
    return [drive for drive in map(at, places) if drive is not None]


def check(drive: Drive, board: str, mcu: str) -> None:
    """Raise KodebrikError unless the drive is one of a board with the microcontroller `mcu`."""
    if drive.mcu != mcu:
        raise KodebrikError(
            "flash-drive-other",
            ExitCode.CONFLICT,
            path=drive.path,
            found=drive.mcu or drive.board_id,
            board=board,
            mcu=mcu,
        )


def check_erasable(drive: Drive, granted: bool) -> None:
    """Raise KodebrikError unless it was granted that whatever the board holds is erased: its drive
    does not show whether secrets are among it."""
    if not granted:
        raise KodebrikError("flash-drive-may-hold-secrets", ExitCode.CONFLICT, path=drive.path)


def copy(data: bytes, drive: Drive, report: Progress) -> None:
    """Copy a UF2 file to the drive.

    A board restarts at the last block, often before the operating system has its answer: a drive
    that is gone then has perhaps, but not surely, taken everything, and only the token's hello
    tells. KodebrikError when the drive is full, read-only, not the user's, or pulled before all was
    sent.
    """
    target = drive.path / NAME
    sent = 0
    try:
        with target.open("wb", buffering=0) as file:
            while sent < len(data):
                sent += file.write(data[sent : sent + _CHUNK])
                os.fsync(file.fileno())
                report(sent, len(data))
    except OSError as error:
        if sent == len(data) and _is_gone(error, drive):
            return
        with contextlib.suppress(OSError):
            target.unlink()
        raise _failure(error, drive) from None
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):
            target.unlink()
        raise


def _is_gone(error: OSError, drive: Drive) -> bool:
    return error.errno in _NO_DEVICE or (error.errno in _NO_FOLDER and at(drive.path) is None)


def _failure(error: OSError, drive: Drive) -> KodebrikError:
    """Give the error for a drive that did not take the file."""
    if error.errno == errno.ENOSPC:
        return KodebrikError("flash-drive-full", ExitCode.FILE, path=drive.path)
    if error.errno == errno.EROFS:
        return KodebrikError("flash-drive-read-only", ExitCode.FILE, path=drive.path)
    if error.errno in _FORBIDDEN:
        return KodebrikError("flash-drive-forbidden", ExitCode.PERMISSION, path=drive.path)
    if _is_gone(error, drive):
        return KodebrikError("flash-drive-pulled", ExitCode.UNPLUGGED, path=drive.path)
    return KodebrikError(
        "file-unwritable", ExitCode.FILE, path=drive.path / NAME, reason=reason(error)
    )
