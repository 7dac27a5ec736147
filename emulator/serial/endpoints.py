"""Endpoints of the serial link for other programs: a pseudo-terminal, and RFC 2217 on the loopback.

An endpoint exists while the cable is in; to the other program, `close()` looks like unplugging.

The symbolic link of an emulator that was killed stays, and its terminal's name may be given to
anybody's next. So a file beside the link is locked for as long as the emulator lives: the host
tools open no link whose file nobody locks (host_tools/link/transport.py), and the next emulator
replaces it.
"""

import contextlib
import fcntl
import os
import socket
import sys
import tty
from pathlib import Path
from typing import Protocol

import serial
from serial.rfc2217 import PortManager

_CHUNK = 4096
# An RFC 2217 client's system keeps what the token has not read: by the size of a segment, which is
# 32 KB on the loopback, up to 4 MB. With Ethernet's it is some 0.1 MB.
_SEGMENT, _RFC2217_CHUNK = 1460, 1024


class Endpoint(Protocol):
    """Where another program is connected."""

    def waits(self) -> list[int]:
        """Give the file descriptors that are readable when `receive` has something to do."""

    def receive(self) -> bytes:
        """Give what the other program has sent; does not wait."""

    def send(self, data: bytes) -> None:
        """Send bytes to the other program; lost when it does not read them."""

    def close(self) -> None:
        """Disconnect."""


def lock_of(link: Path) -> Path:
    """Give the file that is locked while the emulator of a link lives."""
    return link.with_name(f".{link.name}.lock")


def check_link(link: Path) -> None:
    """Check that a symbolic link to a terminal can be made at `link`: FileExistsError for a file
    and for a link that another program has open. One that leads nowhere any more may be there, or
    whose emulator is dead."""
    if link.exists() and not (link.is_char_device() and _dead(link)):
        what = (
            "leads to a terminal that another program has open: end that, or remove the link"
            if link.is_char_device()
            else "exists and is no link to a terminal"
        )
        raise FileExistsError(f"{link} {what}.")


def _dead(link: Path) -> bool:
    """Say whether an emulator made the link and lives no more."""
    try:
        file = os.open(lock_of(link), os.O_RDWR)
    except FileNotFoundError:
        return False
    with os.fdopen(file):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


class Pty:
    """A pseudo-terminal; the other program opens `path`, or the symbolic link `link` to it."""

    def __init__(self, link: Path | None) -> None:
        """Open a new pair, and make or replace the link; FileExistsError as of check_link()."""
        if link is not None:
            check_link(link)
            self._lock = os.open(lock_of(link), os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The slave stays open here: reading the master would fail between two programs.
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._link = link
        self._unsent = bytearray()
        if link is not None:
            new = link.with_name(f"{link.name}.{os.getpid()}")
            new.unlink(missing_ok=True)
            new.symlink_to(self.path)
            new.replace(link)

    def waits(self) -> list[int]:
        """As Endpoint.waits."""
        return [self._master]

    def receive(self) -> bytes:
        """As Endpoint.receive."""
        self.send(b"")
        try:
            return os.read(self._master, _CHUNK)
        except BlockingIOError:
            return b""

    def send(self, data: bytes) -> None:
        """As Endpoint.send; keeps up to 64 KB that the terminal does not take yet."""
        self._unsent += data
        del self._unsent[:-65536]
        with contextlib.suppress(BlockingIOError):
            while self._unsent:
                del self._unsent[: os.write(self._master, self._unsent[:_CHUNK])]

    def close(self) -> None:
        """As Endpoint.close; removes the symbolic link if it still points here."""
        if self._link is not None:
            if self._link.is_symlink() and os.readlink(self._link) == self.path:
                self._link.unlink()
                lock_of(self._link).unlink(missing_ok=True)
            os.close(self._lock)
        os.close(self._slave)
        os.close(self._master)


class Rfc2217:
    """An RFC 2217 server on 127.0.0.1 for one client at a time; `url` is for pyserial."""

    def __init__(self, port: int) -> None:
        """Listen on `port`; 0: any free port."""
        self._server = socket.create_server(("127.0.0.1", port))
        # Little is taken before the token reads it; the sockets that are accepted have it too.
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _CHUNK)
        if sys.platform == "linux":
            self._server.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT)
        self._server.setblocking(False)
        self.port: int = self._server.getsockname()[1]
        self.url = f"rfc2217://127.0.0.1:{self.port}"
        self._client: socket.socket | None = None
        self._manager: PortManager | None = None

    def waits(self) -> list[int]:
        """As Endpoint.waits."""
        return [end.fileno() for end in (self._server, self._client) if end is not None]

    def receive(self) -> bytes:
        """As Endpoint.receive; accepts a client, and refuses a second one."""
        with contextlib.suppress(BlockingIOError):
            client = self._server.accept()[0]
            if self._client is not None:
                client.close()  # the port is busy
            else:
                self._client = client
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._manager = PortManager(serial.serial_for_url("loop://"), self)
        if self._client is None or self._manager is None:
            return b""
        try:
            data = self._client.recv(_RFC2217_CHUNK, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._hang_up()
            return b""
        return b"".join(self._manager.filter(data))

    def send(self, data: bytes) -> None:
        """As Endpoint.send."""
        if self._manager is not None:
            self.write(b"".join(self._manager.escape(data)))

    def write(self, data: bytes) -> None:
        """Send raw bytes to the client; pyserial's PortManager calls this too."""
        if self._client is not None:
            try:
                self._client.sendall(data)
            except OSError:
                self._hang_up()

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = self._manager = None

    def close(self) -> None:
        """As Endpoint.close."""
        self._hang_up()
        self._server.close()
