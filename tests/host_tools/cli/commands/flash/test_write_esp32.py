"""kodebrik flash write to an ESP32-S3 in its boot loader: esptool talks to an emulated one, and the
token that comes of what it wrote answers."""

import json
import threading

import pytest

from emulator.session import Emulator
from firmware.version import VERSION
from host_tools.cli import main
from host_tools.errors import ExitCode
from host_tools.flashing import arrival
from host_tools.flashing.image_file import ImageFile
from host_tools.image.image import build_image, load_board
from host_tools.image.official import build_for
from host_tools.link import channel, ports
from host_tools.link.transport import SerialTransport
from tests.support.emulated.token import START, TokenUnderTest, totp
from tests.support.flashing.esp_rom import ESP32_C3, EspRom
from tests.support.flashing.images import made
from tests.support.limits import REAL_LIMIT
from tests.support.link.pty_port import PtyPort

BOARD = load_board("esp32_s3")


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    monkeypatch.setattr(ports, "devices", list)
    monkeypatch.setattr("psutil.disk_partitions", list)
    monkeypatch.delenv("KODEBRIK_PORT", raising=False)


@pytest.fixture
def no_token(monkeypatch):
    """Nobody answers a hello, so nobody is waited for."""
    monkeypatch.setattr(channel, "_HELLO_TIMEOUT", 0.1)
    monkeypatch.setattr(arrival, "TIMEOUT", 0.1)


@pytest.fixture
def chip(tmp_path, no_token):
    """A chip at a port."""

    def make(**properties):
        return EspRom(tmp_path / "port", **properties)

    return make


def write(rom, image, *arguments):
    return main(["flash", "write", str(rom.path), "--image", image, "--json", *arguments])


def said(capsys):
    return json.loads(capsys.readouterr().out)


def board(rom, over, folder):
    """When the chip has restarted, run what is in its flash, at the same port."""
    assert rom.restarted.wait(300)
    begins = build_for(BOARD).filesystem
    content = bytes(rom.flash[begins : begins + BOARD["filesystem"]["size"]])
    with Emulator(board="esp32_s3", state=folder, image=content, time=START) as emulator:
        emulator.open_pty(rom.path)
        emulator.serve(over.is_set)


def test_the_whole_image_is_written_and_its_token_answers(tmp_path, image, monkeypatch, capsys):
    monkeypatch.setattr(arrival, "TIMEOUT", REAL_LIMIT)
    over = threading.Event()
    with EspRom(tmp_path / "port") as rom:
        token = threading.Thread(target=board, args=(rom, over, tmp_path / "token"))
        token.start()
        try:
            assert write(rom, image("esp32_s3")) == 0
        finally:
            over.set()
            rom.restarted.set()
            token.join()
    captured = capsys.readouterr()
    result = json.loads(captured.out)
    assert (result["board"], result["version"]) == ("esp32_s3", VERSION)
    assert len(result["serial"]) == 12
    assert result["bytes"] == len(made("esp32_s3"))
    assert bytes(rom.flash) == made("esp32_s3"), "nothing of the other firmware is left"
    assert "everything on the board is replaced, secrets" in captured.err


def test_progress_is_told(chip, image, monkeypatch, capsys):
    shares = []

    class Bar:
        def __enter__(self):
            return lambda done, total: shares.append(done / total)

        def __exit__(self, *_):
            pass

    monkeypatch.setattr("host_tools.cli.commands.flash.write.reporting", lambda what: Bar())
    monkeypatch.setenv("COLUMNS", "20")
    with chip() as rom:
        assert write(rom, image("esp32_s3")) == ExitCode.SILENT
    assert said(capsys)["id"] == "flash-no-hello", "no port has appeared"
    assert len(shares) > 10
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.parametrize(
    ("properties", "code", "identifier", "words"),
    [
        ({"chip": ESP32_C3}, ExitCode.CONFLICT, "flash-other-board", "ESP32-C3"),
        ({"size_bits": 22}, ExitCode.CONFLICT, "flash-too-small", "4 MB"),
        ({"unplug_after": 9}, ExitCode.UNPLUGGED, "flash-loader-broken", "no whole firmware"),
        ({"worn": 0x300000}, ExitCode.CHECK_FAILED, "flash-loader-not-kept", "read back"),
    ],
)
def test_what_goes_wrong_has_its_own_error(
    chip, image, capsys, properties, code, identifier, words
):
    with chip(**properties) as rom:
        assert write(rom, image("esp32_s3")) == code
    answer = said(capsys)
    assert answer["id"] == identifier
    assert words in answer["error"]
    assert not rom.restarted.is_set()
    refused = code == ExitCode.CONFLICT
    assert refused == (not rom.erased), "what does not fit is left as it was"


