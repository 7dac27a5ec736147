"""The emulated drive of a board in BOOTSEL mode."""

import pytest

from emulator.mcu.boot_rom import INFO, BootRom
from emulator.mcu.usb_drive import UsbDrive
from tests.support.flashing import official

CODE = official.program(12_288)
FILE = official.uf2(CODE, 0xE48BFF56)


@pytest.fixture
def rom():
    return BootRom("RP2040", bytearray(2 * 2**20))


@pytest.fixture
def drive(tmp_path, rom):
    return UsbDrive(tmp_path / "RPI-RP2", "RP2040", rom)


def test_it_looks_like_a_boards(drive):
    assert (drive.path / "INFO_UF2.TXT").read_bytes() == INFO["RP2040"].encode()
    assert (drive.path / "INDEX.HTM").exists()
    assert not drive.take()


def test_a_file_is_taken_while_it_is_copied(drive, rom):
    with (drive.path / "a.uf2").open("wb", buffering=0) as file:
        for at in range(0, len(FILE), 700):
            assert not drive.take()
            file.write(FILE[at : at + 700])
    assert drive.take()
    assert rom.flash[: len(CODE)] == CODE


def test_a_file_that_is_copied_again_is_taken_anew(drive, rom):
    path = drive.path / "a.uf2"
    path.write_bytes(official.uf2(bytes(16_384), 0xE48BFF56)[:-512])
    assert not drive.take()
    path.write_bytes(FILE)
    assert drive.take()
    assert rom.flash[: len(CODE)] == CODE


def test_other_files_and_folders_do_nothing(drive):
    (drive.path / "notes.txt").write_bytes(b"text " * 500)
    (drive.path / "folder").mkdir()
    assert not drive.take()


def test_the_drive_vanishes_with_what_is_on_it(drive):
    (drive.path / "a.uf2").write_bytes(FILE)
    drive.remove()
    assert not drive.path.exists()


def test_a_folder_with_files_of_others_is_no_drive(tmp_path, rom):
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(FileExistsError, match="not empty"):
        UsbDrive(tmp_path, "RP2040", rom)
    assert (tmp_path / "mine").read_text() == "kept"


def test_a_folder_that_somebody_made_in_it_stays(drive):
    (drive.path / "folder").mkdir()
    drive.remove()
    assert [path.name for path in drive.path.iterdir()] == ["folder"]
