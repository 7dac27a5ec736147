"""Writes one file to every board that is plugged in, side by side: a thread for each.

Which of the ports that appear belongs to which drive, or to a boot loader at a port, nobody can
tell unless it is named: after all are written, each answer counts for one of them.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from host_tools import child_programs
from host_tools.errors import ExitCode, KodebrikError
from host_tools.flashing import arrival, board_port, drives
from host_tools.flashing.board_port import Found
from host_tools.flashing.drives import Drive
from host_tools.flashing.image_file import ImageFile
from host_tools.link import ports
from host_tools.link.replies import Hello
from host_tools.progress import Progress


@dataclass(frozen=True)
class Outcome:
    """What became of a board at `target`, a drive or a port: its token's hello, or an error; both
    None while one that took everything is awaited."""

    target: str
    hello: Hello | None = None
    error: KodebrikError | None = None


@dataclass(frozen=True)
class Erasable:
    """What may be lost: the secrets of tokens at ports, and whatever boards with drives hold."""

    at_ports: bool
    on_drives: bool


@dataclass(frozen=True)
class Targets:
    """Boards by their drives and ports; `awaited` are the ports at which the tokens of the drives
    will answer, in their order. Without any, each appears at a port of its own."""

    drives: Sequence[Drive]
    ports: Sequence[str]
    awaited: Sequence[str] = ()

    @property
    def names(self) -> list[str]:
        """The targets of all boards, in their order."""
        return [*(str(drive.path) for drive in self.drives), *self.ports]


def found(awaited: Sequence[str] = ()) -> Targets:
    """Give the drives and ports of the boards that are plugged in; KodebrikError when there are
    none."""
    targets = Targets(drives.mounted(), ports.candidates(ports.devices()), awaited)
    if not targets.names:
        raise KodebrikError("flash-no-board", ExitCode.NO_PORT)
    return targets


def write(
    image: ImageFile, targets: Targets, erasable: Erasable, progress: Callable[[str], Progress]
) -> list[Outcome]:
    """Write `image` to all targets; give the outcome of each, in their order. `progress` gives the
    callback of a board, by its target."""
    before = ports.candidates(ports.devices())

    def to_drive(drive: Drive) -> Outcome:
        drives.check(drive, image.board["title"], image.board["mcu"])
        drives.check_erasable(drive, erasable.on_drives)
        drives.copy(image.data, drive, progress(str(drive.path)))
        return Outcome(str(drive.path))

    def to_port(port: str) -> Outcome:
        found = board_port.ask(port, image, erasable.at_ports)
        report = progress(port)
        board_port.write(port, image, found, erase_secrets=erasable.at_ports, report=report)
        if found is Found.LOADER:
            return Outcome(port)
        return Outcome(port, arrival.await_hello(image, lambda: [port]))

    with ThreadPoolExecutor(len(targets.names)) as pool, child_programs.ending():
        on_drives = [
            pool.submit(_tried, str(drive.path), to_drive, drive) for drive in targets.drives
        ]
        on_ports = [pool.submit(_tried, port, to_port, port) for port in targets.ports]
        copied = [each.result() for each in on_drives]
        written = [each.result() for each in on_ports]
    outcomes = copied + written
    restarting = [each.target for each in written if each.hello is None and each.error is None]
    answers = _Answers(image, arrival.new_ports((*before, *targets.awaited), restarting))
    finds = {
        str(drive.path): partial(arrival.await_hello, image, partial(list, [port]))
        for drive, port in zip(targets.drives, targets.awaited, strict=False)
    }
    return [_answered(each, finds.get(each.target, answers.next)) for each in outcomes]


def _tried(target: str, work: Callable[..., Outcome], *arguments: object) -> Outcome:
    try:
        return work(*arguments)
    except KodebrikError as error:
        return Outcome(target, error=error)


class _Answers:
    """Tokens that answer at the ports which `find` lists, each once."""

    def __init__(self, image: ImageFile, find: Callable[[], list[str]]) -> None:
        self._image = image
        self._new = find
        self._counted: set[str] = set()
        self._asked = ""
        self._more = True  # whether another port may still appear

    def next(self) -> Hello | None:
        if not self._more:
            return None
        hello = arrival.await_hello(self._image, self._one)
        self._counted.add(self._asked)
        self._more = hello is not None
        return hello

    def _one(self) -> list[str]:
        """Give one port at a time, another at each look, so that it is known which one answers."""
        waiting = sorted(set(self._new()) - self._counted)
        if not waiting:
            return []
        later = [port for port in waiting if port > self._asked]
        self._asked = (later or waiting)[0]
        return [self._asked]


def _answered(copied: Outcome, hear: Callable[[], Hello | None]) -> Outcome:
    if copied.error is not None or copied.hello is not None:
        return copied
    try:
        hello = hear()
    except KodebrikError as error:
        return Outcome(copied.target, error=error)
    if hello is None:
        return Outcome(copied.target, error=arrival.no_hello(copied.target))
    return Outcome(copied.target, hello)
