"""Where a token's records are, its label and its test passport: which files, in which folder of
which computer."""

import socket
from pathlib import Path


def label(folder: Path, serial: str) -> Path:
    """Give the path of a token's label."""
    return folder / f"{serial}.svg"


def passport(folder: Path, serial: str) -> Path:
    """Give the path of a token's test passport."""
    return folder / f"{serial}.passport.json"


def are_there(folder: Path, serial: str) -> bool:
    """Say whether a folder has both."""
    return is_written(label(folder, serial)) and is_written(passport(folder, serial))


def is_written(path: Path) -> bool:
    """Say whether a file is there and has something in it: one that a full disk or a copy that was
    broken off has left empty is as good as none."""
    return path.is_file() and path.stat().st_size > 0


def place(folder: Path) -> str:
    """Give what names a folder of this computer in the inventory."""
    return f"{socket.gethostname()}:{folder.absolute()}"


def folder_here(place: str) -> Path | None:
    """Give the folder that a place() names; None when that is another computer's."""
    computer, _, folder = place.partition(":")
    return Path(folder) if computer == socket.gethostname() else None
