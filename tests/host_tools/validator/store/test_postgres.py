"""The temporary PostgreSQL server that other tests use, and how the validator fills its pages."""

import psycopg
import pytest

from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.service import Validator
from tests.support.validator import bulk
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER


def test_each_test_has_an_empty_database_on_loopback_that_commits_durably(postgres_url: str):
    assert "@127.0.0.1:" in postgres_url
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        tables = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone()
        settings = [
            connection.execute(f"SHOW {name}").fetchone()
            for name in ("fsync", "synchronous_commit")
        ]
    assert tables == (0,)
    assert settings == [("on",), ("on",)]


def test_it_asks_for_its_password(postgres_url: str):
    wrong = postgres_url.replace("+psycopg", "").replace("kodebrik:", "kodebrik:x")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_a_check_writes_its_token_in_the_page_where_it_was(postgres_url: str):
    clock = VirtualClock()
    numbers = range(100)  # seven pages
    with (
        Validator(postgres_url, MASTER, clock) as validator,
        psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection,
    ):
        bulk.fill(validator, numbers.start, numbers.stop)
        before = _pages(connection)
        for number in numbers:
            code = bulk.credential(number).code(int(clock.now))
            (verdict,) = validator.check_many([CheckRequest(code, user_id=bulk.user_id(number))])
            assert verdict.accepted
        assert _pages(connection) == before


def _pages(connection: psycopg.Connection) -> dict[str, str]:
    """Give the number of the page of each token's row."""
    found = connection.execute("SELECT serial, ctid::text FROM tokens").fetchall()
    return {serial: place.split(",")[0] for serial, place in found}
