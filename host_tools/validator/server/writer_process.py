"""The writer's process, as the server's first process starts, watches and ends it."""

import os
import signal
import threading
import time
from multiprocessing import Pipe, get_context, resource_tracker
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

from host_tools import interrupts
from host_tools.validator.keys.locate import open_key
from host_tools.validator.server import interpreter
from host_tools.validator.server.options import handed_on
from host_tools.validator.service import Validator
from host_tools.validator.writer.loop import Writer

Health: TypeAlias = "Connection[Any, Any]"

START_SECONDS = 60.0  # that a new writer has until it answers


class WriterProcess:
    """A process that decides checks for all workers. It imports no web framework."""

    def __init__(self) -> None:
        """Start it."""
        self._health, theirs = Pipe()
        self._process = get_context("spawn").Process(target=_run, args=(theirs,), name="writer")
        self._asked = False
        self._started_until = time.monotonic() + START_SECONDS
        if os.name != "nt":
            # Else the first child starts it, and that lets SIGINT through.
            resource_tracker.ensure_running()
        with interrupts.withheld_from_children():
            self._process.start()
        theirs.close()

    def is_alive(self, seconds: float) -> bool:
        """Say whether it answers within so many seconds, or still starts."""
        starts = time.monotonic() < self._started_until
        try:
            if not self._asked:
                self._health.send_bytes(b"?")
                self._asked = True
            if not self._health.poll(0 if starts else seconds):
                return starts and self._process.is_alive()
            self._health.recv_bytes()
        except (OSError, EOFError):
            return False
        self._asked, self._started_until = False, 0.0
        return True

    def end(self, seconds: float) -> None:
        """End it after its present batch, or after so many seconds."""
        self._health.close()
        self._process.join(seconds)
        self.kill()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.join()
        self._health.close()


def _run(health: Health) -> None:
    """Decide checks until the first process closes its end of `health`, or has ended. SIGTERM is
    for the others: with the last requests under way come checks."""
    options = handed_on()
    assert options.writer is not None  # noqa: S101 - several workers have one
    writer = Writer(
        options.writer,
        lambda: Validator(options.database, open_key(options.key), create=False),
    )

    def answer() -> None:
        try:
            while True:
                health.recv_bytes()
                health.send_bytes(b"!")
        except (OSError, EOFError):
            writer.stop()

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=answer, name="health", daemon=True).start()
    interpreter.prepare()
    writer.run()
