"""Batches and their jobs, in both databases: no token gets two jobs, and no job two tokens."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime

import pytest

from host_tools.errors import ExitCode, KodebrikError
from host_tools.otp.credential import Credential
from host_tools.provisioning import batches
from host_tools.provisioning.batches import DONE, GIVEN_UP, LEASE, OPEN, TAKEN, Batch
from host_tools.provisioning.inventory_records import FAILED, PROVISIONED, WIPED
from tests.support.command_line.inventory import ISSUER_KEY, NOW, SECRET, opened, record


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    if request.param == "sqlite":
        return tmp_path / "inventory.sqlite"
    return request.getfixturevalue("postgres_url")


def batch(name="first", size=3):
    return Batch(name, "kodeviser", size, "kodebrik", "SHA1", 6, 30, "ab" * 8, "anna", NOW)


def refused(identifier, call, *arguments):
    with pytest.raises(KodebrikError) as raised:
        call(*arguments)
    assert raised.value.identifier == identifier
    return raised.value


def test_a_batch_has_a_job_for_each_token(place):
    with opened(place) as inventory:
        batches.create(inventory, batch())
        assert batches.find(inventory, "first") == batch()
        assert batches.find(inventory, None) == batch()
        assert batches.counts(inventory, "first") == {OPEN: 3, TAKEN: 0, DONE: 0, GIVEN_UP: 0}
        refused("batch-exists", batches.create, inventory, batch())
        refused("batch-unknown", batches.find, inventory, "second")
        batches.create(inventory, batch("second"))
        refused("batch-several", batches.find, inventory, None)


@pytest.mark.parametrize("name", ["", "../up", "a b", "x" * 41, "ø", "Spring", "-x", "_", "a\n"])
def test_a_name_is_that_of_a_folder(tmp_path, name):
    with opened(tmp_path / "i") as inventory:
        refused("batch-name-invalid", batches.create, inventory, batch(name))
        batches.create(inventory, batch("2026-spring_" + "x" * 28))


def test_a_token_keeps_its_job_until_it_is_done(place):
    with opened(place) as inventory:
        batches.create(inventory, batch())
        first = batches.take(inventory, "first", "1", "east", NOW)
        again = batches.take(inventory, "first", "1", "east", NOW + 1)
        assert (first.number, first.state) == (again.number, again.state) == (1, TAKEN)
        taken = refused("batch-token-taken", batches.take, inventory, "first", "1", "west", NOW + 2)
        assert taken.exit_code == ExitCode.BUSY
        until = datetime.fromtimestamp(NOW + 1 + LEASE).astimezone().strftime("%H:%M:%S")
        assert f"by east, whose claim lasts until {until}" in taken.message
        moved = batches.take(inventory, "first", "1", "west", NOW + 2 + LEASE)
        assert (moved.number, moved.station) == (1, "west")
        refused("batch-job-lost", batches.renew, inventory, first, NOW)
        refused("batch-job-lost", batches.finish, inventory, first, {}, NOW)
        batches.renew(inventory, moved, NOW + LEASE)
        record(inventory, "1", Credential("kodebrik", SECRET), state="provisioning")
        assert inventory.key_packages(ISSUER_KEY).packages == []
        batches.finish(inventory, moved, {"battery_mv": 3000}, NOW + 200)
        done = batches.take(inventory, "first", "1", "east", NOW + 300)
        assert (done.state, done.report) == (DONE, {"battery_mv": 3000})
        assert inventory.entry("1").state == PROVISIONED
        assert len(inventory.key_packages(ISSUER_KEY).packages) == 1
        assert batches.counts(inventory, "first") == {OPEN: 2, TAKEN: 0, DONE: 1, GIVEN_UP: 0}


def test_a_job_that_was_let_go_is_free_at_once(place):
    with opened(place) as inventory:
        batches.create(inventory, batch())
        batches.let_go(inventory, batches.take(inventory, "first", "1", "east", NOW))
        assert batches.take(inventory, "first", "1", "west", NOW).number == 1


def test_a_token_that_failed_makes_room_for_another(place):
    with opened(place) as inventory:
        batches.create(inventory, batch(size=1))
        job = batches.take(inventory, "first", "1", "east", NOW)
        record(inventory, "1", Credential("kodebrik", SECRET), state="provisioning")
        refused("batch-full", batches.take, inventory, "first", "2", "east", NOW)
        batches.give_back(inventory, job, NOW, failed=True)
        assert inventory.entry("1").state == FAILED
        assert batches.take(inventory, "first", "2", "east", NOW).number == 1
        assert batches.of_token(inventory, "1") is None


def test_a_token_that_is_given_up_makes_room_for_another(place):
    with opened(place) as inventory:
        batches.create(inventory, batch(size=1))
        refused("batch-token-not-begun", batches.release, inventory, "1", NOW)
        job = batches.take(inventory, "first", "1", "east", NOW)
        record(inventory, "1", Credential("kodebrik", SECRET), state="provisioning")
        refused("batch-token-taken", batches.release, inventory, "1", NOW + 1)
        released = batches.release(inventory, "1", NOW + LEASE + 1)
        assert (released.batch, released.number) == ("first", 1)
        assert inventory.entry("1").state == FAILED
        refused("batch-job-lost", batches.finish, inventory, job, {}, NOW)
        other = batches.take(inventory, "first", "2", "east", NOW + LEASE + 1)
        record(inventory, "2", Credential("kodebrik", SECRET), state="provisioning")
        batches.finish(inventory, other, {}, NOW + LEASE + 2)
        refused("batch-token-done", batches.release, inventory, "2", NOW + 3 * LEASE)


def test_a_batch_that_is_closed_keeps_what_is_done_and_gives_up_the_rest(place):
    with opened(place) as inventory:
        batches.create(inventory, batch())
        batches.create(inventory, batch("second"))
        done = batches.take(inventory, "first", "1", "east", NOW)
        record(inventory, "1", Credential("kodebrik", SECRET), state="provisioning")
        batches.finish(inventory, done, {}, NOW)
        begun = batches.take(inventory, "first", "2", "east", NOW)
        record(inventory, "2", Credential("kodebrik", SECRET), state="provisioning")

        refused("batch-token-taken", batches.close, inventory, "first", "bo", NOW + 1)
        assert batches.to_do(inventory, "first") == 2, "nothing was given up"
        later = NOW + LEASE + 1
        closed = batches.close(inventory, "first", "bo", later)
        assert (closed.closed_at, closed.closed_by, closed.size) == (later, "bo", 3)
        assert batches.counts(inventory, "first") == {OPEN: 0, TAKEN: 0, DONE: 1, GIVEN_UP: 2}
        assert inventory.entry("1").state == PROVISIONED
        assert inventory.entry("2").state == FAILED

        assert batches.find(inventory, None).name == "second", "the one that is not done"
        refused("batch-closed", batches.close, inventory, "first", "anna", later + 1)
        assert batches.find(inventory, "first") == closed
        refused("batch-job-lost", batches.finish, inventory, begun, {}, later)
        for serial in ("2", "3"):
            refused("batch-closed", batches.take, inventory, "first", serial, "east", later)
        assert batches.take(inventory, "first", "1", "east", later).state == DONE
        assert batches.take(inventory, "second", "2", "east", later).number == 1


def test_a_token_that_lost_its_account_makes_room_for_another(place):
    with opened(place) as inventory:
        batches.create(inventory, batch(size=2))
        for serial in ("1", "2"):
            job = batches.take(inventory, "first", serial, "east", NOW)
            record(inventory, serial, Credential("kodebrik", SECRET), state="provisioning")
            record(inventory, serial, Credential("other", SECRET), state="provisioning")
            batches.finish(inventory, job, {}, NOW)
        batches.forget(inventory, "1", "other")
        assert batches.counts(inventory, "first")[DONE] == 2, "it still has its batch's"
        batches.forget(inventory, "1", "kodebrik")
        assert batches.of_token(inventory, "1") is None
        assert batches.counts(inventory, "first") == {OPEN: 1, TAKEN: 0, DONE: 1, GIVEN_UP: 0}
        batches.close(inventory, "first", "bo", NOW)
        batches.forget(inventory, "2")
        assert inventory.entry("2").state == WIPED
        assert batches.counts(inventory, "first") == {OPEN: 0, TAKEN: 0, DONE: 0, GIVEN_UP: 2}


def test_a_token_that_is_done_and_was_emptied_is_done_again(place):
    with opened(place) as inventory:
        batches.create(inventory, batch())
        job = batches.take(inventory, "first", "1", "east", NOW)
        record(inventory, "1", Credential("kodebrik", SECRET), state="provisioning")
        batches.finish(inventory, job, {"battery_mv": 3000}, NOW)
        again = batches.take(inventory, "first", "1", "west", NOW + 1, emptied=True)
        assert (again.number, again.state, again.report) == (1, TAKEN, None)
        assert batches.of_token(inventory, "1").report is None
        batches.finish(inventory, again, {"battery_mv": 2900}, NOW + 2)
        assert batches.of_token(inventory, "1").report == {"battery_mv": 2900}
        batches.close(inventory, "first", "bo", NOW + 3)
        assert batches.take(inventory, "first", "1", "west", NOW + 4).state == DONE
        with pytest.raises(KodebrikError, match="is closed"):
            batches.take(inventory, "first", "1", "west", NOW + 4, emptied=True)


def test_a_batch_is_closed_beside_stations_that_take_its_jobs(place):
    """Whoever comes first: no job is taken of a closed batch, and none is left open in it."""
    count = 30
    with opened(place) as inventory:
        batches.create(inventory, batch(size=count))
    together = threading.Barrier(3)

    def work(station):
        got = 0
        with opened(place) as inventory:
            together.wait()
            try:
                for serial in range(count // 2):
                    job = batches.take(inventory, "first", f"{station}{serial}", station, NOW)
                    batches.let_go(inventory, job)
                    got += 1
            except KodebrikError as error:
                assert error.identifier == "batch-closed"
        return got

    with ThreadPoolExecutor(2) as pool, opened(place) as inventory:
        working = [pool.submit(work, station) for station in ("east", "west")]
        together.wait()
        while True:
            try:
                batches.close(inventory, "first", "bo", NOW)
            except KodebrikError as error:
                assert error.identifier == "batch-token-taken"
            else:
                break
        assert all(each.result() <= count // 2 for each in working)
        assert batches.counts(inventory, "first")[GIVEN_UP] == count


def test_no_token_is_provisioned_twice(place):
    with opened(place) as inventory:
        batches.create(inventory, batch())
        batches.create(inventory, batch("second"))
        record(inventory, "9", Credential("kodebrik", SECRET))
        refused("batch-token-provisioned", batches.take, inventory, "first", "9", "east", NOW)
        batches.take(inventory, "first", "1", "east", NOW)
        refused("batch-token-elsewhere", batches.take, inventory, "second", "1", "east", NOW)


def taken_by_four(place, shown):
    """Four stations at once take the tokens that shown(station) lists, each in its own order; give
    the serial and the job's number of each that one of them got."""
    together = threading.Barrier(4)

    def work(station):
        mine = list(shown(station))
        random.Random(station).shuffle(mine)
        together.wait()
        got = {}
        with opened(place) as inventory:
            for serial in mine:
                try:
                    job = batches.take(inventory, "first", serial, f"station {station}", NOW)
                except KodebrikError as error:
                    assert error.identifier == "batch-token-taken"
                else:
                    got[serial] = job.number
        return got

    with ThreadPoolExecutor(4) as pool:
        return [item for got in pool.map(work, range(4)) for item in got.items()]


