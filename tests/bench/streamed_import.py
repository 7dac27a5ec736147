"""Importing many tokens in one transaction: the memory of the process that does it, and its rate at
the end beside that at the beginning, in processor time. A million tokens that are made one by one,
and encrypted PSKC and CSV files of 100,000, each read whole and then stored; a CSV file with a
list of as many users, who get the tokens at once; and what `kodebrik import --dry-run` takes.

`python -m tests.bench.streamed_import pskc 1000000` measures a file of any size, and with
`--postgresql` on PostgreSQL, whose own processor time is not counted.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, redirect_stdout
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import IO

from host_tools.cli import main
from host_tools.cli.options import users_file
from host_tools.exchange import formats
from host_tools.exchange.csv import writer as csv_writer
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.pskc import writer as pskc_writer
from host_tools.exchange.token_file import ReadOptions
from host_tools.otp.credential import Credential
from host_tools.progress import Progress
from host_tools.secret import Secret
from host_tools.validator.records import NewToken, NewTokens
from host_tools.validator.service import Validator
from tests.bench import large_database
from tests.bench.figure import Figure
from tests.support import postgres
from tests.support.validator.database import MASTER

_SIZES = {"made": 1_000_000, "pskc": 100_000, "csv": 100_000}
_USERS_SIZE = 100_000  # tokens that are assigned, or looked at only
_MOST_MIB = 250
_OF_BEGINNING = 0.9  # of the second tenth's rate
_PARTS = 10
_KEY = Secret(bytes(range(16)))
_DATABASE = "KODEBRIK_DATABASE"
_OF_SOURCE = {
    "made": "",
    "pskc": " from PSKC",
    "csv": " from CSV",
    "users": ", assigned and activated",
    "dry-run": " with --dry-run",
}


class _Stream(Collection[KeyPackage]):
    """Tokens that are made while one goes through them."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[KeyPackage]:
        for number in range(self._size):
            yield KeyPackage(f"{number:012}", Credential("bench", Secret(number.to_bytes(20))))

    def __contains__(self, token: object) -> bool:
        return any(token == one for one in self)


def _write(source: str, size: int, file: IO[bytes]) -> None:
    if source == "pskc":
        pskc_writer.stream(_Stream(size), file, _KEY, None)
    elif source in ("csv", "dry-run"):
        file.writelines(csv_writer.lines(_Stream(size), "server"))
    elif source == "users":
        file.writelines(f"{number:012},user-{number}\n".encode() for number in range(size))
    file.flush()


def _read(source: str, size: int, path: str, progress: Progress) -> Collection[NewToken]:
    if source in ("made", "users"):
        return NewTokens(_Stream(size))
    key = _KEY if source == "pskc" else None
    with formats.opened(Path(path)) as file:
        return NewTokens(formats.read(file, ReadOptions(key, progress=progress)).tokens)


class _Tenths:
    """The processor's seconds, this process's and the system's for it, of each tenth of a work."""

    def __init__(self) -> None:
        self._times = [time.process_time()]

    def tell(self, done: int, total: int) -> None:
        """Take a report of progress."""
        if done * _PARTS // total >= len(self._times):
            self._times.append(time.process_time())

    @property
    def seconds(self) -> list[float]:
        """List them; they are 0 for work that was not done."""
        return [after - before for before, after in pairwise(self._times)] or [0.0] * _PARTS


def _work(source: str, size: int, path: str, url: str) -> None:
    """Import into an empty database, and print the seconds of each tenth, of reading and of
    storing, and the largest resident KiB as JSON."""
    reading, storing = _Tenths(), _Tenths()
    with Validator(url, MASTER) as validator:
        if source == "dry-run":
            with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
                main(["import", path, "--dry-run"])
        else:
            new = _read(source, size, path, reading.tell)
            users = users_file.read(Path(path)) if source == "users" else None
            storing = _Tenths()
            validator.import_tokens(
                new,
                users=users,
                activate=users is not None,
                actor="bench",
                progress=storing.tell,
            )
    print(json.dumps({"reading": reading.seconds, "storing": storing.seconds, "peak": _peak()}))


def _peak() -> int:
    """Give the largest resident KiB of this process; getrusage() also counts the memory of the one
    that it was forked from (proc(5), VmHWM)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


@cache
def _imported(source: str, size: int, kind: str) -> tuple[list[float], float]:
    """Import in a process of its own; give the seconds of each tenth, and the peak in MiB."""
    with tempfile.NamedTemporaryFile() as file, ExitStack() as stack:
        _write(source, size, file)
        if kind == "SQLite":
            url = stack.enter_context(large_database.on_sqlite())
        else:
            url = stack.enter_context(postgres.database(stack.enter_context(postgres.running())))
        command = [sys.executable, "-m", "tests.bench.streamed_import", source, str(size)]
        environment = os.environ | {_DATABASE: url}  # it has a password
        told = json.loads(
            subprocess.check_output([*command, "--file", file.name], text=True, env=environment)
        )
    tenths = [sum(pair) for pair in zip(told["reading"], told["storing"], strict=True)]
    return tenths, told["peak"] / 1024


def _named(source: str, size: int) -> str:
    return f"import of {size:,} tokens{_OF_SOURCE[source]}"


def memory(source: str, size: int, kind: str = "SQLite") -> Figure:
    """The largest resident memory of the importing process."""
    name = f"memory of an {_named(source, size)}, {kind}"
    return Figure(name, _imported(source, size, kind)[1], "MiB", "budget", _MOST_MIB)


def rate_at_the_end(source: str, size: int, kind: str = "SQLite") -> Figure:
    """Tokens a second of the processor in the last tenth, against the second: the first has the
    first pass over the file."""
    seconds, _ = _imported(source, size, kind)
    second, last = (size / _PARTS / part for part in (seconds[1], seconds[-1]))
    name = f"{_named(source, size)}, {kind}, the last tenth"
    return Figure(name, last, "1/s", "the second tenth", second, _OF_BEGINNING, more_is_better=True)


def figures() -> Iterator[Callable[[], Figure]]:
    """Give the measurements."""
    for source, size in _SIZES.items():
        yield partial(memory, source, size)
        yield partial(rate_at_the_end, source, size)
    for source in ("users", "dry-run"):
        yield partial(memory, source, _USERS_SIZE)
    if postgres.binaries() is not None:
        for figure in (memory, rate_at_the_end):
            yield partial(figure, "pskc", _SIZES["pskc"], "PostgreSQL")


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", choices=_OF_SOURCE)
    parser.add_argument("size", type=int)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--file", help="import this one, in this process")
    asked = parser.parse_args()
    if asked.file is not None:
        _work(asked.source, asked.size, asked.file, os.environ[_DATABASE])
        return
    kind = "PostgreSQL" if asked.postgresql else "SQLite"
    print(line(memory(asked.source, asked.size, kind)))
    if asked.source in _SIZES:
        print(line(rate_at_the_end(asked.source, asked.size, kind)))


if __name__ == "__main__":
    from tests.bench.__main__ import line

    _main()
