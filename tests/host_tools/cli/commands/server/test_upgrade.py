"""kodebrik upgrade: an older database gets the tables of this version."""

import shutil
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from host_tools.errors import ExitCode
from host_tools.validator.store import migrate

LATER = '''"""A later schema."""

from alembic import op
import sqlalchemy as sa

revision, down_revision = "9999", "{head}"


def upgrade():
    op.add_column("users", sa.Column("nickname", sa.Text))
'''


@pytest.fixture
def later(folder, tmp_path, monkeypatch):
    """A kodebrik whose schema is one revision later than the database's."""
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate._SCRIPTS, scripts)
    with folder.open() as validator:
        head = validator.migration.after
    (scripts / "versions" / "v9999_nickname.py").write_text(LATER.format(head=head))
    with monkeypatch.context() as changed:
        changed.setattr(migrate, "_SCRIPTS", Path(scripts))
        yield head


def columns(database):
    engine = create_engine(database)
    try:
        return {column["name"] for column in inspect(engine).get_columns("users")}
    finally:
        engine.dispose()


def test_an_older_database_is_upgraded_and_named(folder, later, call):
    assert "nickname" not in columns(folder.database)
    assert call("upgrade") == (0, {"before": later, "after": "9999"})
    assert "nickname" in columns(folder.database)
    assert call("upgrade") == (0, {"before": "9999", "after": "9999"})
    assert call("audit", "verify")[0] == 0


def test_a_database_of_a_newer_kodebrik_is_refused(folder, call):
    engine = create_engine(folder.database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    code, result = call("upgrade")
    assert (code, result["id"]) == (ExitCode.VERSION, "database-newer")


def test_the_name_of_the_newest_script_is_its_revision():
    config = Config()
    config.set_main_option("script_location", str(migrate._SCRIPTS))
    head = ScriptDirectory.from_config(config).get_current_head()
    assert migrate._newest(migrate._SCRIPTS) == head


def test_a_database_that_is_up_to_date_is_left_alone(folder, call):
    code, result = call("upgrade")
    assert code == 0
    assert result["before"] == result["after"]