def test_stations_beside_each_other_share_the_jobs(place):
    """Four stations, forty tokens of which each is shown to two of them: every job one token."""
    count = 40
    with opened(place) as inventory:
        batches.create(inventory, batch(size=count))

    def shown(station):
        neighbours = (station, (station + 1) % 4)
        return [str(serial) for serial in range(count) if serial % 4 in neighbours]

    found = taken_by_four(place, shown)
    assert len(found) == len({serial for serial, _ in found}) == count
    assert sorted(number for _, number in found) == list(range(1, count + 1))


TAKE = """
import sys, time
from host_tools.provisioning import batches
from tests.support.command_line.inventory import NOW, opened
with opened(sys.argv[1]) as inventory:
    for serial in sys.argv[3:]:
        batches.take(inventory, "first", serial, sys.argv[2], NOW)
    print("taken", flush=True)
    sys.stdin.read()
"""


@contextmanager
def station_beside(place, name, *serials):
    """A station in a process of its own, which has taken these tokens."""
    command = [sys.executable, "-c", TAKE, str(place), name, *serials]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"taken\n"
        yield process


linux = pytest.mark.skipif(sys.platform != "linux", reason="proc(5) is Linux's")


@linux
@pytest.mark.parametrize("name", ["west", "east"], ids=["another name", "the same name"])
def test_a_station_that_was_killed_leaves_its_tokens_at_once(place, name):
    """While it runs nobody gets them, by whatever name; nor are they given up."""
    with opened(place) as inventory:
        batches.create(inventory, batch())
        with station_beside(place, "east", "1", "2") as other:
            refused("batch-token-taken", batches.take, inventory, "first", "1", name, NOW)
            refused("batch-token-taken", batches.release, inventory, "1", NOW)
            refused("batch-token-taken", batches.close, inventory, "first", "bo", NOW)
            other.send_signal(signal.SIGKILL)
            os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
            job = batches.take(inventory, "first", "1", name, NOW)
            assert (job.number, job.station) == (1, name)
            batches.renew(inventory, job, NOW)
        assert batches.release(inventory, "2", NOW).number == 2


