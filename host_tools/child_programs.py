"""Programs for which threads wait: none outlasts the command, also when that alone gets SIGINT."""

import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
                process.kill()
        raise


@contextmanager
def running(arguments: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a program with these options of Popen, and await its end; it is killed when the block
    fails, or that of ending() does. OSError when it cannot be started, EndedError too late."""
    with _lock:
        if _over.is_set() and threading.current_thread() is not threading.main_thread():
            raise EndedError
        process = subprocess.Popen(arguments, text=True, **options)  # noqa: S603 - the caller's
        _running.add(process)
    try:
        with process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise
    finally:
        with _lock:
            _running.discard(process)
