"""Commands given a database that is not a validator's, or an empty one: another program's stays as
it is, an empty one stays empty unless the command is one that makes databases, and that is said."""

import json
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import create_engine, inspect, text

from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.validator.keys import master_key
from tests.support.validator.server import ServerFolder

READERS = [
    ("list",),
    ("audit", "verify"),
    ("audit", "anchor"),
    ("letter", "1", "{tmp}/letter.txt"),
    ("assign", "1", "anna"),
    ("unassign", "1"),
    ("activate", "1"),
    ("upgrade",),
    ("backup", "{tmp}/backup"),
    ("server", "rotate-key"),
    ("server", "change-master-key", "--to", "{tmp}/other.key"),
    ("server", "api-key", "boss", "--revoke"),
]
MAKERS = [("server", "--port", "0"), ("server", "api-key", "boss")]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path, monkeypatch):
    """The URL of a database without tables, which the environment names."""
    path = tmp_path / "typo.db"
    url = f"sqlite:///{path}"
    if request.param == "sqlite":
        path.touch()
    else:
        url = request.getfixturevalue("postgres_url")
    monkeypatch.setenv("KODEBRIK_DATABASE", url)
    monkeypatch.setenv(master_key.VARIABLE, "5e" * 32)
    return url


@pytest.fixture
def foreign(empty):
    """The URL of another program's database."""
    engine = create_engine(empty)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE addresses (name TEXT)"))
        connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
    engine.dispose()
    return empty


def tables(url):
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def made_of(command, tmp_path):
    return [word.format(tmp=tmp_path) for word in command]


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_an_empty_database_is_said_to_be_empty_and_stays_so(call, tmp_path, empty, command):
    code, said = call(*made_of(command, tmp_path))
    assert (code, said["id"]) == (ExitCode.DATABASE, "database-empty")
    assert tables(empty) == set()
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("command", READERS + MAKERS, ids=" ".join)
def test_another_programs_database_is_refused_and_stays_as_it_is(call, tmp_path, foreign, command):
    code, said = call(*made_of(command, tmp_path))
    assert (code, said["id"]) == (ExitCode.DATABASE, "database-foreign")
    assert tables(foreign) == {"addresses", "alembic_version"}
    assert not (tmp_path / "backup").exists()
    if foreign.startswith("sqlite"):
        with closing(sqlite3.connect(tmp_path / "typo.db")) as opened:
            assert opened.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_a_missing_database_is_not_made_and_no_key_either(call, tmp_path, monkeypatch, command):
    monkeypatch.delenv(master_key.VARIABLE, raising=False)
    monkeypatch.setenv("KODEBRIK_DATABASE", f"sqlite:///{tmp_path / 'typo.db'}")
    code, said = call(*made_of(command, tmp_path))
    assert (code, said["id"]) == (ExitCode.FILE, "database-missing")
    assert not list(tmp_path.rglob("*.db")) + list(tmp_path.rglob("*.key"))


def test_another_programs_database_gets_no_key_made_for_it(call, tmp_path, foreign, monkeypatch):
    monkeypatch.delenv(master_key.VARIABLE)
    code, said = call("server", "api-key", "boss")
    assert (code, said["id"]) == (ExitCode.DATABASE, "database-foreign")
    assert not list(tmp_path.rglob("*.key"))


@pytest.mark.parametrize("key_is_there", [True, False])
def test_whoever_makes_a_new_database_is_told_so_once(capsys, empty, monkeypatch, key_is_there):
    if not key_is_there:
        monkeypatch.delenv(master_key.VARIABLE)
    for new in (True, False):
        capsys.readouterr()
        assert main(["server", "api-key", f"boss {new}", "--json"]) == 0
        told = capsys.readouterr().err
        assert told.count("There was no database yet") == new
        assert (empty.rpartition("/")[2] in told) is new
        assert "@" not in told, "no user and password of the URL"


@pytest.mark.parametrize("command", [("list",), ("server", "--port", "0")], ids=" ".join)
def test_a_file_that_is_no_database_is_said_to_be_none(call, tmp_path, monkeypatch, command):
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, " * 50)
    monkeypatch.setenv("KODEBRIK_DATABASE", f"sqlite:///{path}")
    monkeypatch.setenv(master_key.VARIABLE, "5e" * 32)
    before = path.read_bytes()
    code, said = call(*command)
    assert (code, said["id"]) == (ExitCode.DATABASE, "database-not-sqlite")
    assert path.read_bytes() == before


def test_a_backup_with_the_wrong_master_key_is_refused(folder, call, tmp_path, monkeypatch):
    monkeypatch.setenv(master_key.VARIABLE, "77" * 32)
    code, said = call("backup", str(tmp_path / "copy"))
    assert (code, said["id"]) == (ExitCode.WRONG_KEY, "master-key-wrong")
    assert not (tmp_path / "copy").exists()


def test_a_backup_without_any_master_key_says_that_none_was_tried(
    folder, capsys, tmp_path, monkeypatch
):
    monkeypatch.delenv(master_key.VARIABLE)
    capsys.readouterr()
    assert main(["backup", str(tmp_path / "copy"), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["bytes"] > 0
    assert "nobody has tried whether yours opens" in said.err


def test_another_programs_database_is_no_backup(call, tmp_path, monkeypatch):
    source = tmp_path / "other.db"
    with closing(sqlite3.connect(source)) as opened:
        opened.execute("CREATE TABLE addresses (name TEXT)")
    monkeypatch.setenv("KODEBRIK_DATABASE", f"sqlite:///{tmp_path / 'validator.db'}")
    monkeypatch.setenv(master_key.VARIABLE, "5e" * 32)
    code, said = call("restore", str(source))
    assert (code, said["id"]) == (ExitCode.BAD_INPUT, "backup-of-something-else")
    assert str(source) in said["error"]
    assert not list(tmp_path.glob("*validator.db*"))


def test_a_file_beside_which_sqlite_cannot_write_names_the_folder(call, tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'validator.db'}"
    monkeypatch.setenv("KODEBRIK_DATABASE", url)
    monkeypatch.setenv(master_key.VARIABLE, "5e" * 32)
    ServerFolder(tmp_path, url)
    (tmp_path / "validator.db-wal").mkdir()  # as in a folder that takes no files
    code, said = call("backup", str(tmp_path / "copy"))
    assert (code, said["id"]) == (ExitCode.DATABASE, "database-file-refused")
    assert str(tmp_path / "validator.db") in said["error"]
    assert "folder" in said["hint"]
