"""Readiness: the master key, a write that leaves no trace, a full disk, a clock that is behind."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event, text

from host_tools.validator.http.settings import Settings
from host_tools.validator.records import Role
from host_tools.validator.rest.health import Readiness
from host_tools.validator.rule.verdict import CheckRequest, Reason
from host_tools.validator.server import processes
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from tests.support.validator.application import ApiClient
from tests.support.validator.clock import VirtualClock
from tests.support.validator.site import signed_in
from tests.support.validator.tokens import activated

FULL = {"error": "The disk of the database is full.", "id": "database-full"}


class Served:
    """A validator's application, whose readiness counts its seconds by a virtual clock."""

    def __init__(self, validator: Validator) -> None:
        self.validator, self.seconds = validator, VirtualClock()
        app = create_app(validator, Settings())
        app.state.readiness = Readiness(validator, self.seconds)
        self.client = TestClient(app, follow_redirects=False)
        _, key = validator.create_api_key("checker", Role.CHECKER, actor="test")
        self.checker = ApiClient(self.client, key.reveal().decode())

    def ready(self) -> tuple[int, dict[str, str]]:
        """Ask, a second after the last time."""
        self.seconds.advance(1)
        answer = self.client.get("/readyz")
        return answer.status_code, answer.json()


@pytest.fixture
def served(validator: Validator) -> Served:
    return Served(validator)


@contextmanager
def statements(validator: Validator) -> Iterator[list[str]]:
    """Collect the statements that are executed."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(validator._database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(validator._database.engine, "before_cursor_execute", note)


def state(validator: Validator) -> list[object]:
    """Give everything that is sealed or chained."""
    with validator._database.reading() as connection:
        return [
            connection.execute(text(f"SELECT * FROM {table}")).all()
            for table in ("audit_root", "chains", "audit", "tokens", "users", "api_keys")
        ]


def test_readiness_writes_and_changes_neither_rows_nor_audit(served: Served) -> None:
    assert served.ready()[0] == 200
    before = state(served.validator)
    with statements(served.validator) as seen:
        assert served.ready() == (200, {"status": "ok"})
    assert state(served.validator) == before
    assert any(statement.startswith("INSERT INTO write_probes") for statement in seen)
    assert served.validator.verify_audit().broken == ()
    with served.validator._database.reading() as connection:
        left = connection.execute(text("SELECT COUNT(*) FROM write_probes")).scalar_one()
    assert left == 1, "the database does not grow with the probes"


def test_whoever_asks_often_makes_the_disk_write_once_a_second(served: Served) -> None:
    served.ready()
    with statements(served.validator) as seen:
        assert {served.client.get("/readyz").status_code for _ in range(20)} == {200}
    assert seen == []


@contextmanager
def full(validator: Validator) -> Iterator[None]:
    """Let the database have no more room: on SQLite by its limit of pages, on PostgreSQL by the
    error that it gives when a file cannot grow."""
    database = validator._database
    if not database.is_sqlite:
        raising = "RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'no space left'"
        with database.writing() as connection:
            connection.execute(
                text(
                    "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
                    f" $$ BEGIN {raising}; END $$"
                )
            )
            for table in ("write_probes", "audit"):
                connection.execute(
                    text(
                        f"CREATE TRIGGER full_disk BEFORE INSERT ON {table}"
                        " EXECUTE FUNCTION full_disk()"
                    )
                )
        yield
        with database.writing() as connection:
            connection.execute(text("DROP FUNCTION full_disk CASCADE"))
        return
    limit = 1  # less than there are: SQLite then takes their number

    def bound(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {limit}")

    event.listen(database.engine, "begin", bound)
    yield
    limit = 1_000_000
    validator.probe()
    event.remove(database.engine, "begin", bound)


def test_a_full_disk_is_logged_in_words_and_makes_the_server_unready_until_there_is_room(
    served: Served, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    (anders,) = activated(served.validator, clock, "anders")
    code = anders.code()
    served.ready()
    with caplog.at_level(logging.WARNING), full(served.validator):
        for _ in range(3):
            status, said = served.ready()
            assert (status, said["error"], said["id"]) == (503, *FULL.values())
        refused = 0
        while refused < 3:  # until the pages are used up that the probe has given back
            answer = served.checker.post("/v1/checks", json={"user_id": "bo", "code": "1" * 6})
            refused += answer.status_code == 503
    told = [record for record in caplog.records if record.name.startswith("kodebrik")]
    assert [record.getMessage().split(" Make room")[0] for record in told] == [
        f"database-full: {FULL['error']}"
    ]
    assert told[0].exc_info is None
    assert served.ready()[0] == 200
    check = {"user_id": "anders", "code": code}
    assert served.checker.post("/v1/checks", json=check).json()["accepted"]
    assert served.validator.verify_audit().broken == ()


def test_a_clock_behind_is_warned_of_at_the_start_and_on_the_overview(
    served: Served, clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    _, key = served.validator.create_api_key("boss", Role.ADMINISTRATOR, actor="test")
    signed_in(served.client, key.reveal().decode())
    warning = "clock is 3600 s behind"
    for set_back, told in ((5, False), (3595, True)):
        clock.advance(-set_back)
        caplog.clear()
        processes._warn_of_clock(served.validator)
        assert ("3600 s behind" in caplog.text) is told
        page = served.client.get("/admin", headers={"Accept-Language": "en"}).text
        assert (warning in page) is told


def test_a_clock_that_is_put_back_locks_nobody_out(
    validator: Validator, clock: VirtualClock
) -> None:
    anders, bente = activated(validator, clock, "anders", "bente")
    clock.advance(365 * 86400)

    def reason(user: str, code: str) -> Reason:
        return validator.check_many([CheckRequest(code, user_id=user)])[0].reason

    assert reason("anders", anders.code()) is Reason.ACCEPTED
    assert [reason("bente", "000000") for _ in range(4)][-1] is Reason.LOCKED_OUT
    clock.advance(-365 * 86400)
    # The lock of a minute does not last for a year.
    assert reason("bente", bente.code()) is Reason.ACCEPTED
    # Nothing can be accepted before the time of the last acceptance, so nothing is a guess, and the
    # token's own codes, which are right, lock nobody out.
    year = 365 * 86400 // 30
    given = {reason("anders", anders.code(year + step)) for step in range(150)}
    assert given == {Reason.WRONG}
    assert reason("anders", anders.code()) is Reason.REPLAY
    assert validator.token(anders.serial).failures == 0
    clock.advance(365 * 86400 + 60)
    assert reason("anders", anders.code()) is Reason.ACCEPTED
