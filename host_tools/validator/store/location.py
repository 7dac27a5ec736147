"""Where a database is: the file of SQLite, or PostgreSQL's connection parameters for its own
programs."""

from pathlib import Path

from sqlalchemy import URL
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from host_tools.errors import ExitCode, KodebrikError


def sqlite_file(url: str) -> Path | None:
    """Give the file of an SQLite database; None for another kind of database."""
    parsed = _parsed(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def libpq_environment(url: str) -> dict[str, str]:
    """Give the variables in which PostgreSQL's programs look for the connection (PostgreSQL
    documentation, section "Environment Variables"), so that no password is in an argument list."""
    from psycopg.pq import Conninfo  # noqa: PLC0415 - an extra

    parsed = _parsed(url)
    given = parsed.translate_connect_args(username="user", database="dbname") | parsed.query
    variables = {
        option.keyword.decode(): option.envvar.decode()
        for option in Conninfo.get_defaults()
        if option.envvar is not None
    }
    return {variables[name]: str(value) for name, value in given.items() if name in variables}


def database_name(url: str) -> str:
    """Give the name of a PostgreSQL database."""
    return _parsed(url).database or ""


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # their texts may quote the URL with its password
        raise KodebrikError("database-url-invalid", ExitCode.USAGE) from None
