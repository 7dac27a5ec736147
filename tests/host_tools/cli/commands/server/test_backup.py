"""kodebrik backup and restore: a copy that was taken while the server ran goes back into
service."""

import itertools
import os
import shutil
import sqlite3
import stat
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from host_tools.errors import ExitCode
from host_tools.validator.keys import master_key
from tests.support import postgres
from tests.support.validator.clock import VirtualClock
from tests.support.validator.server import ServerFolder
from tests.support.validator.tokens import activated

USERS = [f"user-{number}" for number in range(30)]


@pytest.fixture
def empty(request, tmp_path, database):
    """The URL of an empty database of the same kind."""
    if database.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'other.db'}"
        return
    with postgres.database(request.getfixturevalue("postgres_server")) as url:
        yield url


def codes_accepted(server, holders):
    """Submit each holder's code of now; give for whom it was accepted."""
    with server.client() as client:
        answers = [
            client.post("/v1/checks", json={"serial": holder.serial, "code": holder.code()})
            for holder in holders
        ]
    return [
        holder.serial
        for holder, answer in zip(holders, answers, strict=True)
        if answer.json()["accepted"]
    ]


def test_a_backup_taken_while_the_server_runs_goes_back_into_service(
    folder, call, empty, tmp_path, monkeypatch
):
    clock = VirtualClock(time.time())
    with folder.open() as validator:
        holders = activated(validator, clock, *USERS)
    copy = tmp_path / "copy.backup"
    with folder.server() as server:
        busy, done = threading.Event(), threading.Event()

        def load():
            with server.client() as client:
                for number in itertools.count():
                    client.post(
                        "/v1/checks", json={"serial": holders[0].serial, "code": f"{number:06}"}
                    )
                    busy.set()
                    if done.is_set():
                        return

        thread = threading.Thread(target=load)
        thread.start()
        busy.wait()
        code, result = call("backup", str(copy))
        done.set()
        thread.join()
        assert code == 0, result
    assert result == {"file": str(copy), "bytes": copy.stat().st_size}
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    key = folder.key_file.read_text().strip()
    assert key.encode() not in copy.read_bytes()
    assert not any(holder.secret in copy.read_bytes() for holder in holders)
    monkeypatch.setenv("KODEBRIK_DATABASE", empty)
    assert call("restore", str(copy)) == (0, {"tokens": len(USERS), "former": None})
    assert call("audit", "verify")[0] == 0
    folder.database = empty
    with folder.server() as server:
        clock.now = time.time()
        assert codes_accepted(server, holders[1:]) == [holder.serial for holder in holders[1:]]
        clock.now = time.time()
    with folder.open() as validator:
        newest = [(entry.action, entry.detail) for entry in validator.audit(limit=1000).items]
    assert ("restore", {"file": "copy.backup"}) in newest


def test_a_master_key_that_does_not_open_the_backup_changes_nothing(
    folder, call, empty, tmp_path, monkeypatch
):
    copy = tmp_path / "copy.backup"
    assert call("backup", str(copy))[0] == 0
    monkeypatch.setenv("KODEBRIK_DATABASE", empty)
    monkeypatch.setenv(master_key.VARIABLE, "5e" * 32)
    code, result = call("restore", str(copy))
    assert (code, result["id"]) == (ExitCode.WRONG_KEY, "master-key-wrong")
    monkeypatch.setenv(master_key.VARIABLE, folder.key_file.read_text().strip())
    assert call("restore", str(copy))[0] == 0, "the place was still empty"
    assert not list(tmp_path.glob(".*.part*"))


def test_a_backup_never_overwrites(folder, call, tmp_path):
    copy = tmp_path / "copy.backup"
    copy.write_text("mine")
    code, result = call("backup", str(copy))
    assert (code, result["id"]) == (ExitCode.FILE, "file-exists")
    assert copy.read_text() == "mine"


