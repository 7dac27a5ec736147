"""kill -9 of the server: nothing acknowledged is lost, nothing is accepted twice, an import is
whole or absent."""

import multiprocessing
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import psycopg
import pytest

from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.pskc import writer
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.records import NewToken
from host_tools.validator.service import Validator
from tests.host_tools.validator.store import killed_import
from tests.support.validator.load import Load
from tests.support.validator.server import Server, ServerFolder
from tests.support.validator.tokens import number_of

ACKNOWLEDGED = 150  # keys, before the kill
KEYS = 5_000
PSKC_KEYS = 60
TRIES = 5  # at a kill in the middle of an import


@pytest.fixture
def place(tmp_path: Path, database: str) -> ServerFolder:
    return ServerFolder(tmp_path, database)


def test_a_kill_under_load_loses_no_acknowledged_check_and_accepts_none_twice(place: ServerFolder):
    tokens = {
        f"hotp-{n}": Credential("hotp", Secret(bytes([n]) * 20), period=None, counter=0)
        for n in range(40)
    }
    with place.open() as validator:
        validator.import_tokens(
            [NewToken(serial, known) for serial, known in tokens.items()], actor="test"
        )
        for serial in tokens:
            validator.assign(serial, f"user-{serial}", actor="test")
            validator.activate_by_administrator(serial, actor="test")
    codes = [
        (serial, _hotp(known, counter)) for counter in range(8) for serial, known in tokens.items()
    ]
    accepted: set[tuple[str, str]] = set()
    for _ in range(2):
        with place.server() as server:
            load = Load(server, iter([pair for pair in codes if pair not in accepted]))
            load.enough.wait()
            server.process.kill()
            load.wait()
        assert load.accepted, "the load ended before anything was accepted"
        assert not load.accepted & accepted
        accepted |= load.accepted
        with place.open() as validator:
            assert validator.verify_audit().broken == ()
            kept = {serial: validator.token(serial).last_step for serial in tokens}
        for serial, code in load.accepted:
            counter = next(n for n in range(8) if _hotp(tokens[serial], n) == code)
            assert kept[serial] >= counter
    with place.server() as server, server.client() as client:
        for serial, code in accepted:
            assert (
                client.post("/v1/checks", json={"serial": serial, "code": code}).json()["accepted"]
                is False
            )


def _hotp(credential: Credential, counter: int) -> str:
    return Credential("x", credential.secret, period=None, counter=counter).code(0)


def test_a_kill_during_an_import_leaves_all_or_nothing(place: ServerFolder):
    with place.open():
        pass  # its tables
    caught = False
    for attempt in range(TRIES):
        csv = _csv(f"a{attempt}")
        with place.server() as server, ThreadPoolExecutor(1) as pool:
            told = pool.submit(_import, server, csv)
            while not told.done() and not _is_writing(place):
                time.sleep(0.002)  # without the processor, which the server needs
            server.process.kill()
        with place.open() as validator:
            there = number_of(validator, f"a{attempt}-")
            assert there in ((KEYS,) if told.result() else (0, KEYS))
            assert validator.verify_audit().broken == ()
        caught = there == 0
        if caught:
            break  # else a busy machine has let it finish before the kill
    assert caught


def test_an_import_that_was_told_to_be_done_outlives_a_kill(place: ServerFolder):
    with place.server() as server:
        assert _import(server, _csv("b", ACKNOWLEDGED))
        server.process.kill()
    with place.open() as validator:
        assert number_of(validator, "b-0") == ACKNOWLEDGED
        assert validator.verify_audit().broken == ()


def _csv(prefix: str, count: int = KEYS) -> bytes:
    lines = "".join(
        f"{prefix}-{n:05},{n.to_bytes(20, 'big').hex()},totp,6,30\n" for n in range(1, count + 1)
    )
    return f"serial,key,type,digits,period\n{lines}".encode()


def _is_writing(place: ServerFolder) -> bool:
    """Say whether the server is in the middle of the import's transaction."""
    if place.database.startswith("sqlite:///"):
        log = Path(place.database.removeprefix("sqlite:///") + "-wal")
        return log.exists() and log.stat().st_size > 2**20  # far more than anything before it wrote
    with psycopg.connect(place.database.replace("+psycopg", "")) as connection:
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO audit %' AND "
            "xact_start IS NOT NULL"
        )
        return connection.execute(query).fetchone() == (1,)


def test_a_pskc_import_killed_at_any_moment_leaves_all_or_nothing(
    validator: Validator, database: str, tmp_path: Path
):
    """At 30 moments between the beginning and a little after the end."""
    server = multiprocessing.get_context("forkserver")  # which has imported the program once
    server.set_forkserver_preload([killed_import.__name__])
    file = tmp_path / "tokens.pskc"

    def killed(number: int, after: float | None) -> tuple[int, float]:
        """Import a file and kill that after some seconds (None: never); give how many of its tokens
        are there, and how long it worked."""
        keys = [
            KeyPackage(f"k{number:02}-{n:03}", Credential("k", Secret(bytes([n]) * 20)))
            for n in range(PSKC_KEYS)
        ]
        file.write_bytes(writer.write(keys, key=killed_import.KEY))
        hears, says = server.Pipe(duplex=False)
        worker = server.Process(target=killed_import.work, args=(database, file, says))
        worker.start()
        hears.recv()
        began = time.monotonic()
        worker.join(after)
        worker.kill()
        worker.join()
        there = number_of(validator, f"k{number:02}-")
        return there, time.monotonic() - began

    there, whole = killed(0, None)
    assert there == PSKC_KEYS
    random_moments = random.Random(6030)
    moments = [random_moments.uniform(0, 1.2 * whole) for _ in range(30)]
    left = {killed(number, after)[0] for number, after in enumerate(moments, 1)}
    assert {0} <= left <= {0, PSKC_KEYS}
    assert validator.verify_audit().broken == ()
    assert validator.tokens().total % PSKC_KEYS == 0


def _import(server: Server, csv: bytes) -> bool:
    """Import a file; say whether the server told that it is done."""
    with server.client() as client:
        try:
            answer = client.post("/v1/imports", files={"file": ("tokens.csv", csv)})
        except httpx2.TransportError:
            return False
        assert answer.json() == {"imported": csv.count(b"\n") - 1}
        return True
