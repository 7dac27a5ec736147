"""The rate of checks of whole servers over HTTP, each a right code with a durable commit: ours and
privacyIDEA.

A token has one new code a step, so each token is checked three times: with the codes of the step
before, of this one and of the next. The requests come from one process beside the server's; both
share the machine.
"""

import itertools
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import psutil

from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.keys import master_key
from host_tools.validator.records import NewToken, Role
from host_tools.validator.service import Validator
from tests.bench.http import load as http_load
from tests.bench.http.load import Load
from tests.interop.privacyidea import PrivacyIdea
from tests.support.limits import REAL_LIMIT

CONNECTIONS = 32
_ACCEPTED = b'"accepted":true'
_PERIOD = 30
_STEPS = (-1, 0, 1)


@dataclass(frozen=True)
class Stock:
    """Active tokens, an API key of role checker, and what a server needs to serve them."""

    database: str
    key_file: Path
    api_key: str
    tokens: dict[str, Credential]  # by user-ID


@dataclass(frozen=True)
class Served:
    """The outcome of a load; the processor time (seconds) of the server's processes during it, and
    their memory (bytes) after it; the processor time (seconds) of the load itself and of the
    database's processes."""

    load: Load
    processor: float
    memory: int
    beside: float

    @property
    def processor_ms(self) -> float:
        """Give the processor time (ms) for one check, the figure that other programs disturb
        least."""
        return 1000 * self.processor / self.load.answers

    @property
    def most(self) -> float:
        """Give the checks a second with which all processors were busy all the time."""
        processors = len(os.sched_getaffinity(0))
        return processors * self.load.answers / (self.processor + self.beside)


def stock(database: str, folder: Path, count: int) -> Stock:
    """Fill a new database with active tokens."""
    key_file = folder / "master.key"
    key = master_key.create_file(key_file)
    tokens = {
        f"bench-{n}": Credential("Bench", Secret(secrets.token_bytes(20))) for n in range(count)
    }
    with Validator(database, key) as validator:
        validator.import_tokens(
            [NewToken(f"T{user}", credential) for user, credential in tokens.items()],
            users={f"T{user}": user for user in tokens},
            activate=True,
            actor="bench",
        )
        _, api_key = validator.create_api_key("bench", Role.CHECKER, actor="bench")
    return Stock(database, key_file, api_key.reveal().decode(), tokens)


@contextmanager
def serving(stock: Stock, workers: int) -> Iterator[tuple[tuple[str, int], int]]:
    """Run `kodebrik server` as a process; give its address and the process."""
    program = str(Path(sys.executable).with_name("kodebrik"))
    command = [program, "server", "--port", "0", "--workers", str(workers), "--json"]
    command += ["--database", stock.database, "--master-key", str(stock.key_file)]
    with tempfile.TemporaryFile() as complaints:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints)
        try:
            line = server.stdout.readline()
            if not line:
                complaints.seek(0)
                raise RuntimeError(f"the server did not start: {complaints.read().decode()[-500:]}")
            host, port = json.loads(line)["url"].removeprefix("http://").split(":")
            _await((host, int(port)), workers)
            yield (host, int(port)), server.pid
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(REAL_LIMIT)
            server.stdout.close()


def _await(address: tuple[str, int], workers: int) -> None:
    """Wait until every worker answers: the requests of one connection may all reach the same
    worker."""
    deadline = time.monotonic() + REAL_LIMIT
    for _ in range(8 * workers):
        while time.monotonic() < deadline:
            with socket.create_connection(address, 5) as line:
                line.sendall(
                    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                )
                line.settimeout(deadline - time.monotonic())
                if line.recv(1):
                    break


