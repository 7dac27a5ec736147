"""kodebrik flash write over a serial port, to an emulated board."""

import json
import sys
import threading
from dataclasses import replace
from itertools import count

import pytest
from mpremote.transport_serial import SerialTransport

from emulator.session import Emulator
from firmware.serial_number import serial_number
from firmware.version import VERSION
from host_tools.cli import main
from host_tools.errors import ExitCode, KodebrikError
from host_tools.flashing import image_file, serial_files
from host_tools.image.image import build_image, load_board, pack
from host_tools.otp.credential import Credential
from host_tools.provisioning.inventory_records import WIPED
from tests.support.command_line.inventory import SECRET, opened, record
from tests.support.emulated.token import TokenUnderTest, totp
from tests.support.flashing.images import made
from tests.support.flashing.littlefs_reader import files, mounted
from tests.support.link.pty_port import PtyPort

OTHER = "100000000008"
FILESYSTEM = load_board("pico")["filesystem"]


def on_flash(emulator):
    """Give the files on an emulated board."""
    return files(emulator.flash.read(0, FILESYSTEM["size"]))


def write(port, image, *arguments):
    return main(["flash", "write", port, "--image", image, "--json", *arguments])


def test_a_bare_board_becomes_a_token(board, image, capsys):
    with board() as (emulator, port):
        assert write(port, image()) == 0
        said = json.loads(capsys.readouterr().out)
        assert (said["product"], said["version"]) == ("kodeviser", VERSION)
        assert len(said["serial"]) == 12
        assert said["files"] == len(image_file.read(made()).files)
        written = on_flash(emulator)
    assert written == image_file.read(made()).files


def test_a_development_token_gets_what_has_changed_and_loses_what_is_left_over(
    board, image, capsys
):
    tree = image_file.read(made()).files
    older = {"old/lib/gone.mpy": b"stale", "manifest.json": b"{}", "data/kept": b"own"}
    older["boot.py"] = tree["boot.py"] + b"# older\n"
    with board(pack(tree | older, FILESYSTEM)) as (emulator, port):
        assert write(port, image()) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["files"] == 3, "boot.py and the manifest, and main.py after them"
        written = on_flash(emulator)
        left = mounted(emulator.flash.read(0, FILESYSTEM["size"])).listdir("/")
    assert written == tree | {"data/kept": b"own"}
    assert set(left) == {*tree, "data"}, "no empty folder hides a file of its name"


def test_a_folder_firmware_beside_the_file_hides_it_until_it_is_written_over(board, image, capsys):
    tree = image_file.read(made()).files
    older = {
        "firmware/storage/journal.mpy": b"stale",
        # as the token's, but for the traceback
        "main.py": b"try:\n    from firmware import start\n    start.run()\n"
        b"except ImportError:\n    pass\n",
    }
    with board(pack(tree | older, FILESYSTEM)) as (emulator, port):
        assert main(["info", "--port", port, "--json"]) == ExitCode.REPL
        capsys.readouterr()
        assert write(port, image()) == 0
        assert json.loads(capsys.readouterr().out)["serial"]
        assert on_flash(emulator) == tree


