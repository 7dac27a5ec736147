"""A validator on each database: SQLite always, PostgreSQL where there is one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.validator.service import Validator
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER, copy, make_empty


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'validator.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables, made once and copied for each test."""
    return make_empty(tmp_path_factory.mktemp("database") / "empty.db")


@pytest.fixture
def validator(database: str, clock: VirtualClock, empty_database: Path) -> Iterator[Validator]:
    if database.startswith("sqlite:///"):
        copy(empty_database, Path(database.removeprefix("sqlite:///")))
    with Validator(database, MASTER, clock) as opened:
        yield opened
