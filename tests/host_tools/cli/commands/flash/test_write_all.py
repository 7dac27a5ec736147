"""kodebrik flash write --all: boards side by side, at ports and on drives."""

import json
import sys
import threading
from collections import namedtuple

import pytest

from emulator.mcu.boot_rom import BootRom
from emulator.mcu.usb_drive import UsbDrive
from emulator.session import Emulator
from firmware.serial_number import serial_number
from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.flashing import arrival, drives
from host_tools.image.image import build_image, load_board
from host_tools.image.official import build_for
from host_tools.link import ports
from host_tools.link.ports import Device
from tests.support.command_line.keyboard import Keyboard
from tests.support.emulated.fleet import fleet
from tests.support.emulated.token import TokenUnderTest, totp
from tests.support.flashing.becoming import on_drive

Partition = namedtuple("Partition", "mountpoint")


@pytest.fixture
def plugged(monkeypatch):
    """What the computer sees: ports and folders of drives."""
    seen = {"ports": [], "drives": []}

    def devices():
        return [Device(port, "micropython", "", None, None) for port in seen["ports"]]

    def partitions():
        return [Partition(str(folder)) for folder in seen["drives"]]

    monkeypatch.setattr(ports, "devices", devices)
    monkeypatch.setattr("psutil.disk_partitions", partitions)
    monkeypatch.delenv("KODEBRIK_PORT", raising=False)
    return seen


def write(capsys, *arguments):
    code = main(["flash", "write", "--all", "--json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_every_bare_board_becomes_a_token(plugged, tmp_path, image, capsys):
    with fleet(tmp_path, 3, bare=True) as boards:
        plugged["ports"] = [str(board.port) for board in boards]
        code, said = write(capsys, "--image", image())
        assert code == 0, said
    assert [each["target"] for each in said["boards"]] == plugged["ports"]
    assert [each["serial"] for each in said["boards"]] == [
        serial_number(board.emulator.unique_id) for board in boards
    ]


def test_one_that_cannot_be_written_stops_no_other(plugged, tmp_path, image, capsys, monkeypatch):
    """A drive of another board, a port that is none, and a bare board."""
    with fleet(tmp_path, 1, bare=True) as boards:
        drive = UsbDrive(tmp_path / "RP2350", "RP2350", BootRom("RP2350", bytearray(4)))
        plugged["ports"] = [str(boards[0].port), str(tmp_path / "gone")]
        plugged["drives"] = [drive.path]
        code, said = write(capsys, "--image", image())
    assert code == ExitCode.CONFLICT
    other, written, gone = said["boards"]
    assert (other["target"], other["id"]) == (str(drive.path), "flash-drive-other")
    assert written["serial"] == serial_number(boards[0].emulator.unique_id)
    assert (gone["id"], gone["serial"]) == ("port-unknown", None)


def test_a_drive_that_may_hold_secrets_stops_no_board_at_a_port(plugged, tmp_path, image, capsys):
    rom = BootRom("RP2040", bytearray(4))
    drive = UsbDrive(tmp_path / "RPI-RP2", "RP2040", rom)
    with fleet(tmp_path, 1, bare=True) as boards:
        plugged["ports"], plugged["drives"] = [str(boards[0].port)], [drive.path]
        code, said = write(capsys, "--image", image())
    assert code == ExitCode.CONFLICT
    refused, written = said["boards"]
    assert (refused["target"], refused["id"]) == (str(drive.path), "flash-drive-may-hold-secrets")
    assert not (drive.path / drives.NAME).exists()
    assert written["serial"] == serial_number(boards[0].emulator.unique_id)


def test_a_confirmed_drive_takes_no_secrets_from_a_token_at_a_port(
    plugged, tmp_path, image, capsys, monkeypatch
):
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: "yes", terminal=True))
    monkeypatch.setattr(arrival, "TIMEOUT", 0.5)
    drive = UsbDrive(tmp_path / "RPI-RP2", "RP2040", BootRom("RP2040", bytearray(4)))
    with Emulator(state=tmp_path / "token-0", image=build_image("kodeviser", "pico")) as emulator:
        TokenUnderTest(emulator).provision(totp())
    with fleet(tmp_path, 1) as tokens:
        plugged["ports"], plugged["drives"] = [str(tokens[0].port)], [drive.path]
        assert main(["flash", "write", "--all", "--image", image()]) == ExitCode.SILENT
    assert (drive.path / drives.NAME).exists()
    assert f"The token {serial_number(tokens[0].emulator.unique_id)} holds secrets." in (
        capsys.readouterr().out
    )


