"""A validator on each database: SQLite always, PostgreSQL where there is one."""

from pathlib import Path

import pytest

from host_tools.secret import Secret
from host_tools.validator.master_key import LocalKey
from host_tools.validator.service import Validator
from tests.validator.enrolled import Clock

MASTER = LocalKey(Secret(bytes(range(32))))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'validator.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def validator(database: str, clock: Clock):
    with Validator(database, MASTER, clock) as opened:
        yield opened
