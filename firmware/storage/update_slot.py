"""The package of an update beside the one that runs: received, tried, and then kept or not.

In the folder /update lie the update's `manifest` and its `package`, as far as it was received. When
that is complete, it is called firmware.mpy there, and the empty file `starts` switches to it: the
head of the old package (one_file.py) imports the new one in its place, and adds a byte to that
file, until there are three. An update that works is moved into the place of the old package, in one
renaming, which littlefs does whole or not at all, and the folder goes. One that does not leaves the
old package as it was.
"""

import hashlib
import os
import sys
from errno import ENOENT

from firmware.modules import UPDATE
from firmware.storage.space import has_room_for_update

_PACKAGE = "/firmware.mpy"
_KEY = "/update.key"  # the image has it
_NEW_KEY = "/update.new"
_PIECE = 2048


def keep_running() -> None:
    """Keep the firmware that runs, an update on trial. Where the flash fails, the trial goes on, or
    the empty folder stays."""
    try:
        UpdateSlot().keep()
    except OSError:
        pass
    try:
        os.stat(UPDATE + _PACKAGE)
    except OSError:  # it was moved
        sys.path.remove(UPDATE)


class UpdateSlot:
    """The folder of an update. OSError when the flash fails or is full."""

    def __init__(self, root: str = ""):
        """`root` is where the file system of the firmware is mounted."""
        self._root = root
        self._folder = root + UPDATE

    def key(self) -> bytes | None:
        """Return the public key of those who make updates for this token; None: nobody does."""
        try:
            with open(self._root + _KEY, "rb") as file:
                return file.read()
        except OSError:
            return None

    def set_key(self, key: bytes) -> None:
        """Store another public key in place of the one there is."""
        with open(self._root + _NEW_KEY, "wb") as file:
            file.write(key)
        os.rename(self._root + _NEW_KEY, self._root + _KEY)

    def has_room(self, size: int) -> bool:
        """Say whether a package of that size fits, and leaves the token what it needs to write its
        own data."""
        return has_room_for_update(size, self._root)

    def received(self, manifest: bytes) -> int | None:
        """Return how many bytes of that update's package were received; None when it was not
        begun."""
        try:
            if self.manifest() == manifest:
                return os.stat(self._folder + "/package")[6]
        except OSError:
            pass
        return None

    def manifest(self) -> bytes:
        """Return the manifest of the update that was begun."""
        with open(self._folder + "/manifest", "rb") as file:
            return file.read()

    def begin(self, manifest: bytes) -> None:
        """Begin to receive an update, and forget another."""
        self.discard()
        os.mkdir(self._folder)
        for name, content in (("/package", b""), ("/manifest", manifest)):
            with open(self._folder + name, "wb") as file:
                file.write(content)

    def append(self, data: bytes) -> None:
        """Add bytes to the package; they are in the flash when this returns."""
        with open(self._folder + "/package", "ab") as file:
            file.write(data)

    def digest(self) -> bytes:
        """Return the SHA-256 of what was received."""
        digest = hashlib.sha256()
        piece = memoryview(bytearray(_PIECE))
        with open(self._folder + "/package", "rb") as file:
            while True:
                size = file.readinto(piece)
                if not size:
                    return digest.digest()
                digest.update(piece[:size])

    def start_trial(self) -> None:
        """Have the next starts run the update."""
        os.rename(self._folder + "/package", self._folder + _PACKAGE)
        with open(self._folder + "/starts", "wb"):
            pass

    def keep(self) -> None:
        """Put the update that is on trial in the place of the old package."""
        try:
            os.rename(self._folder + _PACKAGE, self._root + _PACKAGE)
        except OSError as error:
            if error.errno != ENOENT:  # else it was moved before the power was cut
                raise
        self.discard()

    def discard(self) -> None:
        """Forget the update, unless it runs."""
        try:
            names = os.listdir(self._folder)
        except OSError:
            return
        for name in names:
            os.remove(self._folder + "/" + name)
        os.rmdir(self._folder)
