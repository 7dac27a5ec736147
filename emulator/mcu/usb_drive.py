"""The drive of a board in BOOTSEL mode, as a folder: takes UF2 files that are copied into it.

What is written there reaches the boot ROM in blocks of 512 bytes, as far as it has come; several
files may be copied at once. When the ROM has the last block the drive vanishes.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path

from emulator.mcu.boot_rom import BLOCK, INFO, BootRom

_INFO_FILE = "INFO_UF2.TXT"
_INDEX_FILE = "INDEX.HTM"
_INDEX = "<html><head></head><body>Raspberry Pi</body></html>\r\n"


class UsbDrive:
    """A drive in the folder `path`, which is made. FileExistsError when the folder is not empty:
    whatever is in it goes with the drive."""

    def __init__(
        self, path: Path, mcu: str, rom: BootRom, ignored: Callable[[Path], None] | None = None
    ) -> None:
        """Plug the drive in. `ignored` is called once for each file of which the boot ROM has taken
        nothing between two calls of take(): a real board keeps silent there."""
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise FileExistsError(f"{path} is not empty.")
        self.path = path
        self._rom = rom
        self._ignored = ignored
        self._taken: dict[str, int] = {}  # bytes by file
        self._sizes: dict[str, int] = {}  # bytes that it had at the last look, by file
        self._used: set[str] = set()  # files of which the ROM took a block, or that were told
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
            size = file.stat().st_size
            if size < taken:  # written anew
                taken = 0
                self._used.discard(file.name)
            content.seek(taken)
            while len(block := content.read(BLOCK)) == BLOCK:
                if self._rom.take(block):
                    self._used.add(file.name)
                taken += BLOCK
        self._taken[file.name] = taken
        grown = self._sizes.get(file.name) != size
        self._sizes[file.name] = size
        if size and not grown and file.name not in self._used and self._ignored is not None:
            self._used.add(file.name)
            self._ignored(file)

    def remove(self) -> None:
        """Pull the drive out: its files vanish, and the folder."""
        for file in self.path.iterdir():
            if file.is_file():
                file.unlink()
        with contextlib.suppress(OSError):  # somebody has made a folder in it
            self.path.rmdir()
