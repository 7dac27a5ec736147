"""kodebrik flash write onto a BOOTSEL drive: which drive, and what becomes of it."""

import json
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from emulator.mcu.boot_rom import FLASH, INFO
from firmware.version import VERSION
from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.flashing import arrival, drives, image_file
from host_tools.image.image import build_image
from host_tools.link import channel, ports
from tests.support.command_line.keyboard import Keyboard
from tests.support.flashing.becoming import filesystem, on_drive
from tests.support.flashing.images import made
from tests.support.flashing.littlefs_reader import files

Partition = namedtuple("Partition", "mountpoint")


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """A computer without ports and drives, and a short wait for a token."""
    monkeypatch.setattr(ports, "devices", list)
    monkeypatch.setattr("psutil.disk_partitions", list)
    monkeypatch.setattr(arrival, "TIMEOUT", 0.5)
    monkeypatch.delenv("KODEBRIK_PORT", raising=False)


@pytest.fixture
def drive(tmp_path):
    """The folder of a Pico's drive, into which nobody looks."""

    def make(name="RPI-RP2", mcu="RP2040"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / drives.INFO).write_text(INFO[mcu])
        return str(folder)

    return make


def write(*arguments):
    return main(["flash", "write", "--json", "--erase-secrets", *arguments])


def said(capsys):
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", ["RPI-RP3", "media/RPI-RP2"])
def test_a_mistyped_drive_is_no_port(tmp_path, image, capsys, name):
    assert write(str(tmp_path / name), "--image", image("pico")) == ExitCode.NO_PORT
    assert said(capsys)["id"] == "flash-no-target"


@pytest.mark.parametrize("board", ["pico", "pico2"])
def test_the_boot_rom_gets_the_whole_file_and_its_token_answers(
    tmp_path, image, monkeypatch, capsys, board
):
    monkeypatch.setattr(arrival, "TIMEOUT", 60)
    with on_drive(tmp_path, board) as there:
        arguments = [str(there.drive), "--port", str(there.port), "--image", image(board)]
        assert write(*arguments) == 0
    assert there.rom.restarted
    _, written = filesystem(board, there.flash, FLASH)
    assert files(written) == image_file.read(made(board)).files
    captured = capsys.readouterr()
    result = json.loads(captured.out)
    assert (result["board"], result["version"]) == (board, VERSION)
    assert len(result["serial"]) == 12
    assert "everything on the board is replaced, secrets" in captured.err


def test_a_board_that_took_everything_and_does_not_answer_is_no_success(tmp_path, image, capsys):
    with on_drive(tmp_path, dead=True) as there:
        assert write(str(there.drive), "--image", image()) == ExitCode.SILENT
    assert there.rom.restarted
    answer = said(capsys)
    assert answer["id"] == "flash-no-hello"
    assert str(there.drive) in answer["error"]
    assert "kodebrik info" in answer["hint"]


def test_the_only_drive_needs_no_name(drive, image, monkeypatch, capsys):
    path = drive()
    monkeypatch.setattr("psutil.disk_partitions", lambda: [Partition(path), Partition("/nowhere")])
    assert write("--image", image()) == ExitCode.SILENT
    assert path in said(capsys)["error"]
    assert copied(path)


def copied(folder):
    return (Path(folder) / drives.NAME).exists()


@pytest.mark.parametrize("arguments", [[], ["--all"]], ids=["one", "all"])
@pytest.mark.parametrize(("language", "typed"), [("en", "yes"), ("en", " YES "), ("da", "ja")])
def test_whoever_confirms_that_no_secrets_are_needed_may_write(
    drive, image, monkeypatch, capsys, arguments, language, typed
):
    path = drive()
    monkeypatch.setattr("psutil.disk_partitions", lambda: [Partition(path)])
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: typed, terminal=True))
    command = ["flash", "write", *arguments, "--image", image(), "--lang", language]
    assert main(command) == ExitCode.SILENT, "the folder is no board"
    assert copied(path)
    said = capsys.readouterr().err
    assert path in said
    assert {"en": 'Type "yes" if', "da": 'Skriv "ja", hvis'}[language] in said


