"""Importing a million tokens in one transaction, from tokens that are made one by one: the memory
of the process that does it, and its rate at the end beside that at the beginning."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise

from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.records import NewToken
from host_tools.validator.service import Validator
from tests.bench.figure import Figure
from tests.support.validator.database import MASTER

_TOKENS = 1_000_000
_MOST_MIB = 250
_OF_BEGINNING = 0.9  # of the first tenth's rate
_PARTS = 10


class _Stream:
    """Tokens that are made while one goes through them."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[NewToken]:
        for number in range(self._size):
            secret = Secret(number.to_bytes(20))
            yield NewToken(f"{number:012}", Credential("bench", secret))

    def __contains__(self, token: object) -> bool:
        return token in iter(self)


def _work(size: int) -> None:
    """Import, and print the seconds of each tenth and the largest resident KiB as JSON."""
    times = [time.perf_counter()]

    def tell(done: int, total: int) -> None:
        if done * _PARTS // total >= len(times):
            times.append(time.perf_counter())

    with (
        tempfile.TemporaryDirectory() as folder,
        Validator(f"sqlite:///{folder}/validator.db", MASTER) as validator,
    ):
        validator.import_tokens(_Stream(size), actor="bench", progress=tell)
    seconds = [after - before for before, after in pairwise(times)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak": peak}))


@cache
def _imported() -> tuple[list[float], float]:
    """Import in a process of its own; give the seconds of each tenth, and the peak in MiB."""
    command = [sys.executable, "-m", __name__, str(_TOKENS)]
    told = json.loads(subprocess.check_output(command, text=True))
    return told["seconds"], told["peak"] / 1024


def memory() -> Figure:
    """The largest resident memory of the importing process."""
    name = f"memory of an import of {_TOKENS:,} tokens, SQLite"
    return Figure(name, _imported()[1], "MiB", "budget", _MOST_MIB)


def rate_at_the_end() -> Figure:
    """Tokens a second in the last tenth, against the first."""
    seconds, _ = _imported()
    first, last = (_TOKENS / _PARTS / part for part in (seconds[0], seconds[-1]))
    name = f"import of {_TOKENS:,} tokens, SQLite, the last tenth"
    return Figure(name, last, "1/s", "the first tenth", first, _OF_BEGINNING, more_is_better=True)


def figures() -> list[Callable[[], Figure]]:
    """Give the measurements."""
    return [memory, rate_at_the_end]


if __name__ == "__main__":
    _work(int(sys.argv[1]))
