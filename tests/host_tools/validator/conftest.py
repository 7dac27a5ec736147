"""A validator on each database: SQLite always, PostgreSQL where there is one."""

import shutil
from pathlib import Path

import pytest

from host_tools.secret import Secret
from host_tools.validator.keys.master_key import LocalKey
from host_tools.validator.service import Validator
from tests.host_tools.validator.enrolled import Clock

MASTER = LocalKey(Secret(bytes(range(32))))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'validator.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables, made once and copied for each test."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    with Validator(f"sqlite:///{path}", MASTER):
        pass
    return path


@pytest.fixture
def validator(database: str, clock: Clock, empty_database: Path):
    if database.startswith("sqlite:///"):
        shutil.copy(empty_database, database.removeprefix("sqlite:///"))
    with Validator(database, MASTER, clock) as opened:
        yield opened
