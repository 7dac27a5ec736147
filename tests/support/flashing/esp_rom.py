"""An ESP32-S3 in its boot loader at the end of a serial line, as far as a host can tell.

Written from Espressif's description of the protocol ("Serial Protocol", docs.espressif.com, and the
register lists of the ESP32-S3's technical reference manual), not from esptool, which is what talks
to it: SLIP frames (RFC 1055) of a command with its number, size and checksum, answered by a status.
The boot ROM takes a program into RAM, the flasher stub, which then understands compressed data.
"""

import errno
import hashlib
import os
import pty
import select
import struct
import threading
import tty
import zlib
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import ClassVar

ESP32_S3, ESP32_C3 = 9, 5  # chip numbers, as in an image's header
SECTOR = 4096
_END, _ESCAPE = b"\xc0", b"\xdb"
_REQUEST = struct.Struct("<BBHI")  # direction, command, size of data, checksum
_SYNC = b"\x07\x07\x12\x20" + b"\x55" * 32
_WRONG_COMMAND, _WRONG_CHECKSUM = 0x05, 0x07
_SPI_W0 = 0x60002058  # where the flash's answer stands
_SPI_COMMAND = 0x60002000  # 0 when it is done
_WATCHDOG = 0x60008098
_WATCHDOG_ON = 1 << 31
_FLASH_ID = 0x4020  # maker and kind; the size comes on top, as a power of two


