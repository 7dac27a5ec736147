"""Two-slot journal: stores one body of bytes so that a power cut at any instant leaves the old body
or the new one.

The slot files are `<name>.0` and `<name>.1`. A slot is a header, little endian (magic, generation,
flags, body length, CRC-32 over everything but itself), then the body. The valid slot of the highest
generation is current; a save writes the other one and reads it back, so the current body stays
untouched until the new one is complete. Nothing is kept in memory between calls.

Saving with `forget` writes and marks both slots, so that the old body is in neither file; when the
power fails between the two, the next load() writes the second. littlefs copies on write: the blocks
of the old files are freed, and keep their content until they are used again.
"""

import os
from binascii import crc32
from errno import ENOENT
from struct import calcsize, pack, unpack

_MAGIC = b"KBJ1"
_HEADER = "<4sIIII"
_HEADER_SIZE = calcsize(_HEADER)
_FLAG_TWIN = 1  # the other slot must carry the same body

# (generation, flags, body) of a slot without a body. The first generation written is 1.
_ABSENT = (-1, 0, b"")
_BROKEN = (0, 0, b"")


class StorageError(Exception):
    """The flash did not keep what was written.

    load() returns the body that is valid: the previous one, unless the new one was to be written
    twice and only the second copy failed.
    """


class Journal:
    """One body of bytes in two slot files in `directory`, which the first save creates."""

    def __init__(self, directory: str, name: str):
        """Access no file yet; `damaged` is valid after load()."""
        self._directory = directory
        self._slots = directory.rstrip("/") + "/" + name + "."  # a slot's number follows
        self.damaged = False

    def load(self) -> bytes | None:
        """Return the newest complete body, or None when there is none.

        None with `damaged` set: both slot files exist and neither is valid. None without it:
        nothing was ever saved, or the very first save was interrupted.
        """
        newest, (generation, flags, body), other = self._read_both()
        self.damaged = generation == 0 and other != _ABSENT
        if generation <= 0:
            return None
        if flags & _FLAG_TWIN and (other[0] <= 0 or other[2] != body):
            try:
                self._write(1 - newest, generation + 1, flags, body)
            except StorageError:
                pass  # the current body is complete, and the next load tries again
        return body

    def save(self, body: bytes, forget: bool = False) -> None:
        """Make `body` the current one; with `forget` also overwrite the old one. StorageError when
        the flash fails."""
        newest, (generation, _, _), _ = self._read_both()
        if generation > 0:
            target = 1 - newest
        else:
            # There is no older body yet, so the first save fills both slots, starting with one that
            # a power cut left broken: two broken slots then mean damage, never a first save that
            # was interrupted twice.
            forget, target, generation = True, newest, 0
            self._make_directory()
        self._write(target, generation + 1, _FLAG_TWIN if forget else 0, body)
        if forget:
            self._write(1 - target, generation + 2, _FLAG_TWIN, body)

    def prepare(self) -> None:
        """Make the directory now, which erases a block, so that the first save need not; a flash
        that fails is left to that."""
        try:
            self._make_directory()
        except StorageError:
            pass

    def _read_both(self) -> tuple:
        """Return the number of the current slot, its content, and the content of the other."""
        first, second = self._read(0), self._read(1)
        return (1, second, first) if second[0] > first[0] else (0, first, second)

    def _make_directory(self) -> None:
        try:
            os.stat(self._directory)
        except OSError:
            try:
                os.mkdir(self._directory)
            except OSError as error:
                raise StorageError("cannot make the directory: errno " + str(error.errno))

    def _read(self, slot: int) -> tuple:
        """Return (generation, flags, body); _ABSENT when there is no such file, _BROKEN when it is
        not valid."""
        try:
            with open(self._slots + str(slot), "rb") as file:
                record = file.read()
        except OSError as error:
            return _ABSENT if error.errno == ENOENT else _BROKEN
        if len(record) < _HEADER_SIZE:
            return _BROKEN
        magic, generation, flags, length, checksum = unpack(_HEADER, record[:_HEADER_SIZE])
        body = record[_HEADER_SIZE:]
        if (
            magic != _MAGIC
            or length != len(body)
            or checksum != _checksum(record[: _HEADER_SIZE - 4], body)
        ):
            return _BROKEN
        return generation, flags, body

    def _write(self, slot: int, generation: int, flags: int, body: bytes) -> None:
        head = pack(_HEADER, _MAGIC, generation, flags, len(body), 0)[:-4]
        record = head + pack("<I", _checksum(head, body)) + body
        try:
            with open(self._slots + str(slot), "wb") as file:
                file.write(record)
            with open(self._slots + str(slot), "rb") as file:
                stored = file.read()
        except OSError as error:
            raise StorageError("cannot write a slot: errno " + str(error.errno))
        if stored != record:
            raise StorageError("a slot does not read back as it was written")


def _checksum(head: bytes, body: bytes) -> int:
    return crc32(body, crc32(head))
