"""A database with all tables of the validator and no rows, made once and copied for each test."""

import shutil
from pathlib import Path

from host_tools.secret import Secret
from host_tools.validator.keys.master_key import LocalKey
from host_tools.validator.service import Validator

MASTER = LocalKey(Secret(bytes(range(32))))


def make_empty(path: Path) -> Path:
    """Make an SQLite file with all tables and no rows."""
    create_tables(f"sqlite:///{path}")
    return path


def create_tables(url: str) -> None:
    """Make all tables in an empty database."""
    with Validator(url, MASTER):
        pass


def copy(empty: Path, path: Path) -> str:
    """Copy the empty database file; give the copy's URL."""
    shutil.copy(empty, path)
    return f"sqlite:///{path}"
