"""A database of an earlier schema, with rows in every table: it is upgraded at the start, all of it
verifies, and lists, searches and counts know what was there before."""

import json
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from host_tools.validator.records import Status
from host_tools.validator.service import Validator
from host_tools.validator.store import migrate
from host_tools.validator.store.database import Database
from host_tools.validator.store.tables import metadata
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER

# What tests.support.validator.alteration.fill() wrote into a database of that revision.
_ROWS = Path(__file__).with_name("schema_0001.json")
_NOW = 1_800_000_120.0  # of that database


@pytest.fixture
def earlier(database: str) -> str:
    """Give a database of revision 0001."""
    rows = json.loads(_ROWS.read_text())
    opened, config = Database(database), Config()
    config.set_main_option("script_location", str(migrate._SCRIPTS))
    with opened.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for table in metadata.sorted_tables:
            for row in rows.get(table.name, ()):
                values = {name: _value(value) for name, value in row.items()}
                connection.execute(table.insert().values(values))
    opened.close()
    return database


def _value(value: object) -> object:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


def test_an_earlier_database_is_upgraded_with_all_that_is_in_it(earlier: str):
    for _ in range(2):  # the second start finds nothing to do
        with Validator(earlier, MASTER, VirtualClock(_NOW)) as validator:
            assert validator.migration.after == "0009"
            assert validator.verify_audit().broken == ()
            figures = validator.statistics()
            assert figures.tokens == dict.fromkeys(Status, 0) | {"assigned": 1, "active": 4}
            assert figures.users == 5
            assert [one.serial for one in validator.tokens(text="TTE-1").items] == ["ditte-1"]
            assert [one.user_id for one in validator.users(text="ente").items] == ["bente"]
    with Validator(earlier, MASTER, VirtualClock(_NOW)) as validator:
        validator.delete("ditte-1", actor="test")
        validator.delete_user("bente", actor="test")
        assert validator.verify_audit().broken == ()
        assert validator.tokens(text="ditte").items == ()
        assert validator.users(text="bente").items == ()
        assert validator.statistics().tokens["stock"] == 1


def test_both_databases_have_the_indexes_of_their_search(earlier: str):
    with Validator(earlier, MASTER):
        pass
    opened = Database(earlier)
    names = (
        "SELECT name FROM sqlite_master"
        if opened.is_sqlite
        else ("SELECT indexname FROM pg_indexes")
    )
    with opened.reading() as connection:
        found = set(connection.execute(text(names)).scalars())
    opened.close()
    wanted = (
        {"token_search", "user_search"}
        if opened.is_sqlite
        else {"ix_tokens_serial_search", "ix_users_normalized_id_search"}
    )
    assert wanted <= found
