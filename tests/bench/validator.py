"""The validation server: checks a second, latency, processor and memory, beside privacyIDEA and
bare databases."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

from tests.bench import bare_database
from tests.bench.figure import Figure
from tests.bench.http import checks as http_checks
from tests.bench.references import thousand_hmacs
from tests.interop import privacyidea
from tests.support import postgres

# So many that what a server does once is no part of the rate.
_TOKENS, _TOKENS_OF_THE_PEER = 2000, 40
_WORKERS = (1, 4)
_OF_BARE = 0.4  # of the single commits of a bare database
_OF_HMACS = 0.45  # of 1,000 HMAC-SHA-1
_OF_ONE_WORKER = 1.5
_OF_PROCESSORS = 0.8  # of the rate at which they never wait
_ROUNDS = 3  # of loads and single commits in turn
_OF_RIGHT_CODES = 2.0  # processor time of a wrong code
_CROWD = 500  # connections
_OF_MEDIAN = 10.0  # latency of the slowest 1 %
_MANY, _TEN_TIMES_AS_MANY = 20_000, 200_000  # checks
_OF_MEMORY = 1.05  # of that after _MANY checks


@cache
def in_turn_on_sqlite() -> tuple[http_checks.Served, float]:
    """Load one worker on SQLite, and a bare database with single commits, a few times in turn; give
    the round whose ratio is the median, with its commits a second."""
    rounds = [(_load_on_sqlite(), bare_database.sqlite_commits()) for _ in range(_ROUNDS)]
    return sorted(rounds, key=lambda one: one[0].load.rate / one[1])[_ROUNDS // 2]


def on_sqlite() -> http_checks.Served:
    """Load one worker on SQLite."""
    return in_turn_on_sqlite()[0]


def _load_on_sqlite() -> http_checks.Served:
    with tempfile.TemporaryDirectory() as folder:
        stock = http_checks.stock(f"sqlite:///{folder}/validator.db", Path(folder), _TOKENS)
        return _whole(http_checks.load_on(stock, 1), 3 * _TOKENS)


@cache
def wrong_codes_on_sqlite() -> http_checks.Served:
    """Load one worker on SQLite with wrong codes."""
    with tempfile.TemporaryDirectory() as folder:
        stock = http_checks.stock(f"sqlite:///{folder}/validator.db", Path(folder), _TOKENS)
        return http_checks.load_of_wrong_codes_on(stock)


@cache
def crowd_on_sqlite() -> http_checks.Served:
    """Load one worker on SQLite over many connections."""
    with tempfile.TemporaryDirectory() as folder:
        stock = http_checks.stock(f"sqlite:///{folder}/validator.db", Path(folder), 3 * _TOKENS)
        return _whole(http_checks.load_of_crowd_on(stock, _CROWD), 3 * _TOKENS)


@cache
def on_privacyidea() -> http_checks.Served:
    """Load one worker of privacyIDEA, on SQLite too."""
    with privacyidea.running() as server:
        return _whole(
            http_checks.load_on_privacyidea(server, _TOKENS_OF_THE_PEER), 3 * _TOKENS_OF_THE_PEER
        )


@cache
def on_postgres() -> dict[int, tuple[http_checks.Served, float]]:
    """Load 1 and 4 workers on one PostgreSQL; beside each the commits a second of as many bare
    connections."""
    result = {}
    with postgres.running() as server:
        for workers in _WORKERS:
            with tempfile.TemporaryDirectory() as folder, postgres.database(server) as url:
                stock = http_checks.stock(url, Path(folder), _TOKENS)
                spent = partial(bare_database.postgres_processor, url)
                served = _whole(http_checks.load_on(stock, workers, spent), 3 * _TOKENS)
                result[workers] = served, bare_database.postgres_commits(url, workers)
    return result


def _whole(served: http_checks.Served, checks: int) -> http_checks.Served:
    """Give the load back if every code was accepted; AssertionError otherwise, as its rate would
    mean nothing."""
    if served.load.accepted != checks:
        raise RuntimeError(
            f"{served.load.accepted} of {checks} codes were accepted; {served.load.refused}"
        )
    return served


def processor_on_sqlite() -> Figure:
    """The processor's time for one check, against that of 1,000 HMACs."""
    return Figure(
        "processor time of a check, SQLite",
        on_sqlite().processor_ms,
        "ms",
        "1,000 HMAC-SHA-1",
        1000 * thousand_hmacs(),
        _OF_HMACS,
    )


def processor_of_wrong_codes() -> Figure:
    """The processor's time for a wrong code, against that for a right one."""
    return Figure(
        "processor time of a wrong code, SQLite",
        wrong_codes_on_sqlite().processor_ms,
        "ms",
        "a right code",
        on_sqlite().processor_ms,
        _OF_RIGHT_CODES,
    )


