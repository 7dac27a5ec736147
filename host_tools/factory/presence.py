"""Which ports have something plugged in, and whether it is still the same. A board's BOOTSEL drive
counts as a port, named by its folder.

A port that is a file is looked at without opening it, so that a token is left alone when it is
done. Of an RFC 2217 port only asking tells.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from host_tools.flashing import drives
from host_tools.link import ports

Identity: TypeAlias = tuple[object, ...]


def found_ports() -> list[str]:
    """List the ports that may be a token's."""
    return ports.candidates(ports.devices())


def found_drives() -> list[str]:
    """List the drives that the operating system has mounted."""
    return [str(drive.path) for drive in drives.mounted()]


def of(port: str) -> Identity | None:
    """Give what tells one plugging in at `port` from the next; None when nothing is there."""
    if "://" in port:
        return (port,)
    try:
        link, device = Path(port).lstat(), Path(port).stat()
    except OSError:
        return None
    if Path(port).is_dir():
        return None if drives.at(Path(port)) is None else (device.st_ino, device.st_dev)
    # An emulated token's port is a symbolic link that is made at each plugging in; a device file
    # is made anew by the system.
    made = (link.st_ino, link.st_ctime_ns) if Path(port).is_symlink() else ()
    return (*made, device.st_ino, device.st_rdev)


def is_file(port: str) -> bool:
    """Say whether of() can tell that what is at `port` has been pulled."""
    return "://" not in port


Find: TypeAlias = Callable[[], list[str]]