def test_what_is_no_backup_is_said_so(folder, call, tmp_path, empty, monkeypatch):
    monkeypatch.setenv("KODEBRIK_DATABASE", empty)
    nothing = tmp_path / "notes.txt"
    nothing.write_text("a note")
    code, result = call("restore", str(nothing))
    assert (code, result["id"]) == (ExitCode.BAD_INPUT, "backup-of-something-else")
    code, result = call("restore", str(tmp_path / "none"))
    assert (code, result["id"]) == (ExitCode.FILE, "file-unreadable")


# SQLite


@pytest.fixture
def sqlite_folder(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'validator.db'}"
    monkeypatch.setenv("KODEBRIK_DATABASE", url)
    made = ServerFolder(tmp_path, url)
    monkeypatch.setenv(master_key.VARIABLE, made.key_file.read_text().strip())
    return made


def test_a_database_that_is_replaced_is_kept(sqlite_folder, call, tmp_path):
    copy = tmp_path / "copy.backup"
    assert call("backup", str(copy))[0] == 0
    with sqlite_folder.open() as validator:
        activated(validator, VirtualClock(), "anders")
    code, result = call("restore", str(copy))
    assert (code, result["id"]) == (ExitCode.FILE, "database-exists")
    code, result = call("restore", str(copy), "--replace")
    assert (code, result["tokens"]) == (0, 0)
    assert call("list")[1]["tokens"] == []
    former = Path(result["former"])
    assert stat.S_IMODE(former.stat().st_mode) == 0o600
    listed = call("list", "--database", f"sqlite:///{former}")[1]["tokens"]
    assert [row["serial"] for row in listed] == ["anders-1"]


def test_another_programs_file_is_not_replaced(sqlite_folder, call, tmp_path):
    copy, other, note = tmp_path / "copy.backup", tmp_path / "other.db", tmp_path / "note.txt"
    assert call("backup", str(copy))[0] == 0
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE addresses (name TEXT)")
    note.write_text("Not to be lost: " + "x" * 5000)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    for path, identifier in ((other, "database-foreign"), (note, "database-not-sqlite")):
        url = f"sqlite:///{path}"
        code, result = call("restore", str(copy), "--replace", "--database", url)
        assert (code, result["id"]) == (ExitCode.DATABASE, identifier)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()} == before
    (tmp_path / "empty.db").touch()
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    assert call("restore", str(copy), "--replace", "--database", url)[0] == 0


def test_a_database_that_a_server_has_open_is_not_replaced(sqlite_folder, call, tmp_path):
    copy = tmp_path / "copy.backup"
    assert call("backup", str(copy))[0] == 0
    with sqlite_folder.server() as server:
        code, result = call("restore", str(copy), "--replace")
        assert (code, result["id"]) == (ExitCode.BUSY, "database-in-use")
        with server.client() as client:
            assert client.get("/readyz").status_code == 200


def test_a_damaged_backup_is_not_restored(sqlite_folder, call, tmp_path):
    with sqlite_folder.open() as validator:
        activated(validator, VirtualClock(), *USERS)
    copy = tmp_path / "copy.backup"
    assert call("backup", str(copy))[0] == 0
    content = bytearray(copy.read_bytes())
    content[3 * 4096 : 5 * 4096] = bytes(8192)
    copy.write_bytes(content)
    code, result = call("restore", str(copy), "--replace")
    assert (code, result["id"]) == (ExitCode.BAD_INPUT, "backup-damaged")
    assert len(call("list")[1]["tokens"]) == len(USERS)


