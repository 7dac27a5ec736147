"""A snapshot of a token, and the file in which one is kept: a ZIP archive of what the token's
folder holds, so that it makes a folder to emulate when it is unpacked."""

import io
import zipfile
import zlib
from typing import Any, NamedTuple

from emulator import saved_state
from emulator.errors import (
    NoSnapshotError,
    OtherSnapshotError,
    OtherVersionError,
    StateValueError,
)
from emulator.mcu.flash import Flash
from emulator.saved_state import FLASH, FROZEN, STATE

_LARGEST = 32 * 2**20  # bytes of one of its files, unpacked
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises for damage of a header, a name, a version or a stream.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    LookupError,
    ValueError,
    NotImplementedError,
)
_OWNER_ALONE = 0o600 << 16  # of an archive's entry, for who unpacks it


class Snapshot(NamedTuple):
    """What a token keeps without power: its flash, what `Emulator.save` writes, and what is frozen
    into its MicroPython, if anything is. Secret, as the token's folder is."""

    flash: bytes
    state: str  # JSON
    frozen: bytes | None

    def archive(self) -> bytes:
        """Give the file's content."""
        files = {STATE: self.state.encode(), FLASH: self.flash}
        if self.frozen is not None:
            files[FROZEN] = self.frozen
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                entry = zipfile.ZipInfo(name)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, _OWNER_ALONE
                archive.writestr(entry, data)
        return content.getvalue()

    @classmethod
    def of_archive(cls, content: bytes) -> "Snapshot":
        """Give the snapshot that a file holds; NoSnapshotError. What is in it is checked when it is
        restored."""
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                frozen = _read(archive, FROZEN) if FROZEN in archive.namelist() else None
                return cls(_read(archive, FLASH), _read(archive, STATE).decode(), frozen)
        except _DAMAGE:
            raise NoSnapshotError("This is no snapshot of a token, or it is damaged.") from None

    def checked_state(
        self, product: str, board: str, parts: dict[str, Any], flash: Flash
    ) -> dict[str, Any]:
        """Give its state, which is one of a `product` for `board` with such parts and such a flash;
        OtherVersionError, StateValueError, OtherSnapshotError, NoSnapshotError."""
        try:
            kept = saved_state.read(self.state.encode())
            if (kept["product"], kept["board"]) != (product, board):
                raise OtherSnapshotError(kept["product"], kept["board"])
            saved_state.check_parts(parts, kept)
        except (OtherVersionError, StateValueError):
            raise
        except ValueError as error:
            raise NoSnapshotError(str(error)) from None
        if len(self.flash) != flash.size:
            raise NoSnapshotError("The snapshot's flash is of another size than the token's.")
        if len(kept["wear"]) != len(flash.wear):
            raise StateValueError("wear")
        return kept


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """Give a file's content; KeyError where there is none of that name, ValueError for one that is
    packed as none is in a snapshot, or too large."""
    entry = archive.getinfo(name)
    if entry.flag_bits & 1 or entry.compress_type not in _PACKINGS or entry.file_size > _LARGEST:
        raise ValueError(f"{name} is not packed as in a snapshot.")
    with archive.open(entry) as file:
        content = file.read(_LARGEST + 1)
    if len(content) != entry.file_size:
        raise ValueError(f"{name} is not as long as it says.")
    return content