def test_what_appears_after_a_drive_is_its_token(plugged, tmp_path, image, capsys, monkeypatch):
    """Two drives take the file; one of the tokens appears at a port, the other nowhere."""
    monkeypatch.setattr(arrival, "TIMEOUT", 5)
    board = load_board("pico")
    size = build_for(board).filesystem + board["filesystem"]["size"] - 0x10000000
    made = [
        UsbDrive(tmp_path / name, "RP2040", BootRom("RP2040", bytearray(size)))
        for name in ("a", "b")
    ]
    with fleet(tmp_path, 1) as tokens:
        plugged["drives"] = [drive.path for drive in made]

        def watch(drive):
            while not drive.take():
                pass
            drive.remove()
            plugged["ports"] = [str(tokens[0].port)]

        threads = [threading.Thread(target=watch, args=(drive,), daemon=True) for drive in made]
        for thread in threads:
            thread.start()
        code, said = write(capsys, "--image", image(), "--erase-secrets")
    assert code == ExitCode.SILENT, said
    serial = serial_number(tokens[0].emulator.unique_id)
    assert [each["serial"] for each in said["boards"]] == [serial, None]
    assert [each.get("id") for each in said["boards"]] == [None, "flash-no-hello"]


def test_boards_that_are_named_are_written_side_by_side(
    plugged, tmp_path, image, capsys, monkeypatch
):
    """The drive of an emulated board is none that the system has mounted."""
    monkeypatch.setattr(arrival, "TIMEOUT", 5)
    board = load_board("pico")
    size = build_for(board).filesystem + board["filesystem"]["size"] - 0x10000000
    rom = BootRom("RP2040", bytearray(size))
    drive = UsbDrive(tmp_path / "drive", "RP2040", rom)
    with fleet(tmp_path, 2, bare=True) as boards:
        port = str(boards[0].port)

        def watch():
            while not drive.take():
                pass
            drive.remove()
            plugged["ports"] = [str(boards[1].port)]

        threading.Thread(target=watch, daemon=True).start()
        named = [port, str(drive.path), port]
        code = main(["flash", "write", *named, "--image", image(), "--erase-secrets", "--json"])
        said = json.loads(capsys.readouterr().out)
    assert rom.restarted
    drawn, written = said["boards"]
    assert (drawn["target"], drawn["id"]) == (str(drive.path), "port-repl"), "no token of this file"
    assert code == ExitCode.REPL
    assert (written["target"], written["serial"]) == (
        port,
        serial_number(boards[0].emulator.unique_id),
    )


def test_boards_on_drives_answer_at_the_ports_that_are_named(
    plugged, tmp_path, image, capsys, monkeypatch
):
    """As emulated boards do, whose ports are none of the system. The variable counts for nobody:
    its token may have answered there before."""
    monkeypatch.setattr(arrival, "TIMEOUT", 5)
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    with (
        fleet(tmp_path, 1) as (other,),
        on_drive(folders[0]) as a,
        on_drive(folders[1], seed=1) as b,
    ):
        monkeypatch.setenv("KODEBRIK_PORT", str(other.port))
        named = [str(b.drive), str(a.drive), "--port", str(b.port), "--port", str(a.port)]
        options = ["--image", image(), "--erase-secrets", "--json"]
        code = main(["flash", "write", *named, *options])
        boards = json.loads(capsys.readouterr().out)["boards"]
        assert code == 0, boards
        at_ports = []
        for port in named[3::2]:
            assert main(["info", "--port", port, "--json"]) == 0
            at_ports.append(json.loads(capsys.readouterr().out)["serial"])
    assert [each["target"] for each in boards] == named[:2]
    assert [each["serial"] for each in boards] == at_ports


def test_ports_are_named_for_every_drive_or_for_none(plugged, tmp_path, image, capsys):
    made = [
        UsbDrive(tmp_path / name, "RP2040", BootRom("RP2040", bytearray(4))) for name in ("a", "b")
    ]
    plugged["drives"] = [drive.path for drive in made]
    arguments = ["--image", image(), "--erase-secrets", "--port", str(tmp_path / "port")]
    code, said = write(capsys, *arguments)
    assert (code, said["id"]) == (ExitCode.USAGE, "flash-ports-of-drives")
    assert "--port (1) is not that of the drives (2)" in said["error"]
    assert not any((drive.path / drives.NAME).exists() for drive in made)


def test_all_does_not_go_with_names(plugged, tmp_path, image, capsys):
    arguments = ["--all", str(tmp_path), "--image", image(), "--json"]
    assert main(["flash", "write", *arguments]) == ExitCode.USAGE
    assert json.loads(capsys.readouterr().out)["id"] == "flash-all-or-named"


@pytest.mark.parametrize("named", [["port"], []], ids=["named", "found"])
def test_a_board_at_a_port_answers_there_and_nowhere_else(plugged, tmp_path, image, capsys, named):
    plugged["ports"] = ["port"]
    arguments = [*named, "--port", "other", "--image", image(), "--json"]
    assert main(["flash", "write", *arguments]) == ExitCode.USAGE
    said = json.loads(capsys.readouterr().out)
    assert (said["id"], said["error"]) == (
        "port-twice",
        "The port is named twice: port, and --port other.",
    )


def test_it_needs_a_board_and_names_none(plugged, image, capsys):
    code, said = write(capsys, "--image", image())
    assert (code, said["id"]) == (ExitCode.NO_PORT, "flash-no-board")
    code, said = write(capsys, "--image", image(), "/dev/ttyACM0")
    assert (code, said["id"]) == (ExitCode.USAGE, "flash-all-or-named")
