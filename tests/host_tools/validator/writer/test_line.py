"""A worker's line to the writer, both ends in this process."""

import asyncio
import contextlib
import pickle
import queue
import threading
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from host_tools.errors import KodebrikError
from host_tools.validator.errors import TooManyRequestsError, UnavailableError, WrongKeyError
from host_tools.validator.rule.verdict import CheckRequest, Reason
from host_tools.validator.service import Validator
from host_tools.validator.writer import line as line_module
from host_tools.validator.writer.line import WriterLine
from host_tools.validator.writer.loop import Writer
from host_tools.validator.writer.messages import Address, pack_request
from tests.support.limits import REAL_LIMIT
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER
from tests.support.validator.tokens import EnrolledToken, activated


@pytest.fixture
def address(tmp_path: Path) -> Address:
    return Address(str(tmp_path / "writer"), "5e" * 32)


@contextlib.contextmanager
def running(address: Address, open_validator) -> Iterator[Writer]:
    writer = Writer(address, open_validator)
    thread = threading.Thread(target=writer.run)
    thread.start()
    try:
        yield writer
    finally:
        writer.stop()
        thread.join()


@pytest.fixture
def holders(validator: Validator, clock: VirtualClock) -> list[EnrolledToken]:
    return activated(validator, clock, *(f"user-{n}" for n in range(30)))


def reasons_of(line: WriterLine, requests: list[CheckRequest]) -> list[Reason | Exception]:
    async def ask() -> list[Reason | Exception]:
        told = await asyncio.gather(*map(line.check, requests), return_exceptions=True)
        return [one if isinstance(one, BaseException) else one.reason for one in told]

    try:
        return asyncio.run(ask())
    finally:
        line.close()


def test_a_batch_waits_for_as_many_as_were_answered_with_the_last_one(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_validator() -> Validator:
        raise UnavailableError("database-busy")

    writer = Writer(address, no_validator)
    arriving = iter([[], [("line 1", ["a"])], [("line 2", ["b"])], [("line 1", ["c"])]])
    with monkeypatch.context() as patched:
        patched.setattr(writer, "_taken", lambda _: next(arriving))
        asked = writer._gathered(3, REAL_LIMIT)
    assert [request for _, requests in asked for request in requests] == ["a", "b", "c"]
    writer.stop()
    writer.run()


def test_every_check_gets_its_own_outcome_in_few_transactions(
    address: Address, database: str, clock: VirtualClock, holders: list[EnrolledToken]
) -> None:
    batches: list[int] = []

    class Counted(Validator):
        def check_many(self, requests):
            batches.append(len(requests))
            return super().check_many(requests)

    wanted = {
        holder.user_id: CheckRequest(holder.code(), user_id=holder.user_id) for holder in holders
    }
    asked = [CheckRequest("000000", user_id="nobody-there"), *wanted.values()] * 10
    asked.insert(7, CheckRequest("123456"))  # names nobody: a defect of whoever asks
    with running(address, lambda: Counted(database, MASTER, clock)):
        told = reasons_of(WriterLine(address), asked)
    assert isinstance(told[7], RuntimeError)
    del asked[7], told[7]
    by_user: dict[str | None, Counter] = {}
    for request, reason in zip(asked, told, strict=True):
        by_user.setdefault(request.user_id, Counter())[reason] += 1
    assert by_user.pop("nobody-there") == {Reason.UNKNOWN_USER: 10}
    assert set(by_user) == set(wanted)
    for counted in by_user.values():
        assert counted == {Reason.ACCEPTED: 1, Reason.REPLAY: 9}
    assert max(batches) > 20


def test_a_writer_that_cannot_open_the_database_says_why(address: Address) -> None:
    def away() -> Validator:
        raise UnavailableError("database-silent", reason="connection refused")

    with running(address, away):
        line = WriterLine(address)
        with pytest.raises(UnavailableError, match="database"):
            line.probe()
        (told,) = reasons_of(line, [CheckRequest("000000", user_id="anders")])
    assert isinstance(told, UnavailableError)
    assert told.identifier == "database-silent"


def test_checks_wait_for_a_writer_that_starts(
    address: Address, database: str, clock: VirtualClock, holders: list[EnrolledToken]
) -> None:
    asked = [CheckRequest(holder.code(), user_id=holder.user_id) for holder in holders]
    with contextlib.ExitStack() as started:

        def start() -> None:
            started.enter_context(running(address, lambda: Validator(database, MASTER, clock)))

        timer = threading.Timer(0.3, start)
        timer.start()
        assert reasons_of(WriterLine(address), asked) == [Reason.ACCEPTED] * len(holders)
        timer.join()


def test_what_a_worker_sent_before_it_ended_is_decided(
    address: Address, database: str, clock: VirtualClock, holders: list[EnrolledToken]
) -> None:
    decided: queue.SimpleQueue[int] = queue.SimpleQueue()

    class Told(Validator):
        def decide(self, requests):
            outcomes = super().decide(requests)
            decided.put(len(outcomes))
            return outcomes

    asked = [pack_request(CheckRequest(one.code(), user_id=one.user_id)) for one in holders]
    with running(address, lambda: Told(database, MASTER, clock)):
        with Client(address.place, authkey=address.secret) as line:
            for one in asked:
                line.send([one])
        told = 0
        while told < len(holders):
            told += decided.get(timeout=REAL_LIMIT)


def test_without_a_writer_a_check_is_refused_after_a_while(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(line_module, "PROBE_SECONDS", 0.2)
    line = WriterLine(address)
    with pytest.raises(UnavailableError) as refused:
        line.probe()
    assert refused.value.identifier == "writer-gone"
    (told,) = reasons_of(line, [CheckRequest("000000", user_id="anders")])
    assert isinstance(told, UnavailableError)
    assert told.identifier == "writer-gone"


def test_a_writer_that_does_not_answer_keeps_no_check_for_ever(
    address: Address, database: str, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "ANSWER_SECONDS", 0.5)
    busy = threading.Event()

    class Busy(Validator):
        def check_many(self, requests):
            if requests:
                busy.wait(30)
            return super().check_many(requests)

    began = time.monotonic()
    with running(address, lambda: Busy(database, MASTER, clock)):
        # More than are sent at once, so that some wait to be sent.
        told = reasons_of(WriterLine(address), [CheckRequest("000000", user_id="anders")] * 200)
        busy.set()
    assert time.monotonic() - began < 10
    assert {one.identifier for one in told} <= {"writer-silent", "writer-gone"}


def test_errors_keep_their_kind_and_words_on_the_way() -> None:
    for error in (
        UnavailableError("database-silent", reason="connection refused"),
        WrongKeyError("master-key-wrong"),
        TooManyRequestsError("guesses-too-many", seconds=2.5),
    ):
        again: KodebrikError = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert again.as_json() == error.as_json()
        assert str(again) == str(error)
        assert again.text("da") == error.text("da")
        assert again.__dict__.keys() == error.__dict__.keys()