def codes(tokens: dict[str, Credential], steps: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Give (user-ID, code) of all tokens for one step after the other, counted from the present
    one, which has just begun."""
    time.sleep(_PERIOD - time.time() % _PERIOD)
    now = int(time.time())
    for step in steps:
        for user, credential in tokens.items():
            yield user, credential.code(now + step * _PERIOD)


def load_on(stock: Stock, workers: int, database: Callable[[], float] = float) -> Served:
    """Check three codes of every token, at the highest rate that the server allows. `database`
    gives the processor time (seconds) that the database's processes have spent."""
    with serving(stock, workers) as (address, pid):
        fire = partial(http_load.fire, address, _requests(stock), CONNECTIONS, _ACCEPTED)
        return _served(pid, fire, database)


def load_of_crowd_on(stock: Stock, connections: int) -> Served:
    """Check one code of every token on one worker: over many connections a token's second code may
    arrive before its first, which is then too old."""
    with serving(stock, 1) as (address, pid):
        requests = _requests(stock, steps=(0,))
        return _served(pid, partial(http_load.fire, address, requests, connections, _ACCEPTED))


def load_of_wrong_codes_on(stock: Stock) -> Served:
    """Check three wrong codes of every token on one worker."""
    requests = [_request(stock, user, "000000") for user in stock.tokens] * 3
    with serving(stock, 1) as (address, pid):
        return _served(pid, partial(http_load.fire, address, requests, CONNECTIONS, _ACCEPTED))


def memory_after(stock: Stock, checks: Sequence[int]) -> list[int]:
    """Send as many checks to one worker as each entry says, one entry after the other; give the
    server's memory (bytes) after each. What exceeds three codes of every token are replays."""
    result = []
    with serving(stock, 1) as (address, pid):
        requests = itertools.cycle(_requests(stock))
        for count in checks:
            some = list(itertools.islice(requests, count))
            fire = partial(http_load.fire, address, some, CONNECTIONS, _ACCEPTED)
            result.append(_served(pid, fire).memory)
    return result


def _requests(stock: Stock, steps: Sequence[int] = _STEPS) -> list[bytes]:
    """Give a request for each code of every token."""
    return [_request(stock, user, code) for user, code in codes(stock.tokens, steps)]


def _request(stock: Stock, user: str, code: str) -> bytes:
    body = json.dumps({"user_id": user, "code": code}).encode()
    return http_load.request("/v1/checks", body, "application/json", {"X-API-Key": stock.api_key})


def load_on_privacyidea(server: PrivacyIdea, count: int, connections: int = CONNECTIONS) -> Served:
    """Check three codes of every token at privacyIDEA. Its window is three minutes to either side,
    because codes become old at its rate."""
    tokens = {}
    for n in range(count):
        credential = Credential("Bench", Secret(secrets.token_bytes(20)))
        wanted = {
            "type": "totp",
            "genkey": 0,
            "otpkey": credential.secret.reveal().hex(),
            "serial": f"B{n}",
        }
        server.ask("POST", "/token/init", json=wanted)
        tokens[f"B{n}"] = credential
    requests = [
        http_load.request(
            "/validate/check",
            urlencode({"serial": serial, "pass": code}).encode(),
            "application/x-www-form-urlencoded",
            {},
        )
        for serial, code in codes(tokens, _STEPS)
    ]
    host, _, port = server.url.removeprefix("http://").partition(":")
    return _served(
        server.pid,
        lambda: http_load.fire((host, int(port)), requests, connections, b'"value": true'),
    )


def _served(pid: int, fire: Callable[[], Load], database: Callable[[], float] = float) -> Served:
    whole = psutil.Process(pid)
    processes = [whole, *whole.children(recursive=True)]
    before, beside = sum(_processor(process) for process in processes), -database()
    beside -= time.process_time()
    outcome = fire()
    beside += time.process_time() + database()
    spent = sum(_processor(process) for process in processes) - before
    return Served(outcome, spent, sum(_resident(process) for process in processes), beside)


def _processor(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _resident(process: psutil.Process) -> int:
    """Give resident bytes, shared pages counted once where the system tells (PSS)."""
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.rss))