def test_a_token_with_secrets_is_kept_unless_they_may_go(
    board, image, tmp_path, capsys, monkeypatch
):
    """And the inventory has no account any more that the token has lost."""
    with Emulator(state=tmp_path / "token", image=build_image("kodeviser", "pico")) as emulator:
        TokenUnderTest(emulator).provision(totp())
        serial = serial_number(emulator.unique_id)
    with opened(tmp_path / "inventory.sqlite") as inventory:
        record(inventory, serial, Credential("bank", SECRET))
        record(inventory, OTHER, Credential("bank", SECRET))
    monkeypatch.setenv("KODEBRIK_INVENTORY", str(tmp_path / "inventory.sqlite"))
    with board() as (emulator, port):
        before = on_flash(emulator)
        assert write(port, image()) == ExitCode.CONFLICT
        assert json.loads(capsys.readouterr().out)["id"] == "flash-token-has-secrets"
        assert on_flash(emulator) == before
        assert write(port, image(), "--erase-secrets") == 0
        said = capsys.readouterr()
        assert "with secrets" in said.err
        assert json.loads(said.out)["forgotten"] == [serial]
        assert main(["info", "--port", port, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["state"] == "blank"
        after = on_flash(emulator)
    with opened(tmp_path / "inventory.sqlite") as inventory:
        assert (inventory.entry(serial).state, inventory.entry(serial).accounts) == (WIPED, ())
        assert inventory.entry(OTHER).accounts
    assert any(path.startswith("data/") for path in before)
    for path in (path for path in before if path.startswith("data/")):
        assert after.get(path) != before[path]


def test_at_the_prompt_a_tokens_data_count_as_secrets(board, image, capsys):
    with board(pack({"data/vault.0": b"sealed"}, FILESYSTEM)) as (emulator, port):
        assert write(port, image()) == ExitCode.CONFLICT
        assert json.loads(capsys.readouterr().out)["id"] == "flash-board-has-secrets"
        assert on_flash(emulator) == {"data/vault.0": b"sealed"}


def test_a_production_token_is_left_alone(board, image, capsys):
    with board(build_image("kodeviser", "pico", production=True)) as (_, port):
        assert write(port, image()) == ExitCode.CONFLICT
    said = json.loads(capsys.readouterr().out)
    assert said["id"] == "flash-production-token"
    assert "BOOTSEL" in said["hint"]


def test_a_token_of_another_board_is_left_alone(board, image, capsys):
    with board(build_image("kodeviser", "pico")) as (_, port):
        assert write(port, image("pico2")) == ExitCode.CONFLICT
    assert json.loads(capsys.readouterr().out)["id"] == "flash-other-token"


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_board_that_is_pulled_midway_takes_the_next_try(
    board, image, tmp_path, capsys, monkeypatch, after
):
    """The cable goes after so many files; MicroPython then still shows its prompt."""
    make, made_files = serial_files._write, []

    with board() as (emulator, port):

        def pulled(*arguments):
            made_files.append(arguments[1])
            if len(made_files) == after:
                thread = threading.Thread(target=emulator.unplug)
                thread.start()
                thread.join()
            make(*arguments)

        monkeypatch.setattr(serial_files, "_write", pulled)
        assert write(port, image()) == ExitCode.UNPLUGGED
        said = json.loads(capsys.readouterr().out)
        assert said["id"] == "flash-serial-broken"
        assert "main.py" not in on_flash(emulator)
        monkeypatch.undo()
        emulator.plug()
        assert write(port, image()) == 0
        assert on_flash(emulator) == image_file.read(made()).files


@pytest.mark.slow
def test_pulled_before_any_command_the_old_or_the_new_firmware_is_whole_or_none_starts(
    board, monkeypatch
):
    """Two small firmwares, each written over the other: at the first try the cable goes before the
    n-th command to the board, a block of a file among them; the second works."""
    firmware = [
        {"boot.py": b"# %d\n" % kind, "main.py": b"pass # %d\n" % kind, "firmware.mpy": bytes(3000)}
        for kind in range(2)
    ]
    firmware[1]["firmware.mpy"] = b"\1" * 3000
    images = [replace(image_file.read(made()), files=files) for files in firmware]
    send, left = SerialTransport.exec_raw_no_follow, [0]

    with board() as (emulator, port):

        def pulled(transport, command):
            left[0] -= 1
            if left[0] == 0:
                thread = threading.Thread(target=emulator.unplug)
                thread.start()
                thread.join()
            send(transport, command)

        def write_files(image):
            serial_files.write(
                port, image, token=False, erase_secrets=False, report=lambda done, total: None
            )

        monkeypatch.setattr(SerialTransport, "exec_raw_no_follow", pulled)
        write_files(images[0])
        for pull_at in count(1):
            new = images[pull_at % 2]
            left[0] = pull_at
            try:
                write_files(new)
            except KodebrikError as error:
                assert error.identifier == "flash-serial-broken"
            else:
                break
            there = on_flash(emulator)
            starts = there.get("main.py")  # an empty one is as none: the prompt
            assert not starts or there in firmware, pull_at
            emulator.plug()
            write_files(new)
            assert on_flash(emulator) == new.files, pull_at
    assert pull_at > 15, "three files in five blocks, listed, hashed, removed and hashed again"


def test_a_board_that_restarts_midway_takes_the_next_try(board, image, capsys, monkeypatch):
    make, restarts = serial_files._write, [True]

    def restarted(serial_board, *arguments):
        if arguments[0] == "boot.py" and restarts:
            restarts.clear()
            serial_board.exec_raw_no_follow("import machine\nmachine.reset()")
        make(serial_board, *arguments)

    monkeypatch.setattr(serial_files, "_write", restarted)
    monkeypatch.setattr(serial_files, "_READ_TIMEOUT", 2)
    with board() as (emulator, port):
        assert write(port, image()) == ExitCode.UNPLUGGED
        assert json.loads(capsys.readouterr().out)["id"] == "flash-serial-broken"
        assert write(port, image()) == 0
        assert on_flash(emulator) == image_file.read(made()).files


def test_a_board_that_shows_no_raw_prompt_is_tried_again_and_then_said_so(
    image, capsys, monkeypatch
):
    monkeypatch.setattr(serial_files, "_READ_TIMEOUT", 0.1)
    monkeypatch.setattr(serial_files, "_PROMPT_TIMEOUT", 0.2)
    with PtyPort(lambda data: b">>> ") as line:
        assert write(line.path, image()) == ExitCode.REPL
        assert line.received.count(b"\r\x01") == 3
    answer = json.loads(capsys.readouterr().out)
    assert answer["id"] == "flash-no-prompt"


def test_without_mpremote_the_extra_is_named(board, image, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "mpremote.transport", None)
    with board() as (_, port):
        assert write(port, image()) == ExitCode.NOT_INSTALLED
    assert "kodebrik[flash]" in json.loads(capsys.readouterr().out)["hint"]


def test_a_board_that_does_not_keep_a_file_is_said_so(board, image, capsys, monkeypatch):
    monkeypatch.setattr(serial_files, "_is", lambda board, path, image: False)
    with board() as (emulator, port):
        assert write(port, image()) == ExitCode.CHECK_FAILED
        assert "main.py" not in on_flash(emulator)
    assert json.loads(capsys.readouterr().out)["id"] == "flash-not-kept"


def test_a_board_without_room_is_said_so(board, image, capsys, monkeypatch):
    read = image_file.read

    def larger(data):
        found = read(data)
        found.files["large"] = bytes(150_000)
        return found

    monkeypatch.setattr(image_file, "read", larger)
    full = image_file.read(made()).files | {"data/large": bytes(1_200_000)}
    del full["large"]
    with board(pack(full, FILESYSTEM)) as (_, port):
        assert write(port, image()) == ExitCode.FILE
    assert json.loads(capsys.readouterr().out)["id"] == "flash-board-full"


def test_a_port_that_is_none_is_said_so(image, capsys):
    assert write("/dev/ttyNONE9", image()) == ExitCode.NO_PORT
    assert json.loads(capsys.readouterr().out)["id"] == "flash-no-target"


@pytest.mark.parametrize(
    ("machine", "version", "identifier"),
    [
        ("Raspberry Pi Pico with RP2040", (1, 28, 0, ""), None),
        ("Raspberry Pi Pico W with RP2040", (1, 28, 0, ""), "flash-other-board"),
        ("Raspberry Pi Pico 2 with RP2350", (1, 28, 0, ""), "flash-other-board"),
        ("Raspberry Pi Pico with RP2040", (1, 25, 0, ""), "flash-other-micropython"),
        ("linux [GCC 14.2.1] version", (1, 29, 0, "preview"), None),
    ],
)
def test_what_micropython_says_of_the_board_is_compared(machine, version, identifier):
    found = image_file.read(made())
    if identifier is None:
        serial_files._check_board(machine, version, found)
        return
    with pytest.raises(KodebrikError) as raised:
        serial_files._check_board(machine, version, found)
    assert raised.value.identifier == identifier
