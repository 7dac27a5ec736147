"""A soak: a fleet over years, cut into slices that any number of processes or machines work off.

The same seed gives the same figures, however the fleet was cut. A slice is a plain function of
plain data, so that a process pool and Dask (https://distributed.dask.org, "Client.get_executor")
take it alike.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass

from host_tools.errors import ExitCode, KodebrikError
from host_tools.qa.soak.fleet import member
from host_tools.qa.soak.lifetime import Rules, Tally, live

WINDOWS = (0, 1, 2, 3)
SETTINGS = (*(Rules(window) for window in WINDOWS), Rules(1, learns=False))
_SLICE = 5  # tokens


@dataclass(frozen=True)
class Soak:
    """What is soaked: `firmware` tokens of the fleet run the firmware on its VM beside the clock
    chip alone."""

    tokens: int
    years: float
    crystal: str
    seed: int
    firmware: int = 0


@dataclass(frozen=True)
class Slice:
    """Tokens `first` to before `last`, under one setting; `perfect` clocks show what typing alone
    teaches."""

    soak: Soak
    rules: Rules
    first: int
    last: int
    perfect: bool = False


@dataclass(frozen=True)
class Outcome:
    """The tallies by setting, and that of the same users with clocks that have no error at all."""

    soak: Soak
    tallies: dict[Rules, Tally]
    perfect: Tally


def work(piece: Slice) -> Tally:
    """Let a slice's tokens live."""
    tally = Tally()
    for number in range(piece.first, piece.last):
        soak = piece.soak
        # The firmware is the same under every setting: it runs under the first that has the default
        # window.
        firmware = number < soak.firmware and piece.rules == Rules() and not piece.perfect
        drawn = member(soak.seed, number, soak.crystal, piece.perfect)
        tally.add(live(drawn, piece.rules, soak.years, firmware))
    return tally


def slices(soak: Soak) -> list[Slice]:
    """Cut the fleet; the pieces that take longest come first."""
    starts = range(0, soak.tokens, _SLICE)
    pieces = [
        Slice(soak, rules, first, min(first + _SLICE, soak.tokens))
        for rules in sorted(
            SETTINGS, key=lambda rules: (rules != Rules(), rules.learns, rules.window)
        )
        for first in starts
    ]
    return pieces + [
        Slice(soak, Rules(), first, min(first + _SLICE, soak.tokens), perfect=True)
        for first in starts
    ]


def run(soak: Soak, executor: Executor, progress: Callable[[int, int], None]) -> Outcome:
    """Work off all slices; `progress` is told how many of how many are done."""
    pieces = slices(soak)
    tallies = {rules: Tally() for rules in SETTINGS}
    perfect = Tally()
    waiting = {executor.submit(work, piece): piece for piece in pieces}
    for done, future in enumerate(as_completed(waiting), 1):
        piece = waiting[future]
        (perfect if piece.perfect else tallies[piece.rules]).add(future.result())
        progress(done, len(pieces))
    return Outcome(soak, tallies, perfect)


@contextmanager
def processes(count: int) -> Iterator[Executor]:
    """Work on this machine, in so many processes."""
    with ProcessPoolExecutor(count) as pool:
        yield pool


@contextmanager
def dask(address: str) -> Iterator[Executor]:
    """Work on the machines of a Dask cluster whose scheduler is at `address`, such as
    tcp://192.0.2.7:8786."""
    try:
        from distributed import Client  # noqa: PLC0415 - a second that a soak on one machine need not wait
    except ImportError:
        raise KodebrikError(
            "Dask is not installed.",
            "Install it: pip install 'kodebrik[qa]'.",
            ExitCode.NOT_INSTALLED,
        ) from None
    try:
        client = Client(address, timeout="10s")  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise KodebrikError(
            f"No Dask scheduler answers at {address}: {error}.",
            "Start one with 'dask scheduler', and 'dask worker' on each machine.",
            ExitCode.SILENT,
        ) from None
    with client:
        yield client.get_executor(pure=False)  # type: ignore[no-untyped-call]