@linux
def test_what_a_killed_station_had_goes_to_one_of_many(place):
    count = 20
    serials = list(map(str, range(count)))
    with opened(place) as inventory:
        batches.create(inventory, batch(size=count))
        with station_beside(place, "dead", *serials) as other:
            other.send_signal(signal.SIGKILL)
    found = taken_by_four(place, lambda station: serials)
    assert sorted(found) == sorted((serial, number) for number, serial in enumerate(serials, 1))


def test_what_another_program_of_the_same_name_has_is_not_let_go(place):
    with opened(place) as inventory:
        batches.create(inventory, batch())
        with station_beside(place, "east", "1"):
            batches.take(inventory, "first", "2", "east", NOW)
            batches.let_all_go(inventory, "first", "east")
            batches.take(inventory, "first", "2", "west", NOW)
            if sys.platform == "linux":
                refused("batch-token-taken", batches.take, inventory, "first", "1", "west", NOW)


def test_an_inventory_from_before_batches_is_brought_up_to_date(tmp_path):
    path = tmp_path / "inventory.sqlite"
    path.touch(0o600)
    with opened(tmp_path / "new") as inventory:
        record(inventory, "1", Credential("bank", SECRET))
    with sqlite3.connect(path) as old:
        old.execute("ATTACH ? AS new", (str(tmp_path / "new"),))
        columns = "serial, product, board, version, first_at, clock_set_at"
        old.execute(
            "CREATE TABLE tokens (serial TEXT PRIMARY KEY, product TEXT NOT NULL, board TEXT NOT"
            " NULL, version TEXT NOT NULL, first_at REAL NOT NULL, clock_set_at REAL) STRICT"
        )
        ((made,),) = old.execute("SELECT sql FROM new.sqlite_schema WHERE name = 'accounts'")
        old.execute(made)
        old.execute(f"INSERT INTO tokens SELECT {columns} FROM new.tokens")
        old.execute("INSERT INTO accounts SELECT * FROM new.accounts")
        old.execute("PRAGMA user_version = 1")
    with opened(path) as inventory:
        (entry,) = inventory.entries()
        assert (entry.serial, entry.state, entry.operator) == ("1", PROVISIONED, None)
        (package,) = inventory.key_packages(ISSUER_KEY).packages
        assert package.credential.secret == SECRET
        batches.create(inventory, batch())
    with opened(path) as inventory:
        assert batches.find(inventory, None).name == "first"


def test_a_server_that_does_not_answer_is_named_without_its_password():
    with pytest.raises(KodebrikError) as raised:
        opened("postgresql://anna:hunter22@127.0.0.1:1/inventory")
    assert raised.value.identifier == "inventory-server-unusable"
    assert raised.value.exit_code == ExitCode.DATABASE
    assert "hunter22" not in str(raised.value) + str(raised.value.__cause__)
    assert raised.value.__suppress_context__
