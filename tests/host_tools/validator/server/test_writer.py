"""The writer that decides the checks of several workers: what happens when it, or a worker, dies or
hangs, on each database."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest

from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.records import NewToken
from tests.support.limits import REAL_LIMIT
from tests.support.validator.server import Server, ServerFolder

CLIENTS = 8
TOKENS, CODES = 40, 12  # codes of each token
BEFORE, AFTER = 120, 60  # codes accepted before and after the kill


@pytest.fixture
def place(tmp_path: Path, database: str) -> ServerFolder:
    return ServerFolder(tmp_path, database)


def writer_of(server: Server) -> psutil.Process:
    """Give the server's process that listens for workers, once there is one."""
    deadline = time.monotonic() + REAL_LIMIT
    while time.monotonic() < deadline:
        for child in psutil.Process(server.process.pid).children():
            with contextlib.suppress(OSError, psutil.Error):  # it has ended meanwhile
                if any("/writer-" in path for path in _listeners(child)):
                    return child
        time.sleep(0.05)
    raise AssertionError("there is no writer")


def _listeners(process: psutil.Process) -> list[str]:
    """Give the local sockets that a process listens at, by /proc/net/unix."""
    inodes = {os.readlink(path) for path in Path(f"/proc/{process.pid}/fd").iterdir()}
    lines = Path("/proc/net/unix").read_text().splitlines()[1:]
    return [
        line.split()[-1]
        for line in lines
        if f"socket:[{line.split()[6]}]" in inodes and line.split()[3] == "00010000"
    ]


def workers_of(server: Server) -> list[psutil.Process]:
    writer = writer_of(server).pid
    return [
        child
        for child in psutil.Process(server.process.pid).children()
        if child.pid != writer and "spawn_main" in " ".join(child.cmdline())
    ]


class Load:
    """Clients that submit each code once; whoever gets no verdict goes on with the next code."""

    def __init__(self, server: Server, work: Iterator[tuple[str, str]]) -> None:
        self.accepted: set[tuple[str, str]] = set()
        self.refused: set[tuple[str, str]] = set()
        self.unknown: set[tuple[str, str]] = set()
        self._server, self._work = server, work
        self._changed = threading.Condition()
        self._stopping = False
        self._threads = [threading.Thread(target=self._client) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def await_accepted(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.accepted) >= number, REAL_LIMIT)

    def stop(self) -> None:
        self._stopping = True
        for thread in self._threads:
            thread.join()

    def _client(self) -> None:
        with self._server.client() as client:
            while not self._stopping:
                with self._changed:
                    pair = next(self._work, None)
                if pair is None:
                    return
                try:
                    body = {"serial": pair[0], "code": pair[1]}
                    answer = client.post("/v1/checks", json=body)
                except httpx2.TransportError:  # its worker was killed
                    told = self.unknown
                else:
                    assert answer.status_code in (200, 503), answer.text
                    told = self.unknown
                    if answer.status_code == 200:
                        told = self.accepted if answer.json()["accepted"] else self.refused
                with self._changed:
                    told.add(pair)
                    self._changed.notify_all()


@pytest.mark.parametrize("victim", ["writer", "worker"])
def test_a_kill_under_load_loses_nothing_acknowledged_and_the_server_goes_on(
    place: ServerFolder, victim: str
) -> None:
    tokens = {f"hotp-{n}": Secret(bytes([n]) * 20) for n in range(TOKENS)}

    def code(serial: str, counter: int) -> str:
        return Credential("x", tokens[serial], period=None, counter=counter).code(0)

    with place.open() as validator:
        validator.import_tokens(
            [
                NewToken(serial, Credential("x", secret, period=None, counter=0))
                for serial, secret in tokens.items()
            ],
            users={serial: f"user-{serial}" for serial in tokens},
            activate=True,
            actor="test",
        )
    codes = {
        (serial, code(serial, counter)): counter for counter in range(CODES) for serial in tokens
    }
    with place.server("--workers", "3") as server:
        load = Load(server, iter(codes))
        load.await_accepted(BEFORE)
        killed = writer_of(server) if victim == "writer" else workers_of(server)[0]
        killed.kill()
        load.await_accepted(len(load.accepted) + AFTER)
        load.stop()
        with place.open() as validator:
            assert validator.verify_audit().broken == ()
            kept = {serial: validator.token(serial).last_step for serial in tokens}
        for serial, text in load.accepted:
            assert kept[serial] >= codes[serial, text]
        with server.client() as client:
            for serial, text in load.accepted:
                answer = client.post("/v1/checks", json={"serial": serial, "code": text})
                assert answer.json()["accepted"] is False
        killed.wait(REAL_LIMIT)  # until the first process has looked after it
        assert writer_of(server).pid != killed.pid
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(REAL_LIMIT) == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_writer_that_hangs_is_told_of_and_replaced(place: ServerFolder) -> None:
    with place.server("--workers", "2") as server, server.client() as client:
        assert client.get("/readyz").status_code == 200
        hung = writer_of(server)
        time.sleep(1)  # what was probed is kept for a second
        hung.suspend()
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["id"]) in [
            (503, "writer-gone"),
            (503, "writer-silent"),
        ]
        while client.get("/readyz").status_code != 200:
            time.sleep(0.1)
        assert writer_of(server).pid != hung.pid
        answer = client.post("/v1/checks", json={"serial": "K1", "code": "000000"})
        assert answer.json()["details"]["reason"] == "unknown_token"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_writer_ends_with_the_server_however_that_ends(
    place: ServerFolder, capfd: pytest.CaptureFixture[str]
) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with place.server("--workers", "2") as server:
            writer, workers = writer_of(server), workers_of(server)
            if number == signal.SIGTERM:  # sent to all of them, as by systemd
                for one in (writer, *workers):
                    one.send_signal(number)
            server.process.send_signal(number)
            server.process.wait(REAL_LIMIT)
            assert psutil.wait_procs([writer], REAL_LIMIT)[1] == []
            for worker in workers:  # of a first process that was killed they serve on
                if worker.is_running():
                    worker.kill()
    assert "WARNING" not in capfd.readouterr().err, "nobody has died"