@pytest.mark.parametrize("arguments", [[], ["--all"]], ids=["one", "all"])
@pytest.mark.parametrize("typed", ["", "no", "y", "yes!", "ja"])
def test_any_other_answer_leaves_the_drive_alone(
    drive, image, monkeypatch, capsys, arguments, typed
):
    path = drive()
    monkeypatch.setattr("psutil.disk_partitions", lambda: [Partition(path)])
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: typed, terminal=True))
    assert main(["flash", "write", *arguments, "--image", image()]) == ExitCode.CONFLICT
    assert not copied(path)
    said = "".join(capsys.readouterr())
    assert "cannot be asked whether it holds secrets" in said
    assert 'the whole word "yes"' in said


@pytest.mark.parametrize(
    ("arguments", "terminal"), [(["--json"], True), (["--json"], False), ([], False)]
)
def test_nobody_is_asked_for_json_or_without_a_terminal(
    drive, image, monkeypatch, capsys, arguments, terminal
):
    def asked():
        raise AssertionError("a question")

    path = drive()
    monkeypatch.setattr(sys, "stdin", Keyboard(asked, terminal))
    assert main(["flash", "write", path, "--image", image(), *arguments]) == ExitCode.CONFLICT
    assert not copied(path)
    said = capsys.readouterr()
    if arguments:
        assert json.loads(said.out)["id"] == "flash-drive-may-hold-secrets"
    assert "--erase-secrets" in said.out + said.err


def test_who_is_asked_is_asked_once_for_all_drives(drive, image, monkeypatch, capsys):
    """The drive of another board's is not in question."""
    found = [drive("one"), drive("two"), drive("three", "RP2350")]
    asked = []
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: asked.append(1) or "yes", terminal=True))
    assert main(["flash", "write", *found, "--image", image()]) == ExitCode.SILENT
    assert [copied(path) for path in found] == [True, True, False]
    assert len(asked) == 1
    (question,) = [line for line in capsys.readouterr().err.splitlines() if "Type" in line]
    assert [path in question for path in found] == [True, True, False]


def test_a_file_for_another_board_is_refused_without_a_question(drive, image, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Keyboard(lambda: 1 / 0, terminal=True))
    path = drive(mcu="RP2350")
    assert main(["flash", "write", path, "--image", image()]) == ExitCode.CONFLICT


def test_two_drives_need_a_choice(drive, image, monkeypatch, capsys):
    found = [drive("one"), drive("two")]
    monkeypatch.setattr("psutil.disk_partitions", lambda: [Partition(path) for path in found])
    assert write("--image", image()) == ExitCode.NO_PORT
    answer = said(capsys)
    assert answer["id"] == "flash-several"
    assert all(path in answer["error"] for path in found)


def test_a_drive_and_a_port_need_a_choice(drive, image, monkeypatch, capsys):
    path = drive()
    device = ports.Device("/dev/ttyACM0", "micropython", "Pico", "2e8a:0005", None)
    monkeypatch.setattr("psutil.disk_partitions", lambda: [Partition(path)])
    monkeypatch.setattr(ports, "devices", lambda: [device])
    assert write("--image", image()) == ExitCode.NO_PORT
    assert "/dev/ttyACM0" in said(capsys)["error"]


@pytest.mark.parametrize(
    ("found", "identifier"),
    [
        ([], "flash-no-board"),
        ([ports.Device(None, "bootloader", "RP2", "2e8a:0003", None)], "flash-drive-not-mounted"),
        ([ports.Device("/dev/ttyS0", "other", "serial port", None, None)], "flash-no-board"),
    ],
)
def test_without_a_board_it_says_what_to_do(image, monkeypatch, capsys, found, identifier):
    monkeypatch.setattr(ports, "devices", lambda: found)
    assert write("--image", image()) == ExitCode.NO_PORT
    assert said(capsys)["id"] == identifier


def test_the_only_port_needs_no_name(image, monkeypatch, capsys):
    device = ports.Device("/dev/ttyNONE9", "micropython", "Pico", "2e8a:0005", None)
    monkeypatch.setattr(ports, "devices", lambda: [device])
    assert write("--image", image()) == ExitCode.NO_PORT
    assert said(capsys)["id"] == "port-unknown"


