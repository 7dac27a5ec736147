"""Programs for which threads wait: none outlasts the command, also when that alone gets SIGINT.

Each has a process group of its own: a terminal's Ctrl-C is for the command, which ends the program
with all that it has started. How such a program ended says nothing about its work.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

_lock = threading.Lock()
_running: set[subprocess.Popen[str]] = set()
_over = threading.Event()


class EndedError(Exception):
    """The command is at its end, and starts no program any more."""


@contextmanager
def ending() -> Iterator[None]:
    """When the block fails, as by Ctrl-C, end every program for which another thread waits, and let
    none of those threads start one: it would work on when this one has ended."""
    _over.clear()
    try:
        yield
    except BaseException:
        with _lock:
            _over.set()
            for process in _running:
                _kill(process)
        raise


@contextmanager
def running(arguments: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a program with these options of Popen, and await its end; it is killed when the block
    fails, or that of ending() does. OSError when it cannot be started, EndedError when the command
    is at its end before the program is."""
    with _lock:
        _check_not_over()
        process = subprocess.Popen(arguments, text=True, process_group=0, **options)  # noqa: S603 - the caller's
        _running.add(process)
    try:
        with process:
            try:
                yield process
            except BaseException:
                _kill(process)
                raise
    finally:
        with _lock:
            _running.discard(process)
    _check_not_over()


def _check_not_over() -> None:
    if _over.is_set() and threading.current_thread() is not threading.main_thread():
        raise EndedError


def _kill(process: subprocess.Popen[str]) -> None:
    """End a program and what it has started; nothing of one whose end was awaited."""
    if process.returncode is not None:
        return
    if sys.platform == "win32":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):  # it has ended just now (macOS: the latter)
        os.killpg(process.pid, signal.SIGKILL)
