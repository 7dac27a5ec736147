"""A soak test: a fleet simulated over years, in slices that run in several processes or on several
machines.

The same seed gives the same figures, whatever the slices. The work on a slice is a function of
plain data, which a process pool and Dask (https://distributed.dask.org, "Client.get_executor") can
run alike.
"""

from collections.abc import Iterator
from concurrent.futures import Executor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from host_tools import interrupts
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import cause
from host_tools.progress import Progress
from host_tools.qa.soak.fleet import draw_token
from host_tools.qa.soak.lifetime import Rules, Tally, simulate

WINDOWS = (0, 1, 2, 3)
SETTINGS = (*(Rules(window) for window in WINDOWS), Rules(1, learns=False))
_SLICE = 5  # tokens
_SCHEDULER_TIMEOUT = "10s"
_SCHEMES = ("tcp", "tls", "ws", "wss")


@dataclass(frozen=True)
class Soak:
    """What is simulated. `firmware`: how many tokens also run the firmware on its VM."""

    tokens: int
    years: float
    crystal: str
    seed: int
    firmware: int = 0


@dataclass(frozen=True)
class Slice:
    """Tokens `first` up to but not including `last`, under one setting. `perfect`: with clocks
    without any error, to measure the drift that a server learns from typing delays alone."""

    soak: Soak
    rules: Rules
    first: int
    last: int
    perfect: bool = False


@dataclass(frozen=True)
class SoakOutcome:
    """The tallies by setting, and that of the same users with perfect clocks."""

    soak: Soak
    tallies: dict[Rules, Tally]
    perfect: Tally


def simulate_slice(piece: Slice) -> Tally:
    """Simulate the tokens of a slice."""
    tally = Tally()
    for number in range(piece.first, piece.last):
        soak = piece.soak
        # The firmware is the same under every setting: it runs under the first that has the default
        # window.
        firmware = number < soak.firmware and piece.rules == Rules() and not piece.perfect
        drawn = draw_token(soak.seed, number, soak.crystal, piece.perfect)
        tally.add(simulate(drawn, piece.rules, soak.years, firmware))
    return tally


def slices(soak: Soak) -> list[Slice]:
    """Cut the fleet into slices, those that take longest first."""
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


def run(soak: Soak, executor: Executor, progress: Progress) -> SoakOutcome:
    """Simulate all slices; `progress(done, total)` is called after each."""
    pieces = slices(soak)
    tallies = {rules: Tally() for rules in SETTINGS}
    perfect = Tally()
    with interrupts.withheld_from_children():
        waiting = {executor.submit(simulate_slice, piece): piece for piece in pieces}
    progress(0, len(pieces))
    for done, future in enumerate(as_completed(waiting), 1):
        piece = waiting[future]
        (perfect if piece.perfect else tallies[piece.rules]).add(future.result())
        progress(done, len(pieces))
    return SoakOutcome(soak, tallies, perfect)


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        (parts.hostname or "").encode("idna")  # as the system does that looks it up
        valid = parts.scheme in _SCHEMES and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        valid = False
    if not valid:
        raise KodebrikError("dask-address-invalid", ExitCode.USAGE, address=address)


@contextmanager
def dask(address: str) -> Iterator[Executor]:
    """Give an executor on the Dask cluster whose scheduler is at `address` (tcp://HOST:PORT);
    KodebrikError when it is no such address, or nothing answers there."""
    _check_address(address)
    try:
        from distributed import Client  # noqa: PLC0415 - takes a second
    except ImportError:
        raise KodebrikError("not-installed-dask", ExitCode.NOT_INSTALLED) from None
    try:
        client = Client(address, timeout=_SCHEDULER_TIMEOUT)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        told = cause(error)
        known = told if isinstance(told, Message) else Message("system-error.etimedout")
        raise KodebrikError("dask-silent", ExitCode.SILENT, address=address, reason=known) from None
    with client:
        yield client.get_executor(pure=False)  # type: ignore[no-untyped-call]