class EspRom:
    """A chip whose flash has 2**`size_bits` bytes; its port is at `path` until it restarts.

    `unplug_after` data packets the cable is pulled; at `worn`, an address, the flash keeps zeros;
    `taken` is called with the number of each packet before it is answered.
    """

    def __init__(
        self,
        path: Path,
        chip: int = ESP32_S3,
        size_bits: int = 23,
        unplug_after: int | None = None,
        worn: int | None = None,
        taken: Callable[[int], None] = lambda number: None,
    ) -> None:
        self.path, self.chip, self.size_bits = path, chip, size_bits
        self.flash = bytearray(b"\x5a" * (1 << size_bits))  # another firmware's
        self.restarted = threading.Event()
        self.erased = set[int]()  # sectors since the last restart
        self._unplug_after, self._worn = unplug_after, worn
        self._packets, self._taken = 0, taken
        self._registers: dict[int, int] = {}
        self._stub = False
        self._inflating = zlib.decompressobj()
        self._at = 0
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        path.symlink_to(os.ttyname(slave))
        self._slave = slave
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "EspRom":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._unplug()
        self._thread.join(10)

    def _unplug(self) -> None:
        if self._slave >= 0:
            self.path.unlink()
            os.close(self._slave)
            self._slave = -1

    def _run(self) -> None:
        received = b""
        while self._slave >= 0:
            if not select.select([self._master], [], [], 0.05)[0]:
                continue
            try:
                received += os.read(self._master, 65536)
            except OSError as error:
                assert error.errno == errno.EIO, error
                break
            *frames, received = received.split(_END)
            for frame in filter(None, frames):
                self._take(
                    frame.replace(_ESCAPE + b"\xdc", _END).replace(_ESCAPE + b"\xdd", _ESCAPE)
                )
        os.close(self._master)

    def _send(self, frame: bytes) -> None:
        escaped = frame.replace(_ESCAPE, _ESCAPE + b"\xdd").replace(_END, _ESCAPE + b"\xdc")
        data = _END + escaped + _END
        while data:
            data = data[os.write(self._master, data) :]

    def _answer(self, command: int, value: int = 0, data: bytes = b"", fault: int = 0) -> None:
        status = bytes([bool(fault), fault]) + (b"" if self._stub else b"\0\0")
        body = data + status
        self._send(struct.pack("<BBHI", 1, command, len(body), value) + body)

    def _take(self, frame: bytes) -> None:
        if len(frame) < _REQUEST.size:
            return
        direction, command, size, checksum = _REQUEST.unpack_from(frame)
        data = frame[_REQUEST.size :]
        if direction != 0 or size != len(data):
            return
        action = self._COMMANDS.get(command)
        if action is None or (command == 0x14 and self._stub):
            self._answer(command, fault=_WRONG_COMMAND)
            return
        action(self, command, data, checksum)

    def _sync(self, command: int, data: bytes, _: int) -> None:
        assert data == _SYNC
        for _ in range(8):
            self._answer(command, 0 if self._stub else 0x20120707)

    def _read_register(self, command: int, data: bytes, _: int) -> None:
        (address,) = struct.unpack("<I", data)
        value = self._registers.get(address, 0)
        if address == _SPI_W0:
            value = _FLASH_ID | self.size_bits << 16
        elif address == _SPI_COMMAND:
            value = 0
        self._answer(command, value)

    def _write_register(self, command: int, data: bytes, _: int) -> None:
        for at in range(0, len(data), 16):
            address, value, mask, _delay = struct.unpack_from("<IIII", data, at)
            before = self._registers.get(address, 0)
            self._registers[address] = before & ~mask | value & mask
        self._answer(command)
        if self._registers.get(_WATCHDOG, 0) & _WATCHDOG_ON:
            self._unplug()
            self.restarted.set()

    def _security(self, command: int, _data: bytes, _: int) -> None:
        self._answer(command, data=struct.pack("<IB7sII", 0, 0, bytes(7), self.chip, 0))

    def _begin_memory(self, command: int, data: bytes, _: int) -> None:
        assert len(data) == 16
        self._answer(command)

    def _memory(self, command: int, data: bytes, checksum: int) -> None:
        self._answer(command, fault=0 if _is_sum(data[16:], checksum) else _WRONG_CHECKSUM)

    def _end_memory(self, command: int, data: bytes, _: int) -> None:
        stays, entry = struct.unpack("<II", data)
        self._answer(command)
        if not stays and entry:
            self._stub = True
            self._send(b"OHAI")

    def _done(self, command: int, _data: bytes, _: int) -> None:
        self._answer(command)

    def _begin(self, command: int, data: bytes, _: int) -> None:
        size, _packets, _packet_size, self._at = struct.unpack_from("<IIII", data)
        assert self._at % SECTOR == 0
        for sector in range(self._at, self._at + size, SECTOR):
            self.flash[sector : sector + SECTOR] = b"\xff" * SECTOR
            self.erased.add(sector)
        self._inflating = zlib.decompressobj()
        self._answer(command)

    def _compressed(self, command: int, data: bytes, checksum: int) -> None:
        content = data[16:]
        if not _is_sum(content, checksum):
            self._answer(command, fault=_WRONG_CHECKSUM)
            return
        if self._packets == self._unplug_after:
            self._unplug()
            return
        self._packets += 1
        self._taken(self._packets)
        written = self._inflating.decompress(content)
        self.flash[self._at : self._at + len(written)] = written
        if self._worn is not None and self._at <= self._worn < self._at + len(written):
            self.flash[self._worn] = 0
        self._at += len(written)
        self._answer(command)

    def _read(self, command: int, data: bytes, _: int) -> None:
        at, size, packet, _in_flight = struct.unpack("<IIII", data)
        self._answer(command)
        content = self.flash[at : at + size]
        for begin in range(0, size, packet):
            self._send(content[begin : begin + packet])
        self._send(hashlib.md5(content, usedforsecurity=False).digest())

    def _digest(self, command: int, data: bytes, _: int) -> None:
        address, size, _, _ = struct.unpack("<IIII", data)
        digest = hashlib.md5(self.flash[address : address + size], usedforsecurity=False)
        self._answer(command, data=digest.digest() if self._stub else digest.hexdigest().encode())

    _COMMANDS: ClassVar = {
        0x02: _begin,
        0x04: _done,  # stays in the stub
        0x05: _begin_memory,
        0x06: _end_memory,
        0x07: _memory,
        0x08: _sync,
        0x09: _write_register,
        0x0A: _read_register,
        0x0B: _done,  # size and pages of the flash
        0x0D: _done,  # its pins
        0x0F: _done,  # another baud rate: a pseudo-terminal has none
        0x10: _begin,
        0x11: _compressed,
        0x12: _done,
        0x13: _digest,
        0x14: _security,
        0xD2: _read,
    }


def _is_sum(content: bytes, checksum: int) -> bool:
    return reduce(lambda sum_, byte: sum_ ^ byte, content, 0xEF) == checksum
