"""Batches of tokens in the inventory, and their jobs: one for each token that is to be made.

A station takes a job for the token that it has found, and keeps it by a lease that ends by itself
when the station dies, at once where its process is known to be dead. The job stays with the serial
number: the token is gone on with wherever it appears again. A row is locked while it is taken
(SQLite: one writer at a time; PostgreSQL: `FOR UPDATE SKIP LOCKED`), and a serial number is unique
among all jobs, so that no token gets two jobs and no job two tokens. A batch that is closed has
what is done, and gives up the rest. Times are Unix seconds.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from host_tools.errors import ExitCode, KodebrikError
from host_tools.provisioning import station_process
from host_tools.provisioning.inventory import Inventory
from host_tools.provisioning.inventory_records import FAILED, PROVISIONED

LEASE = 90.0  # seconds; longer than any step of the work between two renewals

OPEN = "open"
TAKEN = "taken"
DONE = "done"
GIVEN_UP = "given_up"  # not done when its batch was closed

_MAX_NAME = 40  # characters; a name is also the folder of the batch's labels and passports


@dataclass(frozen=True)
class Batch:
    """What all tokens of a batch have in common; `issuer` is the issuer key's fingerprint.
    `closed_at` and `closed_by` are None unless it was closed before it was done."""

    name: str
    product: str
    size: int
    account: str
    algorithm: str
    digits: int
    period: int | None
    issuer: str
    operator: str
    created_at: float
    closed_at: float | None = None
    closed_by: str | None = None


@dataclass(frozen=True)
class Job:
    """A batch's job for one token; `process` is the station's (station_process.own()), `report`
    what was tested, once it is done, `records` where label and passport were written to
    (factory/records.py)."""

    batch: str
    number: int
    serial: str | None
    state: str
    station: str | None
    report: dict[str, Any] | None
    finished_at: float | None
    process: str | None = None
    records: str | None = None


_BATCH = ", ".join(field.name for field in fields(Batch))
_JOB_NAMES = [field.name for field in fields(Job)]
_JOB = ", ".join(_JOB_NAMES)
_REPORT = _JOB_NAMES.index("report")


def create(inventory: Inventory, batch: Batch) -> None:
    """Make a batch with its open jobs; KodebrikError for a name that is in use or invalid."""
    check_name(batch.name)
    with inventory.database.transaction():
        known = inventory.database.execute("SELECT 1 FROM batches WHERE name = ?", (batch.name,))
        if known:
            raise KodebrikError("batch-exists", ExitCode.CONFLICT, name=batch.name)
        marks = ", ".join("?" * len(fields(Batch)))
        inventory.database.execute(
            f"INSERT INTO batches ({_BATCH}) VALUES ({marks})",  # noqa: S608 - our columns
            tuple(vars(batch).values()),
        )
        for number in range(1, batch.size + 1):
            inventory.database.execute(
                "INSERT INTO jobs (batch, number, state) VALUES (?, ?, ?)",
                (batch.name, number, OPEN),
            )


def check_name(name: str) -> None:
    """Raise KodebrikError for a batch's name that is no name of a folder: also where case makes no
    difference, and on a command line, where "-" begins an option."""
    if len(name) > _MAX_NAME or not re.fullmatch("[a-z0-9][a-z0-9_-]*", name):
        raise KodebrikError("batch-name-invalid", ExitCode.USAGE, name=name, most=_MAX_NAME)


def every(inventory: Inventory) -> list[Batch]:
    """List the batches, the oldest first."""
    rows = inventory.database.execute(f"SELECT {_BATCH} FROM batches ORDER BY created_at, name")  # noqa: S608
    return [Batch(*row) for row in rows]


def find(inventory: Inventory, name: str | None) -> Batch:
    """Give the batch `name`, or the only one that is not done (None); KodebrikError when there is
    none, or a choice."""
    found = every(inventory)
    if name is not None:
        for batch in found:
            if batch.name == name:
                return batch
        raise KodebrikError("batch-unknown", ExitCode.NOT_FOUND, name=name)
    left = [batch for batch in found if to_do(inventory, batch.name)]
    if not left:
        raise KodebrikError("batch-none", ExitCode.USAGE)
    if len(left) > 1:
        names = ", ".join(batch.name for batch in left)
        raise KodebrikError("batch-several", ExitCode.USAGE, names=names)
    return left[0]


def counts(inventory: Inventory, batch: str) -> dict[str, int]:
    """Count a batch's jobs by state."""
    rows = inventory.database.execute(
        "SELECT state, count(*) FROM jobs WHERE batch = ? GROUP BY state", (batch,)
    )
    return {state: dict(rows).get(state, 0) for state in (OPEN, TAKEN, DONE, GIVEN_UP)}


def to_do(inventory: Inventory, batch: str) -> int:
    """Count a batch's jobs that are neither done nor given up."""
    found = counts(inventory, batch)
    return found[OPEN] + found[TAKEN]


