"""Upgrade of a database's schema at every start, by one process at a time and in one
transaction."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from host_tools.errors import ExitCode, KodebrikError

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 0x6B6F6465  # any number, the same for every process: "kode"


@dataclass(frozen=True)
class Migration:
    """The revisions of the schema before and after an upgrade; `before` is None for a database that
    was new."""

    before: str | None
    after: str


def migrate(connection: Connection) -> Migration:
    """Bring the tables up to date; `connection` is inside a writing transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    before, newest = (
        MigrationContext.configure(connection).get_current_revision(),
        _newest(_SCRIPTS),
    )
    if before != newest:
        config = _config(_SCRIPTS)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError:
            raise KodebrikError("database-newer", ExitCode.VERSION) from None
    return Migration(before, newest)


@cache
def _newest(scripts: Path) -> str:
    """Give the newest revision; its scripts are read once in a process."""
    return str(ScriptDirectory.from_config(_config(scripts)).get_current_head())


def _config(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config
