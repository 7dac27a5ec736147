"""Runs Espressif's esptool, which is under the GPL and stays apart: as a program of its own that is
understood by its exit code and the lines of the version that is installed with kodebrik."""

import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from host_tools.errors import ExitCode, KodebrikError

CHIPS = {"ESP32-S3": "esp32s3"}  # microcontrollers of the board files, as esptool names them


_lock = threading.Lock()
_running: set[subprocess.Popen[str]] = set()
_over = threading.Event()
_ENDED = -9  # the exit code of one that is ended


@contextmanager
def ending() -> Iterator[None]:
    """When the block fails, as by Ctrl-C, end every esptool for which another thread waits, and let
    none of those threads start one: it would write on when this program has ended."""
    _over.clear()
    try:
        yield
    except BaseException:
        with _lock:
            _over.set()
            for process in _running:
                process.kill()
        raise


def run(*arguments: str, see: Callable[[str], None] = lambda line: None) -> tuple[str, int]:
    """Give what esptool said, and its exit code; `see` gets each line while it works. KodebrikError
    when it is not installed."""
    if importlib.util.find_spec("esptool") is None:
        raise KodebrikError("not-installed-flash", ExitCode.NOT_INSTALLED, package="esptool")
    said = []
    with _lock:
        if _over.is_set() and threading.current_thread() is not threading.main_thread():
            return "", _ENDED
        process = _started(arguments)
        _running.add(process)
    with process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            for line in process.stdout:
                said.append(line)
                see(line)
        except BaseException:
            process.kill()
            raise
        finally:
            with _lock:
                _running.discard(process)
    return "".join(said), process.returncode


def _started(arguments: tuple[str, ...]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own arguments
        [sys.executable, "-u", "-m", "esptool", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # A narrow terminal would cut its lines.
        env=os.environ | {"COLUMNS": "120", "PYTHONIOENCODING": "utf-8"},
    )
