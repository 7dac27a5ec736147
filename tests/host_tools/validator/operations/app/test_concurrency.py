"""The same approval answered many times at once, by one device and by two, through one or more
workers: one answer is accepted."""

from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import text

from host_tools.validator.app_records import AppReason, ApprovalLimits, ApprovalState
from host_tools.validator.errors import NotFoundError, SessionEndedError, TooManyRequestsError
from host_tools.validator.operations.app import answers
from host_tools.validator.service import Validator
from tests.host_tools.validator.operations.app import concurrent_answers
from tests.support.racing import raced
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER
from tests.support.validator.direct_app import DirectDevice, ask, opened

ROUNDS = 4  # each is a race of its own
AT_ONCE = 52  # in all; a multiple of the workers


@pytest.mark.parametrize(
    ("database", "workers"),
    [("sqlite", 1), ("sqlite", 4), ("postgresql", 4)],
    indirect=["database"],
)
@pytest.mark.parametrize("devices", [1, 2])
def test_an_approval_that_is_answered_50_times_at_once_is_accepted_once(
    database: str, clock: VirtualClock, workers: int, devices: int
):
    with Validator(database, MASTER, clock) as validator:
        validator.create_user("anna.holm", actor="test")
        holders = [opened(validator, "anna.holm") for _ in range(devices)]
        asked = [ask(validator, "anna.holm", f"browser-session-{n}") for n in range(ROUNDS)]
        shown = holders[0].waiting()
        rounds = [
            [
                (holder.session.reveal(), holder.signed(shown[n], "approve", asked[n].digits))
                for holder in holders
            ]
            for n in range(ROUNDS)
        ]
        arguments = (database, clock.now, rounds, AT_ONCE // workers)
        told = raced(concurrent_answers.work, workers, ROUNDS, *arguments)
        for number in range(ROUNDS):
            reasons = told[number]
            assert reasons.total() == AT_ONCE
            assert reasons[AppReason.ACCEPTED] == 1, reasons
            assert reasons[AppReason.REPLAYED] >= AT_ONCE - devices, reasons
            found = validator.app.approval(["bank"], asked[number].id)
            assert found.state is ApprovalState.APPROVED
        assert validator.verify_audit().broken == ()
        accepted = [
            entry
            for holder in holders
            for entry in validator.audit(serial=holder.device, limit=500).items
            if entry.action == "approve"
        ]
        assert len(accepted) <= ROUNDS
        whole = sum(validator.audit(serial=holder.device).total for holder in holders)
        assert whole >= ROUNDS * AT_ONCE


def test_approvals_that_are_used_at_once_are_used_once(validator: Validator, clock: VirtualClock):
    validator.create_user("anna.holm", actor="test")
    holder = opened(validator, "anna.holm")
    for _ in range(5):
        asked = ask(validator, "anna.holm")
        assert holder.answer(holder.waiting()[0], "approve", asked.digits).accepted
        with ThreadPoolExecutor(16) as threads:
            used = [
                threads.submit(validator.app.use, ["bank"], asked.id, actor="test")
                for _ in range(16)
            ]
            assert sorted(one.result() for one in used) == [False] * 15 + [True]


def test_requests_at_once_stay_within_the_limit(validator: Validator):
    limits = ApprovalLimits(per_hour=4)

    def one(number: int) -> bool:
        try:
            ask(validator, "anna.holm", f"browser-session-{number}", limits)
        except TooManyRequestsError:
            return False
        return True

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(one, range(12))) == 4
    assert validator.verify_audit().broken == ()


def test_of_devices_that_remove_each_other_at_once_one_is_left(validator: Validator):
    validator.create_user("anna.holm", actor="test")
    left = opened(validator, "anna.holm")
    for _ in range(6):
        other = opened(validator, "anna.holm")

        def removed(pair: tuple[DirectDevice, DirectDevice]) -> bool:
            try:
                return pair[0].remove(pair[1].device).accepted
            except SessionEndedError:
                return False

        with ThreadPoolExecutor(2) as threads:
            won = list(threads.map(removed, ((left, other), (other, left))))
        assert sorted(won) == [False, True]
        left = left if won[0] else other
        _, (kept,) = validator.app.devices(left.session)
        assert kept.device == left.device
    assert validator.verify_audit().broken == ()