def test_a_copy_is_one_state_while_others_write(tmp_path, sqlite_folder):
    """SQLite starts a copy anew at each commit of another process, unless it reads in one
    transaction."""
    from host_tools.validator.backup import sqlite  # noqa: PLC0415

    path = Path(sqlite_folder.database.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("CREATE TABLE written (number INTEGER, filler BLOB)")
        writer.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
            " INSERT INTO written SELECT 0, zeroblob(4000) FROM n"
        )
        steps = []

        def commit(done, total):
            writer.execute("UPDATE written SET number = number + 1")
            steps.append(done)

        with sqlite.new_file(tmp_path / "copy") as part:
            sqlite.copy(path, part, commit)
    assert steps == sorted(steps), "it never began anew"
    assert len(steps) > 3
    with closing(sqlite3.connect(tmp_path / "copy")) as copied:
        assert copied.execute("SELECT DISTINCT number FROM written").fetchall() == [(0,)]


# PostgreSQL


@pytest.fixture
def postgres_folder(tmp_path, postgres_url, monkeypatch):
    monkeypatch.setenv("KODEBRIK_DATABASE", postgres_url)
    made = ServerFolder(tmp_path, postgres_url)
    monkeypatch.setenv(master_key.VARIABLE, made.key_file.read_text().strip())
    return made


def test_a_database_with_tables_is_not_restored_into(postgres_folder, call, tmp_path):
    copy = tmp_path / "copy.backup"
    assert call("backup", str(copy))[0] == 0
    code, result = call("restore", str(copy), "--replace")
    assert (code, result["id"]) == (ExitCode.CONFLICT, "database-not-empty")
    assert "createdb" in result["hint"]


def test_the_password_is_in_no_argument(postgres_folder, call, tmp_path, monkeypatch):
    seen = tmp_path / "seen"
    tools = tmp_path / "tools"
    tools.mkdir()
    script = tools / "pg_dump"
    real = shutil.which("pg_dump")
    script.write_text(f'#!/bin/sh\necho "$@" >> {seen}\nexec {real} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    code, result = call("backup", str(tmp_path / "copy.backup"))
    assert code == 0, result
    password = postgres_folder.database.partition("kodebrik:")[2].partition("@")[0]
    assert password
    assert seen.read_text()
    assert password not in seen.read_text()


def test_without_pg_dump_it_says_what_to_do(postgres_folder, call, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    code, result = call("backup", str(tmp_path / "copy.backup"))
    assert (code, result["id"]) == (ExitCode.NOT_INSTALLED, "postgresql-program-missing")
    assert "pg_dump --format=custom" in result["hint"]
    assert not (tmp_path / "copy.backup").exists()


def test_a_backup_of_the_other_kind_is_named(postgres_folder, call, tmp_path, monkeypatch):
    dump, file = tmp_path / "dump", tmp_path / "file"
    assert call("backup", str(dump))[0] == 0
    sqlite_url = f"sqlite:///{tmp_path / 'validator.db'}"
    with closing(sqlite3.connect(file)) as made:
        made.execute("CREATE TABLE written (number)")
    code, result = call("restore", str(file))
    assert (code, result["id"]) == (ExitCode.BAD_INPUT, "backup-of-sqlite")
    monkeypatch.setenv("KODEBRIK_DATABASE", sqlite_url)
    code, result = call("restore", str(dump))
    assert (code, result["id"]) == (ExitCode.BAD_INPUT, "backup-of-postgresql")


def test_a_failure_of_pg_dump_is_told_without_the_password(
    postgres_folder, call, tmp_path, monkeypatch
):
    url = postgres_folder.database
    tools = tmp_path / "tools"
    tools.mkdir()
    script = tools / "pg_dump"
    script.write_text(f'#!/bin/sh\nPGDATABASE=nowhere exec {shutil.which("pg_dump")} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    code, result = call("backup", str(tmp_path / "copy.backup"))
    assert (code, result["id"]) == (ExitCode.DATABASE, "postgresql-program-failed")
    assert "nowhere" in result["error"]
    assert url.partition("kodebrik:")[2].partition("@")[0] not in str(result)
    assert not list(tmp_path.glob("*copy*"))
    children = ["pgrep", "--parent", str(os.getpid()), "pg_dump"]
    assert subprocess.run(children, check=False, capture_output=True).stdout == b""