def slowest_of_a_crowd() -> Figure:
    """The latency at many connections that 1 % of the checks exceed, against the median."""
    load = crowd_on_sqlite().load
    return Figure(
        f"p99 of a check at {_CROWD} connections, SQLite",
        1000 * load.percentile(0.99),
        "ms",
        "p50",
        1000 * load.percentile(0.5),
        _OF_MEDIAN,
    )


def against_bare_sqlite() -> Figure:
    """Durable checks a second over HTTP, against single commits of the bare database."""
    served, limit = in_turn_on_sqlite()
    return Figure(
        "checks, 1 worker, SQLite, over HTTP",
        served.load.rate,
        "1/s",
        "bare single commits",
        limit,
        _OF_BARE,
        more_is_better=True,
    )


def rate_against_privacyidea() -> Figure:
    """Checks a second against privacyIDEA's, one worker each, both on SQLite."""
    theirs = on_privacyidea().load.rate
    return Figure(
        "checks, 1 worker", on_sqlite().load.rate, "1/s", "privacyIDEA", theirs, more_is_better=True
    )


def latency_against_privacyidea(share: float) -> Figure:
    """Latency at 32 connections against privacyIDEA's."""
    ours, theirs = on_sqlite().load.percentile(share), on_privacyidea().load.percentile(share)
    name = f"p{share * 100:.0f} of a check at {http_checks.CONNECTIONS} connections"
    return Figure(name, 1000 * ours, "ms", "privacyIDEA", 1000 * theirs)


def memory_against_privacyidea() -> Figure:
    """Memory after the load against privacyIDEA's."""
    return Figure(
        "memory, 1 worker",
        on_sqlite().memory / 2**20,
        "MiB",
        "privacyIDEA",
        on_privacyidea().memory / 2**20,
    )


def memory_after_many_checks() -> Figure:
    """Memory of one worker on SQLite after ten times as many checks, against that before."""
    with tempfile.TemporaryDirectory() as folder:
        stock = http_checks.stock(f"sqlite:///{folder}/validator.db", Path(folder), _TOKENS)
        few, many = http_checks.memory_after(stock, (_MANY, _TEN_TIMES_AS_MANY - _MANY))
    return Figure(
        f"memory, 1 worker, after {_TEN_TIMES_AS_MANY:,} checks",
        many / 2**20,
        "MiB",
        f"after {_MANY:,}",
        few / 2**20,
        _OF_MEMORY,
    )


def rate_on_postgres(workers: int) -> Figure:
    """Durable checks a second on PostgreSQL, against the bare database with as many connections."""
    served, limit = on_postgres()[workers]
    name = f"checks, {workers} worker{'s' if workers > 1 else ''}, PostgreSQL, over HTTP"
    rate = served.load.rate
    return Figure(name, rate, "1/s", "bare single commits", limit, _OF_BARE, more_is_better=True)


def more_workers_on_postgres() -> Figure:
    """The rate of checks of four workers, against one."""
    four, one = (on_postgres()[workers][0].load.rate for workers in (4, 1))
    name = "checks, 4 workers, PostgreSQL, over HTTP"
    return Figure(name, four, "1/s", "1 worker", one, more_is_better=True)


def workers_use_the_processors() -> Figure:
    """The rate of checks of four workers, against 1.5 times that of one, or, where that is more
    than the processors can do, what they can: server, PostgreSQL and load share them."""
    four, one = (on_postgres()[workers][0] for workers in (4, 1))
    wanted, against = min(
        (_OF_ONE_WORKER * one.load.rate, f"{_OF_ONE_WORKER} times 1 worker"),
        (_OF_PROCESSORS * four.most, f"{_OF_PROCESSORS:.0%} of what the processors can do"),
    )
    name = "checks, 4 workers, PostgreSQL, over HTTP"
    return Figure(name, four.load.rate, "1/s", against, wanted, more_is_better=True)


def figures() -> Iterator[Callable[[], Figure]]:
    """Give the measurements in order; those that need a server that is not installed are left out,
    and the server is named on standard error."""
    yield processor_on_sqlite
    yield processor_of_wrong_codes
    yield slowest_of_a_crowd
    yield against_bare_sqlite
    yield memory_after_many_checks
    if privacyidea.installed():
        yield rate_against_privacyidea
        yield lambda: latency_against_privacyidea(0.5)
        yield lambda: latency_against_privacyidea(0.99)
        yield memory_against_privacyidea
    else:
        print(f"Not compared: {privacyidea.ABSENT}.", file=sys.stderr)
    if postgres.binaries() is not None:
        yield lambda: rate_on_postgres(1)
        yield more_workers_on_postgres
        yield workers_use_the_processors
    else:
        print(f"Not measured: {postgres.ABSENT}.", file=sys.stderr)
