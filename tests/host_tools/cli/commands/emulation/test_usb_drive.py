"""kodebrik emulate --usb-drive: a board in BOOTSEL mode, whatever is copied onto it."""

import signal
import subprocess
import threading
from contextlib import nullcontext

import pytest

from emulator import saved_state
from emulator.session import Emulator
from firmware.protocol import messages
from firmware.version import VERSION
from host_tools.cli import main
from host_tools.desktop.bootsel import await_file_system
from host_tools.desktop.token_folder import TokenFolder, emulated
from host_tools.errors import ExitCode, KodebrikError
from host_tools.flashing import bundle, micropython
from host_tools.image.image import build_frozen_tree, build_image, load_board, pack
from host_tools.link.channel import Channel
from tests.support.command_line.program import KODEBRIK
from tests.support.emulated.token import TokenUnderTest, totp
from tests.support.flashing import official
from tests.support.flashing.images import made
from tests.support.flashing.littlefs_reader import files
from tests.support.limits import REAL_LIMIT


def copied(tmp_path, data, board="pico"):
    """Copy a file onto the drive of the token in tmp_path/token; give its file system."""
    drive = tmp_path / "drive"
    folder = TokenFolder(tmp_path / "token", "kodeviser", board)
    found = await_file_system(
        folder, drive, threading.Event(), lambda: (drive / "x.uf2").write_bytes(data), no_step
    )
    assert not drive.exists()
    return found


def no_step(line):
    raise AssertionError(f"nothing is built: {line}")


def test_a_whole_file_is_what_runs(tmp_path):
    flashed = copied(tmp_path, made())
    folder = TokenFolder(tmp_path / "token", "kodeviser", "pico")
    with emulated(folder, no_step, no_step, flashed=flashed) as emulator:
        emulator.plug()
        assert Channel(emulator.port).hello().state == "blank"


def test_a_token_that_was_there_loses_its_secrets(tmp_path):
    state = tmp_path / "token"
    with Emulator(state=state, image=build_image("kodeviser", "pico")) as emulator:
        TokenUnderTest(emulator).provision(totp())
    flashed = copied(tmp_path, made())
    folder = TokenFolder(state, "kodeviser", "pico")
    with emulated(folder, no_step, no_step, flashed=flashed) as emulator:
        emulator.plug()
        assert Channel(emulator.port).hello().state == "blank"
    assert not [path for path in files(flashed.files) if path.startswith("data")]


def test_micropython_alone_keeps_the_files(tmp_path):
    with Emulator(state=tmp_path / "token", image=build_image("kodeviser", "pico")):
        pass
    before = (tmp_path / "token" / saved_state.FLASH).read_bytes()
    assert copied(tmp_path, official.stand_in("pico")).files == before


def test_micropython_alone_makes_an_empty_file_system_on_a_bare_board(tmp_path):
    assert files(copied(tmp_path, official.stand_in("pico2"), "pico2").files) == {}


def test_a_file_without_micropython_does_not_run(tmp_path):
    with pytest.raises(KodebrikError) as raised:
        copied(tmp_path, official.uf2(official.program(9_000), official.FAMILIES["pico"]))
    assert raised.value.identifier == "usb-drive-no-micropython"


def test_a_board_without_a_drive_is_said_so(tmp_path, capsys):
    options = ("--state", str(tmp_path / "token"), "--usb-drive", str(tmp_path / "drive"))
    assert main(["emulate", "--board", "esp32_s3", *options]) == ExitCode.USAGE
    assert "has no BOOTSEL drive" in capsys.readouterr().err


def test_a_folder_with_files_is_not_made_a_drive(tmp_path, capsys):
    (tmp_path / "mine").write_text("kept")
    options = ("--state", str(tmp_path / "token"), "--usb-drive", str(tmp_path))
    assert main(["emulate", *options]) == ExitCode.FILE
    assert "is not empty" in capsys.readouterr().err
    assert (tmp_path / "mine").read_text() == "kept"


