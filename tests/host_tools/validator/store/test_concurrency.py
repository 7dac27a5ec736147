"""The same code submitted many times at once, through one or more workers: one is accepted. Which
of the open connections a transaction gets."""

import asyncio
import contextlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text

from host_tools.validator.errors import UnavailableError
from host_tools.validator.rule.verdict import CheckRequest, Reason
from host_tools.validator.service import Validator
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.database import Database
from host_tools.validator.store.unit_of_work import StaleError, UnitOfWork
from tests.host_tools.validator.store import concurrent_checks
from tests.support.racing import raced
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER
from tests.support.validator.tokens import EnrolledToken, activated

ROUNDS = 40  # each is a race of its own
AT_ONCE = 52  # in all; a multiple of the workers


@pytest.mark.parametrize(
    ("database", "workers"),
    [("sqlite", 1), ("sqlite", 4), ("postgresql", 4)],
    indirect=["database"],
)
def test_a_code_submitted_50_times_at_once_is_accepted_once(
    database: str, clock: VirtualClock, workers: int
):
    with Validator(database, MASTER, clock) as validator:
        (anders,) = activated(validator, clock, "anders")
        rounds = []
        for _ in range(ROUNDS):
            clock.now += 30
            rounds.append((clock.now, anders.code()))
        arguments = (database, rounds, AT_ONCE // workers)
        told = raced(concurrent_checks.work, workers, ROUNDS, *arguments)
        assert list(told.values()) == [{Reason.ACCEPTED: 1, Reason.REPLAY: AT_ONCE - 1}] * ROUNDS
        assert validator.verify_audit().broken == ()
        assert validator.audit(serial=anders.serial).total == 3 + ROUNDS * AT_ONCE


def test_an_event_loop_gets_every_answer(validator: Validator, clock: VirtualClock):
    holders = activated(validator, clock, *(f"user-{n}" for n in range(30)))

    async def everybody() -> list[Reason]:
        asked = [CheckRequest(holder.code(), user_id=holder.user_id) for holder in holders * 2]
        return [verdict.reason for verdict in await asyncio.gather(*map(validator.check, asked))]

    assert Counter(asyncio.run(everybody())) == {Reason.ACCEPTED: 30, Reason.REPLAY: 30}


def test_queued_checks_are_answered_at_shutdown(database: str, clock: VirtualClock):
    with Validator(database, MASTER, clock) as validator:
        holders = activated(validator, clock, *(f"user-{n}" for n in range(50)))
        asked = [
            validator.submit(CheckRequest(holder.code(), user_id=holder.user_id))
            for holder in holders
        ]
    assert all(future.result().accepted for future in asked)


def test_a_check_that_comes_while_the_validator_closes_is_refused(
    database: str, clock: VirtualClock
):
    async def late(validator: Validator) -> None:
        asked = asyncio.create_task(validator.check(CheckRequest("000000", user_id="anders")))
        await asyncio.sleep(0)
        validator.close()
        with pytest.raises(UnavailableError):
            await asked

    with Validator(database, MASTER, clock) as validator:
        asyncio.run(late(validator))


def test_a_check_that_fails_does_not_affect_others_of_its_batch(
    validator: Validator, clock: VirtualClock
):
    (anders,) = activated(validator, clock, "anders")
    asked = [
        CheckRequest("000000"),
        CheckRequest(anders.code(), user_id="anders"),
    ]  # the first names nobody
    bad, good = [validator.submit(request) for request in asked]
    assert good.result().accepted
    with pytest.raises(ValueError, match="either a user or a token"):
        bad.result()


def test_the_update_itself_refuses_a_row_that_was_written_since_it_was_read(
    validator: Validator, clock: VirtualClock, database: str
):
    (anders,) = activated(validator, clock, "anders")
    opened = Database(database)

    def too_late() -> None:
        with opened.writing() as connection:
            unit = UnitOfWork(connection, DataKeys(MASTER), clock(), "test")
            token = unit.lock_token(anders.serial)
            # as another worker would
            connection.execute(text("UPDATE tokens SET audit_sequence = audit_sequence + 1"))
            token.last_step = 60_000_000
            unit.record(token, "check", {})
            unit.flush()

    with pytest.raises(StaleError):
        too_late()
    opened.close()
    assert validator.token(anders.serial).last_step == -1
    assert validator.verify_audit().broken == ()


def test_key_rotations_imports_and_checks_at_once_leave_every_row_sealed_and_counted(
    database: str, clock: VirtualClock
):
    """Four workers, each with a root that others have written meanwhile, while the data key is
    rotated: whoever has read under the former key begins anew."""
    with contextlib.ExitStack() as opened:
        workers = [opened.enter_context(Validator(database, MASTER, clock)) for _ in range(4)]
        holders = activated(workers[0], clock, *(f"user-{n}" for n in range(16)))
        clock.now += 60

        def check(number: int) -> bool:
            asked = CheckRequest(holders[number].code(), user_id=holders[number].user_id)
            return workers[number % 4].check_many([asked])[0].accepted

        def bring(number: int) -> None:
            new = EnrolledToken(f"new-{number}", f"user-new-{number}", clock)
            workers[number % 4].import_tokens(
                [new.new()], users={new.serial: new.user_id}, actor="x"
            )

        with ThreadPoolExecutor(8) as threads:
            rotated = [threads.submit(workers[n].rotate_key, actor="x") for n in range(2)]
            brought = [threads.submit(bring, n) for n in range(12)]
            checked = list(threads.map(check, range(16)))
            for future in (*rotated, *brought):
                future.result()
        assert checked == [True] * 16
        assert workers[0].verify_audit().broken == ()
        assert workers[3].tokens().total == 28
        for number in range(12):
            assert workers[1].activate_by_administrator(f"new-{number}", actor="x")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_import_that_begins_before_a_key_rotation_commits_is_sealed_with_the_new_key(
    database: str, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
):
    """SQLite lets one write after the other. On PostgreSQL the rotation commits between the first
    statement of the import and its commit."""
    with (
        Validator(database, MASTER, clock) as importing,
        Validator(database, MASTER, clock) as other,
    ):
        new = EnrolledToken("late-1", "late-user", clock)
        written: list[int] = []
        insert_tokens = UnitOfWork.insert_tokens

        def insert_then_rotate(unit: UnitOfWork, *rows) -> None:
            insert_tokens(unit, *rows)
            written.append(unit.key.id)
            if len(written) == 1:
                other.rotate_key(actor="test")

        monkeypatch.setattr(UnitOfWork, "insert_tokens", insert_then_rotate)
        users = {new.serial: new.user_id}
        importing.import_tokens([new.new()], users=users, activate=True, actor="test")
        assert written == [1, 2], "it was begun anew"
        for validator in (importing, other):
            clock.now += 60
            asked = CheckRequest(new.code(), user_id=new.user_id)
            assert validator.check_many([asked])[0].accepted
        assert other.verify_audit().broken == ()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_connections_that_the_server_has_closed_are_not_noticed(database: str, clock: VirtualClock):
    """As after a restart of PostgreSQL: connections are not asked before each use whether they
    live."""
    with Validator(database, MASTER, clock) as validator:
        (anders,) = activated(validator, clock, "anders")
        for use in (
            lambda: validator.check_many([CheckRequest(anders.code(), user_id="anders")])[0],
            lambda: validator.token(anders.serial),
        ):
            with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as connection:
                closed = connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid != pg_backend_pid()"
                ).fetchall()
            assert (True,) in closed
            assert use()
        assert validator.token(anders.serial).last_step > 0


def test_who_writes_gets_the_connection_that_wrote_last(database: str) -> None:
    """The other ones have no valid pages in memory any more (SQLite)."""
    opened = Database(database)
    with opened.reading(), opened.reading():
        pass  # two are open from now on
    used = set()
    for _ in range(4):
        with opened.writing() as connection:
            used.add(connection.connection.dbapi_connection)
    assert len(used) == 1
    opened.close()
