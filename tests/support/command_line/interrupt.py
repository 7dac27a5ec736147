"""A command in a terminal of its own that is interrupted as Ctrl-C does: once, at a marker in what
it shows."""

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.command_line.program import KODEBRIK
from tests.support.limits import REAL_LIMIT

LIMIT = 2.0  # seconds from Ctrl-C to the end


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, the seconds from the signal, everything that it showed,
    and which of its processes were left after LIMIT. Seconds are counted for each process without
    those in which it was ready to go on and a busy machine did not let it."""

    code: int
    seconds: float
    shown: str
    left: tuple[str, ...]


def interrupted(
    arguments,
    marker: str,
    environment: dict[str, str],
    group: bool = True,
    before: Callable[[str, list[int]], None] | None = None,
) -> Ended:
    """Start a command, send SIGINT to its process group when it shows what `marker` (a regular
    expression) matches, and await its end. Without `group` the signal is for its first process
    alone; `before` is called first, with what was shown and the numbers of the
    processes that the command has started."""
    terminal, inner = os.openpty()
    process = subprocess.Popen(
        [*KODEBRIK, *map(str, arguments)],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
        env=os.environ | {"TERM": "xterm"} | environment,
    )
    os.close(inner)
    shown = b""
    try:
        end = time.monotonic() + REAL_LIMIT
        while not re.search(marker, _plain(shown)):
            assert time.monotonic() < end, _plain(shown)[-300:]
            assert process.poll() is None, _plain(shown)[-300:]
            shown += _read(terminal)
        family = _descendants(process.pid)
        if before is not None:
            before(_plain(shown), family)
            family = _descendants(process.pid)
        waited_before = {pid: _waited(pid) for pid in [process.pid, *family]}
        began = time.monotonic()
        (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
        waited = waited_before[process.pid]
        while process.poll() is None:
            assert time.monotonic() < began + REAL_LIMIT, _plain(shown)[-300:]
            waited = max(waited, _waited(process.pid))
            shown += _read(terminal)
        seconds = time.monotonic() - began - (waited - waited_before[process.pid])
        while more := _read(terminal):
            shown += more
        left = []
        for pid in family:
            while (
                _lives(pid) and time.monotonic() < began + LIMIT + _waited(pid) - waited_before[pid]
            ):
                time.sleep(0.01)
            if _lives(pid):
                left.append(_command(pid))
        return Ended(process.returncode, seconds, _plain(shown), tuple(left))
    finally:
        for pid in [*_descendants(process.pid), process.pid]:
            if _lives(pid):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        os.close(terminal)


def _plain(shown: bytes) -> str:
    """Give what was shown without colours and movements of the cursor (ECMA-48)."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode(errors="replace"))


def _read(terminal: int) -> bytes:
    """Give what the terminal shows within a twentieth of a second."""
    if not select.select([terminal], [], [], 0.05)[0]:
        return b""
    try:
        return os.read(terminal, 65536)
    except OSError:  # nobody has the terminal open any more
        return b""


def _waited(pid: int) -> float:
    """Give the seconds that a process' main thread has waited for a processor (Linux,
    Documentation/scheduler/sched-stats.rst)."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def _descendants(pid: int) -> list[int]:
    """Give the processes that a process has started, and theirs."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(folder.name))
    found, new = [], [pid]
    while new:
        new = [child for parent in new for child in children.get(parent, [])]
        found += new
    return found


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return str(pid)
