"""The program kodebrik in a terminal of its own."""

import os
import pty
import re
import select
import signal
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.command_line.program import KODEBRIK
from tests.support.limits import REAL_LIMIT

DRAWN = re.compile("[\u2500-\u259f]")  # box drawing and block characters


@contextmanager
def in_a_terminal(*arguments, term="xterm", size=(80, 24)) -> Iterator[int]:
    """Run kodebrik in a terminal of the kind `term`, which is given, and of `size` columns and
    lines; it must end by itself, with exit code 0."""
    pid, terminal = pty.fork()
    if pid == 0:
        termios.tcsetwinsize(0, size[::-1])
        environment = os.environ | {"TERM": term, "COLUMNS": str(size[0]), "LINES": str(size[1])}
        os.execve(KODEBRIK[0], [*KODEBRIK, *map(str, arguments)], environment)
    try:
        yield terminal
        await_end(terminal)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    finally:
        os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def await_text(terminal, text) -> str:
    """Read the terminal until it shows `text`; give what it has shown."""
    seen = b""
    end = time.monotonic() + REAL_LIMIT
    while text.encode() not in seen:
        assert time.monotonic() < end, seen
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65536)
    return seen.decode(errors="replace")


def await_end(terminal) -> str:
    """Read until the program has ended; give what the terminal has shown."""
    seen = b""
    try:
        while piece := os.read(terminal, 65536):
            seen += piece
    except OSError:  # Linux: the other end is closed
        pass
    return seen.decode(errors="replace")