def each(inventory: Inventory, batch: str, state: str | None = None) -> Iterator[Job]:
    """Give a batch's jobs by number, of one state or all (None)."""
    last = 0
    while True:
        rows = inventory.database.execute(
            f"SELECT {_JOB} FROM jobs WHERE batch = ? AND number > ?"  # noqa: S608 - our columns
            " AND coalesce(?, state) = state ORDER BY number LIMIT 500",
            (batch, last, state),
        )
        if not rows:
            return
        last = rows[-1][1]
        yield from map(_job, rows)


def of_token(inventory: Inventory, serial: str) -> Job | None:
    """Give the job of the token `serial`, None when it has none."""
    rows = inventory.database.execute(f"SELECT {_JOB} FROM jobs WHERE serial = ?", (serial,))  # noqa: S608
    return _job(rows[0]) if rows else None


def take(  # noqa: PLR0913 - who takes what, and when
    inventory: Inventory,
    batch: str,
    serial: str,
    station: str,
    now: float,
    *,
    emptied: bool = False,
) -> Job:
    """Give the job of the token `serial` to `station`: its own, or the next open one of the batch.

    A job that is done is given as it is, unless the token was `emptied` since: then it is to be
    done again. KodebrikError when another station has the token, it
    belongs to another batch or was provisioned outside of one, the batch is closed, or no job is
    open.
    """
    database, process = inventory.database, station_process.own()
    with database.transaction():
        database.lock(serial)  # a token that is new has no row to lock
        rows = database.execute(
            f"SELECT {_JOB}, leased_until FROM jobs WHERE serial = ?{database.for_update}",  # noqa: S608
            (serial,),
        )
        if rows:
            job, leased_until = _job(rows[0][:-1]), rows[0][-1]
            if job.batch != batch:
                raise KodebrikError(
                    "batch-token-elsewhere", ExitCode.CONFLICT, serial=serial, batch=job.batch
                )
            if job.state == DONE and not emptied:
                return job
            if job.state == DONE:
                check_not_closed(inventory, batch)
            _check_unclaimed(job, leased_until, now, station)
            number = job.number
        else:
            known = inventory.find(serial)
            if known is not None and known.state == PROVISIONED:
                raise KodebrikError("batch-token-provisioned", ExitCode.CONFLICT, serial=serial)
            check_not_closed(inventory, batch)
            first = "SELECT number FROM jobs WHERE batch = ? AND state = ? ORDER BY number LIMIT 1"
            free = database.execute(first + database.skip_locked, (batch, OPEN))
            if not free:
                raise KodebrikError("batch-full", ExitCode.CONFLICT, batch=batch)
            ((number,),) = free
        database.execute(
            "UPDATE jobs SET serial = ?, state = ?, station = ?, process = ?, leased_until = ?,"
            " report = NULL, finished_at = NULL, records = NULL WHERE batch = ? AND number = ?",
            (serial, TAKEN, station, process, now + LEASE, batch, number),
        )
    return Job(batch, number, serial, TAKEN, station, None, None, process)


def forget(inventory: Inventory, serial: str, account: str | None = None) -> None:
    """Note that a token has lost an account, or all (None). Where that was its batch's, another
    token gets its place, unless the batch is closed."""
    with inventory.database.transaction():
        inventory.forget(serial, account)
        inventory.database.execute(
            "UPDATE jobs SET serial = NULL, station = NULL, process = NULL, report = NULL,"
            " finished_at = NULL, records = NULL, state ="
            " CASE WHEN batch IN (SELECT name FROM batches WHERE closed_at IS NULL)"
            " THEN ? ELSE ? END WHERE serial = ? AND state = ?"
            " AND batch IN (SELECT name FROM batches WHERE coalesce(?, account) = account)",
            (OPEN, GIVEN_UP, serial, DONE, account),
        )


def renew(inventory: Inventory, job: Job, now: float) -> None:
    """Lengthen a lease; KodebrikError when the job is another station's by now."""
    with inventory.database.transaction():
        _check_held(inventory, job)
        inventory.database.execute(
            "UPDATE jobs SET leased_until = ? WHERE batch = ? AND number = ?",
            (now + LEASE, job.batch, job.number),
        )


def let_go(inventory: Inventory, job: Job) -> None:
    """End the lease of a job that was interrupted, so that any station may go on at once."""
    inventory.database.execute(
        "UPDATE jobs SET leased_until = NULL WHERE batch = ? AND number = ? AND station = ?"
        " AND coalesce(process, '') = ? AND state = ?",
        (job.batch, job.number, job.station, job.process or "", TAKEN),
    )


def let_all_go(inventory: Inventory, batch: str, station: str) -> None:
    """End the leases of this process as a station that is broken off, so that any other may go on
    at once."""
    inventory.database.execute(
        "UPDATE jobs SET leased_until = NULL WHERE batch = ? AND station = ?"
        " AND coalesce(process, '') = ? AND state = ?",
        (batch, station, station_process.own() or "", TAKEN),
    )


def give_back(inventory: Inventory, job: Job, now: float, *, failed: bool) -> None:
    """Open a job for another token; note of the one that had it when it failed its tests."""
    with inventory.database.transaction():
        _check_held(inventory, job)
        _open(inventory, job, now, failed)


