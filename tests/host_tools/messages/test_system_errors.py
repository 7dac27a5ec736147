"""Why the system refused something: in English its own words, in Danish others."""

import os
import socket
import sqlite3
from pathlib import Path

import pytest

from host_tools.messages import system_errors
from host_tools.messages.catalogue import Message

KNOWN = system_errors._IDENTIFIERS


@pytest.mark.parametrize("number", [number for number in KNOWN if number > 0])
def test_english_is_the_system_s_own(number):
    said = system_errors.reason(OSError(number, os.strerror(number)))
    assert said == os.strerror(number)
    assert isinstance(said, Message)
    assert said.text("da") != said


def test_a_host_that_is_not_there():
    unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    said = system_errors.reason(unknown)
    assert said == unknown.strerror
    assert said.text("da") == "Navnet findes ikke"


def test_a_number_that_is_not_listed_keeps_the_system_s_words():
    assert system_errors.reason(OSError(71, "Protocol error")) == "Protocol error"


def test_what_sqlite_finds_wrong(tmp_path: Path):
    (tmp_path / "text").write_text("This is no database at all. " * 100)
    for path, danish in (("text", "er ikke en database"), ("none/db", "kan ikke åbnes")):
        with pytest.raises(sqlite3.Error) as failed:
            sqlite3.connect(tmp_path / path).execute("select * from sqlite_master").fetchall()
        said = system_errors.sqlite_reason(failed.value)
        assert said == str(failed.value)
        assert danish in said.text("da")
    with pytest.raises(sqlite3.Error) as failed:
        sqlite3.connect(":memory:").execute("select * from absent")
    assert system_errors.sqlite_reason(failed.value) == "no such table: absent"


def test_the_system_s_error_behind_a_library_s():
    try:
        try:
            raise ConnectionRefusedError(111, "Connection refused")
        except OSError as error:
            raise RuntimeError("the library's words") from error
    except RuntimeError as raised:
        said = system_errors.cause(raised)
    assert said == "Connection refused"
    assert said.text("da") == "Forbindelsen blev afvist"
    assert system_errors.cause(RuntimeError("no more is known")) == "no more is known"