def test_a_folder_that_is_no_drive_is_said_so(tmp_path, image, capsys):
    assert write(str(tmp_path), "--image", image()) == ExitCode.NO_PORT
    assert said(capsys)["id"] == "flash-no-drive"


@pytest.mark.parametrize(("board", "mcu"), [("pico2", "RP2040"), ("pico", "RP2350")])
def test_a_drive_of_the_wrong_family_gets_nothing(drive, image, capsys, board, mcu):
    path = drive(mcu=mcu)
    assert write(path, "--image", image(board)) == ExitCode.CONFLICT
    assert said(capsys)["id"] == "flash-drive-other"
    assert not copied(path)


def test_an_esp32_image_is_not_for_a_drive(drive, image, capsys):
    assert write(drive(), "--image", image("esp32_s3")) == ExitCode.CONFLICT
    assert said(capsys)["id"] == "flash-drive-other"


def test_a_file_of_another_kind_is_refused_before_a_board_is_sought(tmp_path, capsys):
    (tmp_path / "x.uf2").write_bytes(b"<html>")
    assert write("--image", str(tmp_path / "x.uf2")) == ExitCode.BAD_INPUT
    assert said(capsys)["id"] == "flash-image-not-ours"


def test_a_token_that_appears_on_a_new_port_ends_the_wait(drive, board, image, monkeypatch, capsys):
    monkeypatch.setattr(arrival, "TIMEOUT", 60)
    with board(build_image("kodeviser", "pico")) as (_, port):
        old = ports.Device("/dev/ttyOLD", "micropython", "Pico", "2e8a:0005", None)
        new = ports.Device(port, "micropython", "Pico", "2e8a:0005", None)
        answers = iter([[old], [old], [old, new]])
        monkeypatch.setattr(ports, "devices", lambda: next(answers, [old, new]))
        assert write(drive(), "--image", image()) == 0
    assert len(said(capsys)["serial"]) == 12


def test_another_version_that_answers_is_said_so(drive, board, image, monkeypatch, capsys):
    monkeypatch.setattr(arrival, "TIMEOUT", 3)
    read = image_file.read

    def later(data):
        found = read(data)
        found.manifest["version"] = "99.0"
        return found

    monkeypatch.setattr(image_file, "read", later)
    with board(build_image("kodeviser", "pico")) as (_, port):
        assert write(drive(), "--image", image(), "--port", port) == ExitCode.CHECK_FAILED
    answer = said(capsys)
    assert answer["id"] == "flash-other-answer"
    assert "99.0" in answer["error"]


def test_a_port_on_which_nothing_answers_is_said_so(drive, board, image, monkeypatch, capsys):
    monkeypatch.setattr(channel, "_HELLO_TIMEOUT", 0.1)
    with board() as (_, port):
        assert write(drive(), "--image", image(), "--port", port) == ExitCode.REPL
    assert said(capsys)["id"] == "port-repl"


def test_ctrl_c_while_the_file_is_copied_says_what_may_have_become_of_the_board(
    drive, image, monkeypatch, capsys
):
    def interrupt(_data, _drive, report):
        report(1, 2)
        raise KeyboardInterrupt

    monkeypatch.setattr(drives, "copy", interrupt)
    folder = drive()
    assert write(folder, "--image", image()) == ExitCode.INTERRUPTED
    told = said(capsys)
    assert told["error"] == f"Stopped by Ctrl-C while {folder} was written to."
    assert "may hold no whole firmware" in told["hint"]


def test_ctrl_c_while_the_token_is_awaited_says_that_the_board_was_written(
    drive, image, monkeypatch, capsys
):
    def interrupt(_image, _find):
        raise KeyboardInterrupt

    monkeypatch.setattr(arrival, "await_hello", interrupt)
    folder = drive()
    assert write(folder, "--image", image()) == ExitCode.INTERRUPTED
    told = said(capsys)
    assert f"The board on {folder} has been written" in told["error"]
    assert "kodebrik info" in told["hint"]
