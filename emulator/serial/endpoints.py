"""The two ways another program reaches the token's serial link: a pseudo-terminal, and RFC 2217 on
the loopback.

A line lives as long as the cable is in: `close()` is what the other program notices as pulling it
out.
"""

import contextlib
import os
import socket
import tty
from pathlib import Path
from typing import Protocol

import serial
from serial.rfc2217 import PortManager

_CHUNK = 4096


class Endpoint(Protocol):
    """One line. `waits()` names the file descriptors to wait on."""

    def waits(self) -> list[int]:
        """Readable when there is something to do."""

    def receive(self) -> bytes:
        """What the other program has sent; does not wait."""

    def send(self, data: bytes) -> None:
        """Bytes for the other program; lost when it does not read them."""

    def close(self) -> None:
        """Pull the line out."""


class Pty:
    """A pseudo-terminal; `path` is the end for the other program, `link` (a symbolic link) points
    to it when given."""

    def __init__(self, link: Path | None) -> None:
        """Make a fresh pair. An existing symbolic link is replaced in one step; a file of that name
        is left alone."""
        if link is not None and link.exists() and not link.is_symlink():
            raise FileExistsError(f"{link} exists and is not a symbolic link.")
        self._master, self._slave = (
            os.openpty()
        )  # the slave stays open, or the master would fail between two programs
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
        """The master end."""
        return [self._master]

    def receive(self) -> bytes:
        """What the other program has written."""
        self.send(b"")
        try:
            return os.read(self._master, _CHUNK)
        except BlockingIOError:
            return b""

    def send(self, data: bytes) -> None:
        """Write as much as the terminal takes, the rest later; what nobody reads is dropped beyond
        64 KB."""
        self._unsent += data
        del self._unsent[:-65536]
        with contextlib.suppress(BlockingIOError):
            while self._unsent:
                del self._unsent[: os.write(self._master, self._unsent[:_CHUNK])]

    def close(self) -> None:
        """Hang up, and take the symbolic link away if it is still ours."""
        if (
            self._link is not None
            and self._link.is_symlink()
            and os.readlink(self._link) == self.path
        ):
            self._link.unlink()
        os.close(self._slave)
        os.close(self._master)


class Rfc2217:
    """A TCP server on 127.0.0.1 for one client at a time that speaks RFC 2217; `url` is what
    pyserial wants to hear."""

    def __init__(self, port: int) -> None:
        """Listen on `port`, 0 for any free one."""
        self._server = socket.create_server(("127.0.0.1", port))
        self._server.setblocking(False)
        self.port: int = self._server.getsockname()[1]
        self.url = f"rfc2217://127.0.0.1:{self.port}"
        self._client: socket.socket | None = None
        self._manager: PortManager | None = None

    def waits(self) -> list[int]:
        """The server, and the client when there is one."""
        return [end.fileno() for end in (self._server, self._client) if end is not None]

    def receive(self) -> bytes:
        """Let a client in, and give what it has sent."""
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
            data = self._client.recv(_CHUNK, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._hang_up()
            return b""
        return b"".join(self._manager.filter(data))

    def send(self, data: bytes) -> None:
        """Bytes of the token, escaped."""
        if self._manager is not None:
            self.write(b"".join(self._manager.escape(data)))

    def write(self, data: bytes) -> None:
        """Raw bytes to the client; the protocol's own answers come this way too."""
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
        """Hang up and listen no more."""
        self._hang_up()
        self._server.close()
