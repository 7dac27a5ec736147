"""Byte streams to a token by pyserial: a serial port, a pseudo-terminal or `rfc2217://host:port`.

Times are seconds. DTR and RTS are left as the operating system sets them: pseudo-terminals have
neither, and on a board they might cause a reset.
"""

import errno
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import serial

from host_tools.errors import ExitCode, KodebrikError
from host_tools.link import port_users

_POLL = 0.05  # between checks of a read's deadline; arriving bytes end the read at once
_WRITE_TIMEOUT = 5
_BAUDRATE = (
    115200  # USB and pseudo-terminals ignore it; a USB-UART bridge runs MicroPython's console at it
)


class Transport(Protocol):
    """The byte stream that a Channel needs."""

    def read(self, timeout: float) -> bytes:
        """Wait up to `timeout` for bytes; give those that arrived, or b"". OSError when the port is
        gone."""
        ...

    def write(self, data: bytes) -> None:
        """Send all of `data`; OSError when the port is gone, TimeoutError when it takes no
        bytes."""
        ...

    def close(self) -> None:
        """Close the port."""
        ...


def clock_of(transport: Transport) -> Callable[[], float]:
    """Give the clock, in seconds, by which a transport's time-outs count.

    An emulated token's own transport brings a `monotonic` of virtual time; others count real time.
    """
    clock: Callable[[], float] = getattr(transport, "monotonic", time.monotonic)
    return clock


class SerialTransport:
    """A serial port under an exclusive advisory lock, which pyserial, mpremote and esptool
    respect."""

    def __init__(self, url: str | serial.SerialBase) -> None:
        """Open `url`: a device path or a pyserial URL; KodebrikError says why it cannot be. Or take
        over a port that another program's library has opened."""
        if isinstance(url, serial.SerialBase):
            self._port = url
            return
        if _left_over(Path(url)):
            raise KodebrikError("port-left-over", ExitCode.NO_PORT, port=url)
        # pyserial has the lock and the time-out for local ports only; an RFC 2217 server accepts
        # one client.
        local = {} if "://" in url else {"exclusive": True, "write_timeout": _WRITE_TIMEOUT}
        try:
            # Changing pyserial's time-out later would negotiate an RFC 2217 port anew each time.
            self._port = serial.serial_for_url(url, baudrate=_BAUDRATE, timeout=_POLL, **local)
        except ValueError:
            raise KodebrikError("port-invalid", ExitCode.NO_PORT, port=url) from None
        except OSError as error:
            raise _open_error(url, error) from None

    def read(self, timeout: float) -> bytes:
        """As Transport.read."""
        deadline = time.monotonic() + timeout
        try:
            while not (first := self._port.read(1)):
                if time.monotonic() >= deadline:
                    return b""
            return bytes(first + self._port.read(self._port.in_waiting))
        except TypeError as error:  # what pyserial raises when the port disappears during a read
            raise OSError("the port is closed") from error

    def write(self, data: bytes) -> None:
        """As Transport.write."""
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            raise TimeoutError from error
        except TypeError as error:
            raise OSError("the port is closed") from error

    def close(self) -> None:
        """Close the port, also one that is gone."""
        self._port.close()


def _left_over(port: Path) -> bool:
    """Say whether a port is the symbolic link of an emulator that was killed: its terminal may be
    somebody else's by now. The file beside the link is locked while its emulator lives
    (emulator/serial/endpoints.py)."""
    if not port.is_symlink():
        return False
    import fcntl  # noqa: PLC0415 - Windows has none, and no such links

    with (
        suppress(FileNotFoundError, PermissionError),
        port.with_name(f".{port.name}.lock").open("rb") as lock,
    ):
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
    return False


def unplugged(name: str) -> KodebrikError:
    """Make the error for a port that vanished."""
    return KodebrikError("port-unplugged", ExitCode.UNPLUGGED, port=name)


def silent(name: str) -> KodebrikError:
    """Make the error for a port on which nothing answers."""
    return KodebrikError("port-silent", ExitCode.SILENT, port=name)


def _busy(url: str) -> KodebrikError:
    """Make the error for a port that another program has open, with its name where that is
    known."""
    program = port_users.holder(url)
    if program is None:
        return KodebrikError("port-busy", ExitCode.BUSY, port=url)
    if program == port_users.MODEM_MANAGER:
        return KodebrikError("port-modem-manager", ExitCode.BUSY, port=url)
    return KodebrikError("port-busy-by", ExitCode.BUSY, port=url, program=program)


def _open_error(url: str, error: OSError) -> KodebrikError:
    if error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR):
        return KodebrikError("port-unknown", ExitCode.NO_PORT, port=url)
    if error.errno in (errno.EACCES, errno.EPERM):
        return KodebrikError("port-forbidden", ExitCode.PERMISSION, port=url)
    if error.errno in (errno.EBUSY, errno.EAGAIN):
        return _busy(url)
    if error.errno == errno.EIO:
        return unplugged(url)
    return KodebrikError("port-not-serial", ExitCode.NO_PORT, port=url)
