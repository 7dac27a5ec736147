"""kodebrik flash write onto a BOOTSEL drive that is pulled at every block of a small UF2.

The system sends the file in pieces of 4 KB. When the cable goes, the board has any number of a
piece's blocks, and the computer learns of it with the whole piece.
"""

import errno
import json
import os
import random

import pytest

from emulator.mcu.boot_rom import BLOCK, FLASH, INFO, BootRom
from firmware.version import VERSION
from host_tools.cli import main
from host_tools.errors import ExitCode, KodebrikError
from host_tools.flashing import arrival, drives, image_file, uf2
from host_tools.flashing.image_file import ImageFile
from host_tools.image.image import load_board
from host_tools.link import ports

PIECE = 4096  # bytes
CONTENT = random.Random(12).randbytes(3 * uf2.SECTOR)
GUARDS = {"pico": None, "pico2": FLASH + len(CONTENT)}  # the block for RP2350-E10, by board
MCUS = {name: load_board(name)["mcu"] for name in GUARDS}


@pytest.fixture(params=GUARDS)
def file(request, tmp_path, monkeypatch):
    """A small file for a board in place of the one that is read."""
    pages = uf2.pages(FLASH, CONTENT)
    data = uf2.write(uf2.Uf2(uf2.OF_MCU[MCUS[request.param]], pages, GUARDS[request.param]))
    manifest = {"product": "kodeviser", "version": VERSION, "form": "files"}
    small = ImageFile(load_board(request.param), manifest, data, {})
    monkeypatch.setattr(image_file, "read", lambda _: small)
    (tmp_path / "small.uf2").touch()
    return small


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """A computer without ports, that sends in small pieces and does not wait for a token."""
    monkeypatch.setattr(ports, "devices", list)
    monkeypatch.setattr(arrival, "TIMEOUT", 0.01)
    monkeypatch.setattr(arrival, "_PAUSE", 0.01)
    monkeypatch.setattr(drives, "_CHUNK", PIECE)
    monkeypatch.delenv("KODEBRIK_PORT", raising=False)


class Board:
    """A board in BOOTSEL mode, which goes away after `blocks` of 512 bytes, unless that is None.
    Whether the system notices at once, is `noticed`."""

    def __init__(self, folder, mcu, flash, blocks=None, noticed=True):
        self.folder, self.rom = folder, BootRom(mcu, flash)
        self._left, self._noticed, self._taken = blocks, noticed, 0
        folder.mkdir()
        (folder / drives.INFO).write_text(INFO[mcu])

    def fsync(self, _):
        """Take what has been written, as far as the cable lets it."""
        with (self.folder / drives.NAME).open("rb") as written:
            written.seek(self._taken)
            while block := written.read(BLOCK):
                if self._left == 0:
                    self.unplug()
                    number = errno.ENODEV if self._noticed else errno.EIO
                    raise OSError(number, os.strerror(number))
                self.rom.take(block)
                self._taken += BLOCK
                if self._left is not None:
                    self._left -= 1

    def unplug(self):
        if self._noticed:
            for path in self.folder.iterdir():
                path.unlink()
            self.folder.rmdir()


@pytest.mark.parametrize("noticed", [True, False], ids=["unmounted", "cached"])
def test_at_whatever_block_the_drive_is_pulled_it_is_said_and_the_next_try_works(
    file, noticed, tmp_path, monkeypatch, capsys
):
    def write(board):
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", board.fsync)
            image = str(tmp_path / "small.uf2")
            target = str(board.folder)
            code = main(["flash", "write", target, "--image", image, "--erase-secrets", "--json"])
        return code, json.loads(capsys.readouterr().out)

    mcu, blocks = file.board["mcu"], len(file.data) // BLOCK
    last_piece = (len(file.data) - 1) // PIECE * PIECE // BLOCK
    for pulled in range(blocks):
        flash = bytearray(b"\x5a" * (2 * len(CONTENT)))  # another firmware
        first = Board(tmp_path / f"{pulled}-a", mcu, flash, pulled, noticed)
        code, said = write(first)
        # Of the last piece a board may have had all that it needs.
        assert code == (ExitCode.UNPLUGGED if pulled < last_piece else ExitCode.SILENT), pulled
        expected = "flash-drive-pulled" if pulled < last_piece else "flash-no-hello"
        assert said["id"] == expected, pulled
        assert "hold BOOTSEL" in said["hint"].replace("Hold", "hold")
        assert not first.rom.restarted
        assert not (first.folder / drives.NAME).exists() or pulled >= last_piece

        code, said = write(second := Board(tmp_path / f"{pulled}-b", mcu, flash))
        assert (code, said["id"]) == (ExitCode.SILENT, "flash-no-hello"), "no token comes of it"
        assert second.rom.restarted
        assert flash == CONTENT + b"\x5a" * len(CONTENT), pulled


def test_a_drive_that_is_pulled_before_the_first_block_is_said_so(tmp_path, file):
    board = Board(tmp_path / "drive", file.board["mcu"], bytearray(b"\x5a" * 2 * len(CONTENT)))
    drive = drives.at(board.folder)
    board.unplug()
    with pytest.raises(KodebrikError) as raised:
        drives.copy(file.data, drive, lambda done, total: None)
    assert raised.value.identifier == "flash-drive-pulled"
