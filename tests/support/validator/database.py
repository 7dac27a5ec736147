"""A database with all tables of the validator, made once and copied for each test."""

import shutil
from pathlib import Path

from host_tools.secret import Secret
from host_tools.validator.keys.master_key import LocalKey
from host_tools.validator.service import Validator

MASTER = LocalKey(Secret(bytes(range(32))))


def make_empty(path: Path) -> Path:
    """Make an SQLite file with all tables and nothing in them."""
    with Validator(f"sqlite:///{path}", MASTER):
        pass
    return path


def copy(empty: Path, path: Path) -> str:
    """Copy it; give the URL of the copy."""
    shutil.copy(empty, path)
    return f"sqlite:///{path}"
