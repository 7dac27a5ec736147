"""A database file that is moved, deleted or replaced while a validator has it open: nothing is
accepted any more, and the cause is told in words."""

import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from host_tools.validator.errors import UnavailableError
from host_tools.validator.http.settings import Settings
from host_tools.validator.records import Role
from host_tools.validator.rest.health import Readiness
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from host_tools.validator.store.database import Database, large_cache
from tests.support.validator.application import ApiClient
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER, make_empty
from tests.support.validator.tokens import EnrolledToken, activated

GONE = "database-file-gone"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "validator.db"


@pytest.fixture
def opened(file: Path, clock: VirtualClock) -> Iterator[Validator]:
    with Validator(f"sqlite:///{file}", MASTER, clock) as validator:
        yield validator


@pytest.fixture
def anders(opened: Validator, clock: VirtualClock) -> EnrolledToken:
    return activated(opened, clock, "anders")[0]


def _log(file: Path) -> Path:
    return file.with_name(file.name + "-wal")


def _move(file: Path) -> None:
    file.rename(file.with_name("moved"))
    _log(file).unlink()


def _replace(file: Path) -> None:
    copy = file.with_name("copy")
    shutil.copy(file, copy)
    copy.replace(file)


def _remove_log(file: Path) -> None:
    _log(file).unlink()


def _replace_log(file: Path) -> None:
    copy = file.with_name("copy")
    shutil.copy(_log(file), copy)
    copy.replace(_log(file))


@pytest.mark.parametrize("happens", [_move, Path.unlink, _replace, _remove_log, _replace_log])
def test_a_server_whose_file_is_gone_is_not_ready_refuses_checks_and_says_why(
    opened: Validator,
    anders: EnrolledToken,
    file: Path,
    happens: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    _, key = opened.create_api_key("checker", Role.CHECKER, actor="test")
    app = create_app(opened, Settings())
    seconds = VirtualClock()
    app.state.readiness = Readiness(opened, seconds)
    client = ApiClient(TestClient(app), key.reveal().decode())
    assert client.get("/readyz").status_code == 200
    happens(file)
    seconds.advance(1)
    with caplog.at_level(logging.ERROR):
        ready = client.get("/readyz")
        check = client.post("/v1/checks", json={"user_id": "anders", "code": anders.code()})
    assert (ready.status_code, ready.json()["id"]) == (503, GONE)
    assert str(file) in ready.json()["error"]
    assert (check.status_code, check.json()["id"]) == (503, GONE)
    assert "was moved, deleted or replaced" in caplog.text


def test_a_file_that_goes_while_a_check_is_written_makes_it_refused(
    opened: Validator, anders: EnrolledToken, file: Path
) -> None:
    with pytest.raises(UnavailableError) as refused, opened._database.writing():
        _move(file)
    assert refused.value.identifier == GONE


def test_a_file_that_was_put_back_is_used_again(
    opened: Validator, anders: EnrolledToken, file: Path
) -> None:
    aside = file.with_name("aside")
    file.rename(aside)
    asked = CheckRequest(anders.code(), user_id="anders")
    with pytest.raises(UnavailableError):
        opened.check_many([asked])
    aside.rename(file)
    assert opened.check_many([asked])[0].accepted, "no code was used up"


def test_a_log_that_the_last_connection_removed_is_not_missed(
    opened: Validator, anders: EnrolledToken, file: Path
) -> None:
    opened._database.engine.dispose()
    assert not _log(file).exists()
    assert opened.check_many([CheckRequest(anders.code(), user_id="anders")])[0].accepted


def test_an_interrupt_in_a_statement_of_an_import_stays_one(file: Path) -> None:
    database = Database(f"sqlite:///{make_empty(file)}")

    def interrupted() -> None:
        with database.reading() as connection, large_cache(connection):
            connection.invalidate()  # what SQLAlchemy does when Ctrl-C comes in a statement
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    database.close()