def test_two_requests_of_one_session_at_once_leave_one_that_waits(validator: Validator):
    validator.create_user("anna.holm", actor="test")
    holder = opened(validator, "anna.holm")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: ask(validator, "anna.holm"), range(8)))
    assert len(holder.waiting()) == 1
    assert validator.verify_audit().broken == ()


def test_of_what_comes_while_a_user_reports_nothing_reaches_them(validator: Validator):
    validator.create_user("anna.holm", actor="test")
    holders = [opened(validator, "anna.holm") for _ in range(3)]
    for _ in range(4):
        asked = [ask(validator, "anna.holm", f"browser-session-{n}") for n in range(3)]
        shown = holders[0].waiting()
        decisions = ("report", "report", "approve")
        answers = [
            (holder, holder.signed(one, decision, which.digits if decision == "approve" else ""))
            for holder, one, which, decision in zip(holders, shown, asked, decisions, strict=True)
        ]
        with ThreadPoolExecutor(12) as threads:
            told = [
                threads.submit(validator.app.answer, holder.session, given)
                for holder, given in answers
            ]
            used = threads.submit(validator.app.use, ["bank"], asked[2].id, actor="test")
            sessions = [f"browser-session-{number}" for number in range(8)]
            list(threads.map(lambda session: ask(validator, "anna.holm", session), sessions))
        reasons = [one.result().reason for one in told[:2]]
        assert reasons == [AppReason.ACCEPTED] * 2
        assert [one.kind for one in validator.due_notices(100)].count("reported") == 1
        assert holders[2].waiting() == []
        found = validator.app.approval(["bank"], asked[2].id)
        assert used.result() or found.state is not ApprovalState.APPROVED

        def lifted(_: int) -> bool:
            try:
                validator.app.lift_report_for("anna.holm", actor="test")
            except NotFoundError:
                return False
            return True

        with ThreadPoolExecutor(4) as threads:
            assert sorted(threads.map(lifted, range(4))) == [False, False, False, True]
        assert holders[2].waiting() == []
    assert validator.verify_audit().broken == ()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_nothing_is_approved_on_another_device_while_what_was_taken_back_is_reported(
    validator: Validator, monkeypatch: pytest.MonkeyPatch
):
    """What the report has locked has nothing in common with what is asked for after it has read."""
    validator.create_user("anna.holm", actor="test")
    phone, tablet = (opened(validator, "anna.holm") for _ in range(2))
    taken = ask(validator, "anna.holm")
    (shown,) = phone.waiting()
    validator.app.cancel(["bank"], taken.id, actor="bank")
    lock, read = answers._lock, []

    def approve() -> AppReason:
        asked = ask(validator, "anna.holm", "browser-session-2")
        return tablet.answer(tablet.waiting()[0], "approve", asked.digits).reason

    def lock_and_wait(*arguments: object) -> object:
        rows = lock(*arguments)
        if not read:
            read.append(threads.submit(approve))
            _until_done_or_locked_out(validator, read[0])
        return rows

    monkeypatch.setattr(answers, "_lock", lock_and_wait)
    with ThreadPoolExecutor(1) as threads:
        assert phone.answer(shown, "report").accepted
        assert read[0].result() is AppReason.UNKNOWN
    assert validator.verify_audit().broken == ()


def _until_done_or_locked_out(validator: Validator, other: Future[AppReason]) -> None:
    """Wait until the other transaction is over, or waits for a lock."""
    waits = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    while not other.done():
        with validator._database.reading() as connection:
            if connection.execute(text(waits)).scalar_one():
                return
