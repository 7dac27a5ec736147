"""The server's end: SIGTERM lets requests under way finish, Ctrl-C gives them a second."""

import logging
import signal
import time
from socket import socket
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from host_tools import interrupts

_GRACE = 1  # seconds that requests under way have to finish after Ctrl-C


class Server(uvicorn.Server):
    """A server in this process. `interrupted` says whether Ctrl-C ended it."""

    interrupted = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; after SIGINT within _GRACE."""
        if sig == signal.SIGINT:
            self.interrupted = True
            self.config.timeout_graceful_shutdown = _GRACE
            # Requests that are cut off now are no faults, and would be logged with their traceback.
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        super().handle_exit(sig, frame)


class Workers(Multiprocess):
    """Several servers in processes of their own, which get SIGTERM alone, from this one.
    `interrupted` says whether Ctrl-C ended them."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket]) -> None:
        """Take the signals of this process."""
        super().__init__(config, sockets)
        self.interrupted = False
        signal.signal(signal.SIGINT, self._interrupt)

    def init_processes(self) -> None:
        """Start the workers."""
        with interrupts.withheld_from_children():
            super().init_processes()

    def keep_subprocess_alive(self) -> None:
        """Start a worker in place of one that has died."""
        with interrupts.withheld_from_children():
            super().keep_subprocess_alive()

    def join_all(self) -> None:
        """Await the workers' end; after SIGINT no longer than _GRACE."""
        deadline = time.monotonic() + _GRACE
        for worker in self.processes if self.interrupted else ():
            worker.process.join(max(0.0, deadline - time.monotonic()))
            if worker.process.is_alive():
                worker.kill()
        super().join_all()

    def _interrupt(self, *_: Any) -> None:
        self.interrupted = True
        self.should_exit.set()
