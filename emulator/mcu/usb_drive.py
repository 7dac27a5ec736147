"""The drive of a board in BOOTSEL mode, as a folder: takes UF2 files that are copied into it.

What is written there reaches the boot ROM in blocks of 512 bytes, as far as it has come; several
files may be copied at once. When the ROM has the last block the drive vanishes.
"""

import contextlib
from pathlib import Path

from emulator.mcu.boot_rom import BLOCK, INFO, BootRom

_INFO_FILE = "INFO_UF2.TXT"
_INDEX_FILE = "INDEX.HTM"
_INDEX = "<html><head></head><body>Raspberry Pi</body></html>\r\n"


class UsbDrive:
    """A drive in the folder `path`, which is made. FileExistsError when the folder is not empty:
    whatever is in it goes with the drive."""

    def __init__(self, path: Path, mcu: str, rom: BootRom) -> None:
        """Plug the drive in."""
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise FileExistsError(f"{path} is not empty.")
        self.path = path
        self._rom = rom
        self._taken: dict[str, int] = {}  # bytes by file
        (path / _INDEX_FILE).write_text(_INDEX, newline="")
        (path / _INFO_FILE).write_text(INFO[mcu], newline="")

    def take(self) -> bool:
        """Give the boot ROM what has arrived since the last call; say whether it has restarted."""
        for file in sorted(self.path.iterdir()):
            if file.name in (_INFO_FILE, _INDEX_FILE) or not file.is_file():
                continue
            with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                self._take_file(file)
        return self._rom.restarted

    def _take_file(self, file: Path) -> None:
        taken = self._taken.get(file.name, 0)
        with file.open("rb") as content:
            if file.stat().st_size < taken:  # written anew
                taken = 0
            content.seek(taken)
            while len(block := content.read(BLOCK)) == BLOCK:
                self._rom.take(block)
                taken += BLOCK
        self._taken[file.name] = taken

    def remove(self) -> None:
        """Pull the drive out: its files vanish, and the folder."""
        for file in self.path.iterdir():
            if file.is_file():
                file.unlink()
        with contextlib.suppress(OSError):  # somebody has made a folder in it
            self.path.rmdir()
