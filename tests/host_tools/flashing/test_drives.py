"""The drives of boards in BOOTSEL mode: found, checked, written; each fault has its error."""

import errno
import os
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from emulator.mcu.boot_rom import INFO
from host_tools.errors import ExitCode, KodebrikError
from host_tools.flashing import drives

Partition = namedtuple("Partition", "mountpoint")
DATA = bytes(range(256)) * 2000


@pytest.fixture
def drive(tmp_path):
    folder = tmp_path / "RPI-RP2"
    folder.mkdir()
    (folder / drives.INFO).write_text(INFO["RP2040"])
    return drives.at(folder)


@pytest.mark.parametrize("mcu", INFO)
def test_a_drive_says_which_microcontroller_it_is(tmp_path, mcu):
    (tmp_path / drives.INFO).write_bytes(INFO[mcu].encode())
    found = drives.at(tmp_path)
    assert found.mcu == mcu
    assert found.model.startswith("Raspberry Pi RP2")
    drives.check(found, "a board", mcu)


@pytest.mark.parametrize("text", ["", "Model: x\n", "\xff\0", "UF2 Bootloader"])
def test_other_folders_are_no_drives(tmp_path, text):
    assert drives.at(tmp_path) is None
    assert drives.at(tmp_path / "nowhere") is None
    (tmp_path / drives.INFO).write_bytes(text.encode("latin-1"))
    assert drives.at(tmp_path) is None


def test_mounted_drives_are_found(tmp_path, drive, monkeypatch):
    places = [Partition(str(tmp_path)), Partition(str(drive.path)), Partition("/nowhere")]
    monkeypatch.setattr("psutil.disk_partitions", lambda: places)
    assert drives.mounted() == [drive]


@pytest.mark.parametrize("text", [INFO["RP2350"], "Board-ID: nRF52840-Feather-revD\n"])
def test_a_drive_of_another_chip_is_refused(tmp_path, text):
    (tmp_path / drives.INFO).write_text(text)
    with pytest.raises(KodebrikError) as raised:
        drives.check(drives.at(tmp_path), "Raspberry Pi Pico", "RP2040")
    assert raised.value.identifier == "flash-drive-other"


def test_a_file_is_copied_with_progress(drive):
    told = []
    drives.copy(DATA, drive, lambda done, total: told.append((done, total)))
    assert (drive.path / drives.NAME).read_bytes() == DATA
    assert told[-1] == (len(DATA), len(DATA))
    assert len(told) == -(-len(DATA) // (128 * 1024))
    assert sorted(told) == told


def failing(monkeypatch, number, at_call, before=lambda: None):
    """Have fsync() fail at its n-th call."""
    calls = []

    def fsync(descriptor):
        calls.append(descriptor)
        if len(calls) == at_call:
            before()
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.fsync", fsync)


@pytest.mark.parametrize(
    ("number", "identifier", "code"),
    [
        (errno.ENOSPC, "flash-drive-full", ExitCode.FILE),
        (errno.EROFS, "flash-drive-read-only", ExitCode.FILE),
        (errno.EACCES, "flash-drive-forbidden", ExitCode.PERMISSION),
        (errno.EPERM, "flash-drive-forbidden", ExitCode.PERMISSION),
        (errno.ENOENT, "file-unwritable", ExitCode.FILE),
        (errno.EFBIG, "file-unwritable", ExitCode.FILE),
    ],
)
@pytest.mark.parametrize("at_call", [1, 2, 4])
def test_a_drive_that_refuses_is_said_so_and_keeps_no_half_file(
    drive, monkeypatch, number, identifier, code, at_call
):
    failing(monkeypatch, number, at_call)
    with pytest.raises(KodebrikError) as raised:
        drives.copy(DATA, drive, lambda done, total: None)
    assert (raised.value.identifier, raised.value.exit_code) == (identifier, code)
    assert not (drive.path / drives.NAME).exists()
    monkeypatch.undo()
    drives.copy(DATA, drive, lambda done, total: None)
    assert (drive.path / drives.NAME).read_bytes() == DATA, "the next try works"


def unmounted(drive):
    """The operating system has noticed that the drive is gone."""
    (drive.path / drives.INFO).unlink()


def cached(drive):
    """It has not: the drive's first files are still in memory."""


@pytest.mark.parametrize("at_call", [1, 2, 3])
@pytest.mark.parametrize(
    ("number", "state"), [(errno.EIO, cached), (errno.ENODEV, unmounted), (errno.ENOENT, unmounted)]
)
def test_a_drive_pulled_midway_is_said_so(drive, monkeypatch, at_call, number, state):
    failing(monkeypatch, number, at_call, lambda: state(drive))
    with pytest.raises(KodebrikError) as raised:
        drives.copy(DATA, drive, lambda done, total: None)
    assert raised.value.identifier == "flash-drive-pulled"
    assert raised.value.exit_code == ExitCode.UNPLUGGED


@pytest.mark.parametrize(
    ("number", "state"), [(errno.EIO, cached), (errno.ENODEV, unmounted), (errno.ENOENT, unmounted)]
)
def test_a_drive_that_goes_away_with_the_last_block_may_have_taken_everything(
    drive, monkeypatch, number, state
):
    """A board restarts before the operating system has its answer; then the hello tells."""
    failing(monkeypatch, number, 4, lambda: state(drive))
    told = []
    drives.copy(DATA, drive, lambda done, total: told.append(done))
    assert len(told) == 3, "the last piece has no answer"
    assert (drive.path / drives.NAME).read_bytes() == DATA


def test_ctrl_c_leaves_no_half_file(drive):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drives.copy(DATA, drive, interrupt)
    assert not (drive.path / drives.NAME).exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_drive_of_the_operating_system_is_said_so(drive):
    """ENOSPC as the system itself gives it, at the first byte."""
    (drive.path / drives.NAME).symlink_to("/dev/full")
    with pytest.raises(KodebrikError) as raised:
        drives.copy(DATA, drive, lambda done, total: None)
    assert raised.value.identifier == "flash-drive-full"


def test_without_psutil_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    with pytest.raises(KodebrikError) as raised:
        drives.mounted()
    assert raised.value.exit_code == ExitCode.NOT_INSTALLED
    assert "kodebrik[flash]" in raised.value.hint
