"""Processes that run a MicroPython VM: forked off a server where the VM is the package's."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from emulator.errors import VmDiedError

# Starts the extension module directly, without site-packages: the package's own script takes 12 ms
# longer.
_LAUNCH = (
    "import sys; sys.path.insert(0, sys.argv[1]); import micropython_module as m; "
    "m.run_main(sys.argv[1:])"
)
_PYTHON = [sys.executable, "-I", "-S"]
_SERVER = Path(__file__).with_name("vm_server.py")


class Process(Protocol):
    """A process that this one has started."""

    @property
    def pid(self) -> int:
        """Its number."""

    def kill(self) -> None:
        """End it; no effect when it has ended and was waited for."""

    def wait(self) -> int:
        """Wait for its end and give its exit code, negative: the signal that ended it."""


def package_command(folder: str) -> list[str]:
    """Give the command that runs the package's VM; its extension module lies in `folder`."""
    return [*_PYTHON, "-c", _LAUNCH, folder]


def start(
    command: list[str],
    arguments: Callable[[int, int], list[str]],
    files: Sequence[int],
    environment: dict[str, str],
) -> Process:
    """Start the VM of a command, out of reach of the terminal's Ctrl-C.

    `files` are its stdin, stdout and stderr and two more, whose numbers there `arguments` gets.
    """
    if command[:-1] == package_command("")[:-1]:
        server = _running(command[-1])
        pid = server.ask(files, arguments=arguments(3, 4), environment=environment)
        return _Forked(server, pid)
    return subprocess.Popen(  # noqa: S603 - the command is the user's own choice
        [*command, *arguments(files[3], files[4])],
        stdin=files[0],
        stdout=files[1],
        stderr=files[2],
        pass_fds=files[3:],
        env=environment,
        start_new_session=True,
    )


class _Server:
    """The process of vm_server.py."""

    def __init__(self, folder: str) -> None:
        """Start it; `folder` is that of the package's extension module."""
        self._line, end = socket.socketpair()
        with end:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [*_PYTHON, str(_SERVER), folder, str(end.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(end.fileno(),),
                start_new_session=True,
            )
        self._lock = threading.Lock()
        self._asked = 0  # requests
        self._owner = os.getpid()

    @property
    def usable(self) -> bool:
        """Whether it runs, and is this process's: a fork's requests would mix with its parent's."""
        return self._owner == os.getpid() and self._process.poll() is None

    def ask(self, files: Sequence[int] = (), **request: object) -> int:
        """Send a request and give the answer. VmDiedError when the server has ended."""
        try:
            with self._lock:
                self._asked += 1
                text = json.dumps({"number": self._asked, **request}).encode() + b"\n"
                sent = socket.send_fds(self._line, [text], files)
                self._line.sendall(text[sent:])
                while True:
                    number, answer = map(int, self._line_of_answer().split())
                    if number == self._asked:  # else it is the one that Ctrl-C did not wait for
                        return answer
        except ConnectionError:
            raise VmDiedError("The process that starts the VMs has ended.") from None

    def _line_of_answer(self) -> bytes:
        """Take a whole line or, when Ctrl-C comes, nothing."""
        while b"\n" not in (there := self._line.recv(64, socket.MSG_PEEK)):
            if not there:
                raise ConnectionResetError
        return self._line.recv(there.index(b"\n") + 1)

    def close(self) -> None:
        """End it."""
        if self._owner == os.getpid():
            self._line.close()
            self._process.wait()


class _Forked:
    """A process that a server has started."""

    def __init__(self, server: _Server, pid: int) -> None:
        self.pid = pid
        self._server = server
        self._waited = False  # if only in vain, because Ctrl-C interrupted that
        self._code: int | None = None

    def kill(self) -> None:
        # Its number is its own until wait(): a process that nobody has waited for keeps it.
        if not self._waited:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        self._waited = True
        if self._code is None:
            self._code = self._server.ask(wait=self.pid)
        return self._code


_servers: dict[str, _Server] = {}  # by the folder
_starting = threading.Lock()


def _running(folder: str) -> _Server:
    """Give the server of a folder, a new one where there is none that can be used."""
    with _starting:
        if folder not in _servers or not _servers[folder].usable:
            server = _servers[folder] = _Server(folder)
            atexit.register(server.close)
        return _servers[folder]
