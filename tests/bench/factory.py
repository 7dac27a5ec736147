"""A factory's batch of 10,000 tokens: their secrets, PSKC and letters, in time that grows with the
tokens and memory that does not; and how many tokens a minute a station makes.

Each work is done by a process of its own (factory_work.py), in a folder in memory where there is
one: commits to a disk cost what the disk takes, three for each token.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from tests.bench.figure import Figure
from tests.support.command_line.program import KODEBRIK
from tests.support.emulated.fleet import fleet

_FEW, _MANY = 1000, 10_000
_PDFS = (200, 600)  # of one process that draws, and of three one after the other
_STATION = 20  # tokens at once
_MEMORY = Path("/dev/shm")


def _work(name: str, count: int, folder: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.factory_work", name, str(count), folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


@cache
def _measured() -> dict[tuple[str, int], dict[str, float]]:
    """Seconds and peak memory (MB) of each work on few and on many tokens."""
    found = {}
    for count in (_FEW, _MANY):
        place = _MEMORY if _MEMORY.is_dir() else None
        with tempfile.TemporaryDirectory(dir=place) as folder:
            for name in ("secrets", "pskc", "letters"):
                found[name, count] = _work(name, count, folder)
            if count == _FEW:
                for pdfs in _PDFS:
                    found["pdf_letters", pdfs] = _work("pdf_letters", pdfs, folder)
    return found


def _growth(name: str, words: str) -> Iterator[Callable[[], Figure]]:
    def seconds() -> Figure:
        many, few = (_measured()[name, count]["seconds"] for count in (_MANY, _FEW))
        return Figure(
            f"factory: {_MANY:,} {words}",
            many,
            "s",
            f"{_MANY // _FEW} times {_FEW:,}",
            10 * few,
            1.5,
        )

    def memory() -> Figure:
        many, few = (_measured()[name, count]["megabytes"] for count in (_MANY, _FEW))
        return Figure(
            f"factory: memory for {_MANY:,} {words}", many, "MB", f"for {_FEW:,}", few, 1.2
        )

    yield seconds
    yield memory


def pdf_letters() -> Figure:
    """What the libraries that draw keep of each letter goes with the process that has drawn it."""
    few, many = (_measured()["pdf_letters", count] for count in _PDFS)
    each = many["seconds"] / _PDFS[1]
    return Figure(
        f"factory: memory for {_PDFS[1]} letters as PDF ({_MANY:,} in {_MANY * each / 60:.0f} min)",
        many["megabytes"],
        "MB",
        f"for {_PDFS[0]}",
        few["megabytes"],
        1.05,
    )


def station() -> Figure:
    """Twenty emulated tokens at once, beside one alone: a station waits for tokens, not for
    itself."""
    together, alone = _rate(_STATION), _rate(1)
    return Figure(
        f"factory: {_STATION} tokens at once",
        together,
        "tokens a minute",
        "one alone",
        alone,
        3.0,
        more_is_better=True,
    )


def _rate(count: int) -> float:
    """Tokens a minute of a `batch run`, from the first port that is opened to the last label."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = os.environ | {
            "KODEBRIK_INVENTORY": str(folder / "inventory.sqlite"),
            "KODEBRIK_ISSUER_KEY": "ab" * 32,
            "XDG_CONFIG_HOME": str(folder / "config"),
        }
        wanted = ["--count", str(count), "--product", "kodeviser", "--name", "b"]
        subprocess.run(
            [*KODEBRIK, "batch", "create", *wanted],
            env=environment,
            check=True,
            capture_output=True,
        )
        with fleet(folder, count) as tokens:
            ports = ",".join(str(token.port) for token in tokens)
            options = ["--ports", ports, "--trust-cable", "--output", str(folder / "out"), "--json"]
            done = subprocess.run(
                [*KODEBRIK, "batch", "run", *options],
                env=environment,
                check=True,
                capture_output=True,
                text=True,
            )
    rate: float = json.loads(done.stdout.splitlines()[-1])["tokens_a_minute"]
    return rate


def figures() -> list[Callable[[], Figure]]:
    """Give what measures each figure."""
    return [
        *_growth("secrets", "secrets drawn, sealed and noted"),
        *_growth("pskc", "tokens as encrypted PSKC"),
        *_growth("letters", "letters as HTML"),
        pdf_letters,
        station,
    ]