def release(inventory: Inventory, serial: str, now: float) -> Job:
    """Open the job of a token that will never be done, note the token as failed, and give the job;
    KodebrikError when it has none that is begun, or a station works on it."""
    database = inventory.database
    with database.transaction():
        rows = database.execute(
            f"SELECT {_JOB}, leased_until FROM jobs WHERE serial = ?{database.for_update}",  # noqa: S608
            (serial,),
        )
        if not rows:
            raise KodebrikError("batch-token-not-begun", ExitCode.NOT_FOUND, serial=serial)
        job = _job(rows[0][:-1])
        if job.state == DONE:
            raise KodebrikError(
                "batch-token-done", ExitCode.CONFLICT, serial=serial, batch=job.batch
            )
        _check_unclaimed(job, rows[0][-1], now)
        _open(inventory, job, now, failed=True)
    return job


def close(inventory: Inventory, name: str, operator: str, now: float) -> Batch:
    """Give up every job of a batch that is not done, note the tokens that have one as failed, and
    give the batch; KodebrikError when it is closed already, or a station works on a token of it."""
    database = inventory.database
    with database.transaction():
        if find(inventory, name).closed_at is not None:
            raise _closed(name)
        database.execute(  # first: from here on no station takes a job
            "UPDATE batches SET closed_at = ?, closed_by = ? WHERE name = ? AND closed_at IS NULL",
            (now, operator, name),
        )
        begun = database.execute(
            f"SELECT {_JOB}, leased_until FROM jobs WHERE batch = ? AND state = ?"  # noqa: S608
            + database.for_update,
            (name, TAKEN),
        )
        for *row, leased_until in begun:
            _check_unclaimed(_job(tuple(row)), leased_until, now)
            _open(inventory, _job(tuple(row)), now, failed=True)
        database.execute(
            "UPDATE jobs SET state = ? WHERE batch = ? AND state = ?", (GIVEN_UP, name, OPEN)
        )
        return find(inventory, name)


def finish(inventory: Inventory, job: Job, report: dict[str, Any], now: float) -> None:
    """Note that the token is provisioned and tested, with the report of it."""
    with inventory.database.transaction():
        _check_held(inventory, job)
        inventory.note(job.serial or "", now, state=PROVISIONED)
        inventory.database.execute(
            "UPDATE jobs SET state = ?, report = ?, finished_at = ?, leased_until = NULL"
            " WHERE batch = ? AND number = ?",
            (DONE, json.dumps(report), now, job.batch, job.number),
        )


def note_records(inventory: Inventory, job: Job, place: str) -> None:
    """Note where label and passport of a token that is done were written to."""
    inventory.database.execute(
        "UPDATE jobs SET records = ? WHERE serial = ? AND state = ?", (place, job.serial, DONE)
    )


def _open(inventory: Inventory, job: Job, now: float, failed: bool) -> None:
    if failed and inventory.find(job.serial or "") is not None:
        inventory.note(job.serial or "", now, state=FAILED)
    inventory.database.execute(
        "UPDATE jobs SET serial = NULL, state = ?, station = NULL, process = NULL,"
        " leased_until = NULL WHERE batch = ? AND number = ?",
        (OPEN, job.batch, job.number),
    )


def check_not_closed(inventory: Inventory, batch: str) -> None:
    """Raise KodebrikError for a batch that is closed, and keep it from being closed meanwhile."""
    query = "SELECT closed_at FROM batches WHERE name = ?"
    rows = inventory.database.execute(query + inventory.database.for_share, (batch,))
    if rows != [(None,)]:
        raise _closed(batch)


def _closed(batch: str) -> KodebrikError:
    return KodebrikError("batch-closed", ExitCode.CONFLICT, batch=batch)


def _check_unclaimed(
    job: Job, leased_until: float | None, now: float, station: str | None = None
) -> None:
    """Raise KodebrikError while another station than `station` has the job."""
    if leased_until is not None and leased_until > now and _is_others(job, station):
        raise KodebrikError(
            "batch-token-taken",
            ExitCode.BUSY,
            serial=job.serial or "",
            station=job.station or "",
            until=datetime.fromtimestamp(leased_until).astimezone().strftime("%H:%M:%S"),
        )


def _is_others(job: Job, station: str | None) -> bool:
    """Say whether a job whose lease runs is that of another than `station`: of a process that runs
    beside this one, whatever its name; of none that is dead; else by the name."""
    beside = job.process != station_process.own()
    runs = station_process.is_running(job.process) if beside else None
    return job.station != station if runs is None else runs


def _check_held(inventory: Inventory, job: Job) -> None:
    """Raise KodebrikError unless the job is the station's, and lock it."""
    held = "SELECT serial, state, station, process FROM jobs WHERE batch = ? AND number = ?"
    rows = inventory.database.execute(held + inventory.database.for_update, (job.batch, job.number))
    if rows != [(job.serial, TAKEN, job.station, job.process)]:
        raise KodebrikError("batch-job-lost", ExitCode.CONFLICT, serial=job.serial or "")


def _job(row: tuple[Any, ...]) -> Job:
    job = Job(*row)
    return job if job.report is None else replace(job, report=json.loads(row[_REPORT]))
