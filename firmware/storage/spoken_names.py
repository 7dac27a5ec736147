"""Clips with the spoken names of accounts, each in a file beside the vault. Sizes are bytes.

A clip is a voice pack (firmware.speech.pack) with one clip at five speeds. Its file is named after
the CRC-32 of what it holds, which its account in the vault has as "spoken": a file that an account
refers to is never written, so a power cut leaves the old name or the new one. Files that no account
refers to are deleted with the next change. Imported when a host gives or takes a name.
"""

import os
from binascii import crc32

from firmware.protocol import messages
from firmware.storage.vault import VaultError

if False:
    from firmware.interfaces import Vault  # type: ignore[unreachable]

_PIECE = 512  # read at once
_SUFFIX = ".kvp"


def checksum(path: str) -> int | None:
    """Return the CRC-32 of a file, None when it cannot be read."""
    found = 0
    piece = bytearray(_PIECE)
    view = memoryview(piece)
    try:
        with open(path, "rb") as file:
            while True:
                count = file.readinto(piece)
                if not count:
                    return found
                found = crc32(view[:count], found)
    except OSError:
        return None


class SpokenNames:
    """The clips of a vault's accounts; `path` gives a clip's path, {} being its CRC-32."""

    def __init__(self, path: str, vault: "Vault"):
        """Use the folder of that path."""
        self._path = path
        self._vault = vault
        self._folder = path.rsplit("/", 1)[0] + "/"
        self._coming = self._folder + "coming" + _SUFFIX

    def write(self, offset: int, data: bytes) -> None:
        """Write a part of the clip that is coming; 0 begins it."""
        if (
            type(offset) is not int
            or type(data) is not bytes
            or not data
            or not 0 <= offset <= messages.MAX_SPOKEN_NAME - len(data)
        ):
            raise VaultError(messages.BAD_ARGUMENT)
        if not offset:
            self.tidy()
        from firmware.storage.space import has_room_for_name  # not when a name is said

        if not has_room_for_name(offset, offset + len(data), self._folder.rsplit("/", 2)[0]):
            raise VaultError(messages.STORAGE_FAILED)
        try:
            with open(self._coming, "r+b" if offset else "wb") as file:
                if file.seek(0, 2) < offset:
                    raise VaultError(messages.BAD_ARGUMENT)
                file.seek(offset)
                file.write(data)
        except OSError:
            raise VaultError(messages.STORAGE_FAILED)

    def keep(self, name: str, found: int | None) -> None:
        """Let the clip that has come, of that CRC-32, be the account's name; None: it has no
        clip."""
        if found is not None:
            if type(found) is not int or not 0 <= found < 1 << 32:
                raise VaultError(messages.BAD_ARGUMENT)
            path = self._path.format(found)
            if checksum(path) != found:  # another account may have it already
                if checksum(self._coming) != found:
                    raise VaultError(messages.BAD_ARGUMENT)
                try:
                    os.rename(self._coming, path)
                except OSError:
                    raise VaultError(messages.STORAGE_FAILED)
        self._vault.set_spoken(name, found)
        self.tidy()

    def tidy(self) -> None:
        """Delete the files of names that no account has."""
        used = [
            self._path.format(held["spoken"])
            for held in self._vault.credentials
            if "spoken" in held
        ]
        try:
            for name in os.listdir(self._folder):
                if name.endswith(_SUFFIX) and self._folder + name not in used:
                    os.remove(self._folder + name)
        except OSError:
            pass  # they are tried again with the next change
