"""A database of a million tokens: what a check, a page of a list, the audit's page and the metrics
take, beside one of a thousand.

Requests are timed inside of the process, from the request to the last byte of the answer; what the
web server adds is in the figures of validator.py. It takes some minutes to fill the database.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from statistics import median

import psycopg
from fastapi.testclient import TestClient

from host_tools.validator.http.settings import Settings
from host_tools.validator.records import Role
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.server.application import create_app
from host_tools.validator.service import Validator
from tests.bench.figure import Figure
from tests.support import postgres
from tests.support.validator import bulk
from tests.support.validator.database import MASTER

_FEW, _MANY = 1_000, 1_000_000
_CHECKS = 300  # of each database
_ROUNDS = 7  # of each page; the median is taken
_OF_FEW = 1.2
_MOST_MS = 100.0
KINDS = ("SQLite", "PostgreSQL")
PAGES = ("lists", "searches", "the audit's page", "metrics")

Place = Callable[[], AbstractContextManager[str]]
"""Gives the URL of an empty database for as long as the context is open."""


@dataclass(frozen=True)
class LargeDatabase:
    """A database with so many active tokens, its application, and the seconds to fill it."""

    validator: Validator
    url: str
    client: TestClient
    size: int
    filled_in: float

    def check_ms(self, number: int) -> float:
        """Check one token's code of now, durably; give the milliseconds."""
        code = bulk.credential(number).code(int(time.time()))
        request = CheckRequest(code, user_id=bulk.user_id(number))
        began = time.perf_counter()
        (verdict,) = self.validator.check_many([request])
        took = time.perf_counter() - began
        if not verdict.accepted:
            raise RuntimeError(f"a right code was refused: {verdict.reason}")
        return 1000 * took

    def page_ms(self, path: str) -> float:
        """Ask for a page a few times; give the median of the milliseconds."""
        times = []
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            answer = self.client.get(path)
            times.append(time.perf_counter() - began)
            answer.raise_for_status()
        return 1000 * median(times)

    def paths(self) -> dict[str, list[str]]:
        """Give what is asked for: lists from their beginning, their middle and their end, and
        texts that many, few and no rows have."""
        middle, last = bulk.serial(self.size // 2), bulk.serial(self.size - 1)
        common = ("holm", "KD0", "na.holm0000", "KD00000000", "0" * 12, "na.holmna")
        texts = (*common, last[-7:], middle[-4:], "nobody")
        newest = self.validator.audit(limit=1).next
        return {
            "lists": [
                "/v1/tokens",
                f"/v1/tokens?cursor=>{middle}",
                f"/v1/tokens?cursor=<{last}",
                "/v1/tokens?status=active",
                f"/v1/tokens?status=active&cursor=>{middle}",
                "/v1/tokens?status=blocked",
                f"/v1/tokens?user_id={bulk.user_id(self.size // 2)}",
                "/v1/users",
                f"/v1/users?cursor=>{bulk.user_id(self.size // 2)}",
            ],
            "searches": [
                *(f"/v1/tokens?text={text}" for text in texts),
                *(f"/v1/users?text={text}" for text in texts),
                "/v1/tokens?text=holm&status=blocked",
                f"/v1/tokens?text=holm&user_id={bulk.user_id(self.size // 2)}",
            ],
            "the audit's page": [
                "/v1/audit",
                f"/v1/audit?cursor={newest}",
                "/v1/audit?cursor=>1",
                f"/v1/audit?serial={middle}",
            ],
            "metrics": ["/metrics"],
        }


@contextmanager
def opened(place: Place, size: int) -> Iterator[LargeDatabase]:
    """Fill a database, and serve it in this process."""
    with place() as url, Validator(url, MASTER) as validator:
        began = time.perf_counter()
        bulk.fill(validator, 0, size)
        if url.startswith("postgresql"):
            _analyze(url)
        with _served(validator, url, size, time.perf_counter() - began) as database:
            yield database


def _analyze(url: str) -> None:
    """Have PostgreSQL look at the tables now, as it does by itself within a minute."""
    address = url.replace("postgresql+psycopg:", "postgresql:")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


@contextmanager
def _served(validator: Validator, url: str, size: int, filled_in: float) -> Iterator[LargeDatabase]:
    _, key = validator.create_api_key("bench", Role.ADMINISTRATOR, actor="bench")
    headers = {"Authorization": f"Bearer {key.reveal().decode()}"}
    with TestClient(create_app(validator, Settings()), headers=headers) as client:
        yield LargeDatabase(validator, url, client, size, filled_in)


@contextmanager
def on_sqlite() -> Iterator[str]:
    """Give a new SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'validator.db'}"


def on_postgres(server: str) -> Place:
    """Make databases on a running PostgreSQL."""
    return partial(postgres.database, server)


@dataclass(frozen=True)
class Measured:
    """Milliseconds: the median of a check with few and with many tokens, and the slowest page of
    each kind with many."""

    check_of_few: float
    check_of_many: float
    pages: dict[str, tuple[float, str]]


def measure(place: Place, size: int) -> Measured:
    """Measure two databases, of few and of `size` tokens, in turn."""
    with ExitStack() as stack:
        few, many = (stack.enter_context(opened(place, count)) for count in (_FEW, size))
        return compare(few, many)


def compare(few: LargeDatabase, many: LargeDatabase) -> Measured:
    """Check in both in turn, each token once, then ask for the pages."""
    chosen = random.Random(6238)
    of_few, of_many = [], []
    numbers = zip(
        chosen.sample(range(few.size), _CHECKS),
        chosen.sample(range(many.size), _CHECKS),
        strict=True,
    )
    for one, other in numbers:
        of_few.append(few.check_ms(one))
        of_many.append(many.check_ms(other))
    pages = {
        kind: max((many.page_ms(path), path) for path in paths)
        for kind, paths in many.paths().items()
    }
    return Measured(median(of_few), median(of_many), pages)


@cache
def _of_a_million(kind: str) -> Measured:
    if kind == "SQLite":
        return measure(on_sqlite, _MANY)
    with postgres.running() as server:
        return measure(on_postgres(server), _MANY)


def check_figure(kind: str) -> Figure:
    """The median of a check at a million tokens, against that at a thousand."""
    found = _of_a_million(kind)
    name = f"a check at {_MANY:,} tokens, {kind}"
    return Figure(
        name, found.check_of_many, "ms", f"at {_FEW:,} tokens", found.check_of_few, _OF_FEW
    )


def page_figure(kind: str, pages: str) -> Figure:
    """The slowest of some pages at a million tokens, against what a person does not wait for."""
    took, path = _of_a_million(kind).pages[pages]
    name = f"{pages} at {_MANY:,} tokens, {kind}, the slowest: {path}"
    return Figure(name, took, "ms", "budget", _MOST_MS)


def figures() -> Iterator[Callable[[], Figure]]:
    """Give the measurements in order."""
    kinds = KINDS if postgres.binaries() is not None else KINDS[:1]
    for kind in kinds:
        yield partial(check_figure, kind)
        for pages in PAGES:
            yield partial(page_figure, kind, pages)