def test_a_tokens_data_in_the_flash_are_not_overwritten_unasked(chip, tmp_path, image, capsys):
    tree = build_image("kodeviser", "esp32_s3")
    with Emulator(board="esp32_s3", state=tmp_path / "token", image=tree, time=START) as emulator:
        TokenUnderTest(emulator).provision(totp())
        content = emulator.flash.read(0, BOARD["filesystem"]["size"])
    begin = build_for(BOARD).filesystem
    with chip() as rom:
        rom.flash[begin : begin + len(content)] = content
        assert write(rom, image("esp32_s3")) == ExitCode.CONFLICT
        assert said(capsys)["id"] == "flash-board-has-secrets"
        assert not rom.erased
        assert write(rom, image("esp32_s3"), "--erase-secrets") == ExitCode.SILENT
    assert bytes(rom.flash) == made("esp32_s3")


def test_a_firmware_without_data_is_overwritten(chip, image):
    with chip() as rom:
        rom.flash[:] = made("esp32_s3")
        assert write(rom, image("esp32_s3")) == ExitCode.SILENT
        assert rom.erased


def test_a_root_folder_that_has_gone_elsewhere_may_have_data(chip, image, capsys):
    """littlefs moves it away from its first two blocks when those are worn."""
    begin = build_for(BOARD).filesystem
    with chip() as rom:
        rom.flash[begin + 8 : begin + 16] = b"littlefs"
        assert write(rom, image("esp32_s3")) == ExitCode.CONFLICT
    assert said(capsys)["id"] == "flash-board-has-secrets"


def test_after_a_pulled_cable_the_next_try_works(chip, image, capsys):
    with chip(unplug_after=9) as rom:
        assert write(rom, image("esp32_s3")) == ExitCode.UNPLUGGED
    capsys.readouterr()
    with chip() as rom:
        assert write(rom, image("esp32_s3")) == ExitCode.SILENT, "the chip runs nothing"
    assert bytes(rom.flash) == made("esp32_s3")


def test_a_silent_board_is_told_how_it_gets_into_its_boot_loader(no_token, image, capsys):
    with PtyPort(lambda data: b"") as port:
        assert main(["flash", "write", port.path, "--image", image("esp32_s3"), "--json"]) == (
            ExitCode.SILENT
        )
    answer = said(capsys)
    assert answer["id"] == "flash-no-loader"
    assert "Hold BOOT" in answer["hint"]


def test_a_frozen_firmware_is_written_by_the_boot_loader_alone(chip, image, monkeypatch, capsys):
    """Over MicroPython's prompt it would not come onto the board."""
    monkeypatch.setattr(ImageFile, "frozen", True)
    with chip() as rom:
        assert write(rom, image("esp32_s3")) == ExitCode.SILENT, "the chip runs nothing"
    assert bytes(rom.flash) == made("esp32_s3")


def test_a_port_that_another_program_has_is_not_touched(chip, image, capsys):
    with chip() as rom:
        other = SerialTransport(str(rom.path))
        try:
            assert write(rom, image("esp32_s3")) == ExitCode.BUSY
        finally:
            other.close()
    assert not rom.erased


def test_an_image_for_another_board_is_not_offered_to_the_chip(chip, image, capsys):
    with chip() as rom:
        assert write(rom, image("pico")) == ExitCode.SILENT
    assert said(capsys)["id"] != "flash-no-loader"
    assert not rom.erased


def test_a_token_that_answers_is_written_file_by_file(tmp_path, image, capsys):
    """It keeps its MicroPython, and its flash is not erased."""
    tree = build_image("kodeviser", "esp32_s3")
    with Emulator(board="esp32_s3", state=tmp_path / "token", image=tree, time=START) as emulator:
        port = emulator.open_pty(tmp_path / "port")
        with emulator.serving():
            assert main(["flash", "write", port, "--image", image("esp32_s3"), "--json"]) == 0
    assert said(capsys)["files"] <= 2, "the manifest, and main.py, which comes last"


def test_several_are_written_side_by_side(no_token, tmp_path, image, capsys):
    with EspRom(tmp_path / "a") as first, EspRom(tmp_path / "b", chip=ESP32_C3) as second:
        named = [str(first.path), str(second.path)]
        code = main(["flash", "write", *named, "--image", image("esp32_s3"), "--json"])
    written, other = said(capsys)["boards"]
    assert code == ExitCode.SILENT
    assert written["id"] == "flash-no-hello"
    assert bytes(first.flash) == made("esp32_s3")
    assert other["id"] == "flash-other-board"
