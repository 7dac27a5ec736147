"""The rate at which a bare database commits: the conditional update of a check, durably, one by
one.

Without server, HTTP, encryption and audit, it is the reference for the rate of checks. A server
that commits several waiting checks together may exceed it.
"""

import sqlite3
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg

_SECONDS = 3.0
_ROWS = 1000
_UPDATE = "UPDATE bare SET last_step = last_step + 1 WHERE id = {0} AND last_step < {0}"


def sqlite_commits() -> float:
    """Give the commits a second of one connection, journal WAL, synchronous FULL, as the validator
    sets it."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, last_step INTEGER NOT NULL)")
        connection.executemany("INSERT INTO bare VALUES (?, 0)", ((n,) for n in range(_ROWS)))
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < _SECONDS:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(_UPDATE.format("?"), (done % _ROWS, 2**40))
            connection.execute("COMMIT")
            done += 1
        connection.close()
        return done / _SECONDS


def postgres_commits(url: str, connections: int) -> float:
    """Give the commits a second of so many connections together."""
    address = url.replace("postgresql+psycopg:", "postgresql:")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY, last_step BIGINT NOT NULL)"
        )
        connection.execute("TRUNCATE bare")
        connection.execute(
            f"INSERT INTO bare SELECT n, 0 FROM generate_series(0, {connections * _ROWS}) n"
        )
    with ThreadPoolExecutor(connections) as pool:
        return (
            sum(pool.map(lambda number: _commits(address, number), range(connections))) / _SECONDS
        )


def postgres_processor(url: str) -> float:
    """Give the processor time, in seconds, that a PostgreSQL on this machine has spent, all its
    processes together, those that have ended too."""
    with psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:")) as connection:
        server = psutil.Process(connection.info.backend_pid).parent()
    assert server is not None  # the process that starts one for each connection
    while True:
        times = server.cpu_times()
        spent = times.user + times.system + times.children_user + times.children_system
        try:
            for process in server.children():
                spent += sum(process.cpu_times()[:2])  # user, system
        except psutil.NoSuchProcess:
            continue  # it has ended meanwhile, and is counted with the server's children
        return float(spent)


def _commits(address: str, number: int) -> int:
    with psycopg.connect(address, autocommit=True) as connection:
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < _SECONDS:
            connection.execute(_UPDATE.format("%s"), (number * _ROWS + done % _ROWS, 2**40))
            done += 1
        return done
