"""The temporary PostgreSQL server that other tests use."""

import psycopg
import pytest


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
