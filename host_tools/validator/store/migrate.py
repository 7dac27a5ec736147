"""Upgrade of a database's schema at every start, by one process at a time and in one
transaction."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text

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
    before, newest = _revision(connection), _newest(_SCRIPTS)
    if before != newest:
        _upgrade(connection)
    return Migration(before, newest)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _newest(scripts: Path) -> str:
    """Give the newest revision; each script's name begins with its own: v0001_first.py."""
    return max(path.name[1:5] for path in (scripts / "versions").glob("v*.py"))


def _upgrade(connection: Connection) -> None:
    # Alembic takes longer to import than all else that a start does to the database.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise KodebrikError("database-newer", ExitCode.VERSION) from None