def test_a_file_is_not_made_a_drive(tmp_path, capsys):
    (tmp_path / "README.md").write_text("kept")
    options = ("--state", str(tmp_path / "token"), "--usb-drive", str(tmp_path / "README.md"))
    assert main(["emulate", *options]) == ExitCode.FILE
    assert "README.md is a file" in capsys.readouterr().err
    assert (tmp_path / "README.md").read_text() == "kept"


def test_a_file_that_the_board_ignores_is_told_once(tmp_path):
    drive, said = tmp_path / "drive", []
    folder = TokenFolder(tmp_path / "token", "kodeviser", "pico")

    def copy_others():
        (drive / "README.md").write_bytes(b"# kodebrik")
        (drive / "other.uf2").write_bytes(made("pico2"))

    def note(line):
        said.append(str(line))
        if len(said) == 2:
            (drive / "right.uf2").write_bytes(made())

    found = await_file_system(folder, drive, threading.Event(), copy_others, note)
    assert "main.py" in files(found.files)
    assert sorted(said) == [
        "README.md is ignored: nothing in it is UF2 for an RP2040.",
        "other.uf2 is ignored: nothing in it is UF2 for an RP2040.",
    ]


def test_a_place_that_cannot_be_a_folder_is_said_so(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    options = ("--state", str(tmp_path / "token"), "--usb-drive", str(tmp_path / "file" / "drive"))
    assert main(["emulate", *options]) == ExitCode.FILE
    assert "Cannot write" in capsys.readouterr().err


def test_a_scenario_does_not_wait_for_a_file(tmp_path, capsys):
    options = ("--script", str(tmp_path / "x"), "--usb-drive", str(tmp_path / "drive"))
    assert main(["emulate", *options]) == ExitCode.USAGE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped_while_it_waits(tmp_path, number):
    drive = tmp_path / "drive"
    options = ("--headless", "--state", tmp_path / "token", "--usb-drive", drive)
    with subprocess.Popen(
        [*KODEBRIK, "emulate", *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            assert b"BOOTSEL drive" in process.stderr.readline()
            assert (drive / "INFO_UF2.TXT").exists()
            process.send_signal(number)
            assert process.wait(REAL_LIMIT) == 0
        finally:
            process.kill()
    assert not drive.exists()


def frozen_firmware(build="development", languages="en,da"):
    """Give a MicroPython with the mark of a frozen firmware."""
    text = f"kodebrik firmware {VERSION}: kodeviser pico {build} {languages}"
    return official.rp2("pico", frozen=text)


def test_a_frozen_firmware_runs_by_its_sources_and_stays_frozen(tmp_path):
    board = load_board("pico")
    filesystem = pack(build_frozen_tree("kodeviser"), board["filesystem"])
    release = micropython.check(frozen_firmware(), board)
    flashed = copied(tmp_path, bundle.merge(release, filesystem, board))
    folder = TokenFolder(tmp_path / "token", "kodeviser", "pico")
    with emulated(folder, no_step, no_step, flashed=flashed) as emulator:
        emulator.plug()
        assert Channel(emulator.port).hello().form == messages.FROZEN
        emulator.unplug()
        emulator.advance(1)
        emulator.press()
        assert "Not set up" in " ".join(emulator.screen_text()), "its own language is the first"
    with emulated(folder, nullcontext, no_step) as emulator:
        assert emulator.frozen
    flashed = copied(tmp_path, made())
    with emulated(folder, no_step, no_step, flashed=flashed) as emulator:
        assert not emulator.frozen


def test_another_frozen_firmware_than_the_sources_is_refused(tmp_path):
    with pytest.raises(KodebrikError) as refused:
        copied(tmp_path, frozen_firmware(build="production"))
    assert refused.value.identifier == "usb-drive-frozen"
    assert "kodeviser pico production en,da" in str(refused.value)
