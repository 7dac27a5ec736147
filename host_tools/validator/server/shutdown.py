"""The server's end: SIGTERM lets requests under way finish, Ctrl-C gives them a second."""

import logging
import signal
import time
from socket import socket
from types import FrameType

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from host_tools import interrupts
from host_tools.messages.catalogue import Message
from host_tools.validator.server.writer_process import WriterProcess

log = logging.getLogger("kodebrik.server")

_GRACE = 1  # seconds that requests under way have to finish after Ctrl-C
_WRITER_GRACE = 0.5  # seconds that the writer has to end when nobody asks it any more


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
    """Several servers in processes of their own, and the writer that decides their checks.
    `interrupted` says whether Ctrl-C ended them."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket]) -> None:
        """Take the signals of this process."""
        super().__init__(config, sockets)
        self.interrupted = False
        self.started = True  # unless a worker could not start
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def run(self) -> None:
        """Serve until SIGTERM or Ctrl-C, and end the workers."""
        try:
            super().run()
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end has begun
            self.interrupted = True
            self.terminate_all()
            self.join_all()

    def init_processes(self) -> None:
        """Start the writer and the workers."""
        self._writer = WriterProcess()
        with interrupts.withheld_from_children():
            super().init_processes()

    def keep_subprocess_alive(self) -> None:
        """Start a writer or worker in place of one that has died, or does not answer.

        As uvicorn does it, but SIGINT is withheld from the start alone: a worker that still imports
        the program does not answer yet, and Ctrl-C does not wait for it.
        """
        if self.should_exit.is_set():  # whoever sends SIGTERM may have sent it to the workers too
            return
        if not self._writer.is_alive(self.config.timeout_worker_healthcheck):
            log.warning("%s", Message("writer-replaced"))
            self._writer.kill()
            self._writer = WriterProcess()
        for index, worker in enumerate(self.processes):
            if worker.is_alive(self.config.timeout_worker_healthcheck):
                continue
            worker.kill()
            worker.join()
            if worker.exitcode == STARTUP_FAILURE:  # every other start would fail as well
                self.started = False
                self.should_exit.set()
                return
            with interrupts.withheld_from_children():
                self.processes[index] = Process(self.config, self.sockets)
                self.processes[index].start()

    def join_all(self) -> None:
        """Await the workers' end, after SIGINT no longer than _GRACE; then end the writer, which
        had their last checks to decide."""
        deadline = time.monotonic() + _GRACE
        for worker in self.processes if self.interrupted else ():
            worker.process.join(max(0.0, deadline - time.monotonic()))
            if worker.process.is_alive():
                worker.kill()
        super().join_all()
        self._writer.end(_WRITER_GRACE)
