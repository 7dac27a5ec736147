"""The commands on a validator's database: on SQLite, and on PostgreSQL where there is one."""

import pytest

from host_tools.validator.keys import master_key
from tests.support.validator.compiled import compiled_statements  # noqa: F401 - a fixture
from tests.support.validator.server import ServerFolder


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'validator.db'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def folder(tmp_path, database, monkeypatch):
    """A master key and a database, which the environment names."""
    made = ServerFolder(tmp_path, database)
    monkeypatch.setenv("KODEBRIK_DATABASE", database)
    monkeypatch.setenv(master_key.VARIABLE, made.key_file.read_text().strip())
    return made
