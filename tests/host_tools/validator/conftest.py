"""A validator on each database: SQLite always, PostgreSQL where there is one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.validator.service import Validator
from tests.support import postgres
from tests.support.validator.clock import VirtualClock
from tests.support.validator.compiled import compiled_statements  # noqa: F401 - a fixture
from tests.support.validator.database import MASTER, copy, create_tables, make_empty


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, or, where the test has a validator, alone or as a site, of one
    with all tables."""
    tables = not {"validator", "site"}.isdisjoint(request.fixturenames)
    if request.param == "sqlite":
        path = tmp_path / "validator.db"
        yield (
            copy(request.getfixturevalue("empty_database"), path) if tables else f"sqlite:///{path}"
        )
        return
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_tables") if tables else "template1"
    with postgres.database(server, template) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_tables(postgres_server: str) -> Iterator[str]:
    """The name of a PostgreSQL database with all tables, made once and copied for each test."""
    with postgres.database(postgres_server) as url:
        create_tables(url)
        yield url.rpartition("/")[2]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables, made once and copied for each test."""
    return make_empty(tmp_path_factory.mktemp("database") / "empty.db")


@pytest.fixture
def validator(database: str, clock: VirtualClock) -> Iterator[Validator]:
    with Validator(database, MASTER, clock) as opened:
        yield opened
