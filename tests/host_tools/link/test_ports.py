"""Faults of a port: each has its own error, hint and exit code, and a retry works afterwards."""

import errno
from types import SimpleNamespace

import cbor2
import pytest
import serial

from firmware.protocol import frames, messages
from host_tools.cli import main
from host_tools.errors import TOKEN_ERRORS, ExitCode, KodebrikError
from host_tools.link import channel, ports
from host_tools.link.transport import SerialTransport
from tests.support.link.fake_token import Token, World
from tests.support.link.pty_port import PtyPort, held_by_another_program


@pytest.fixture
def token(tmp_path):
    """A blank token."""
    return Token(tmp_path / "token", World())


@pytest.fixture
def hasty(monkeypatch):
    """A host with a short timeout for hellos."""
    monkeypatch.setattr(channel, "_HELLO_TIMEOUT", 0.1)


def run(capsys, *arguments):
    """Run one command; give its exit code and standard error."""
    code = main(list(arguments))
    return code, capsys.readouterr().err


def check(capsys, path, exit_code, words):
    """Give how 'kodebrik info' ends on this port."""
    code, said = run(capsys, "info", "--port", path)
    assert code == exit_code, said
    assert words in said
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) >= 2, "an error and a hint"


def test_no_such_port(capsys):
    check(capsys, "/dev/ttyNONE9", ExitCode.NO_PORT, "There is no port /dev/ttyNONE9")


def test_a_file_that_is_no_port(capsys, tmp_path):
    path = tmp_path / "file"
    path.touch()
    check(capsys, str(path), ExitCode.NO_PORT, "not a serial port")


def test_a_url_that_is_no_port(capsys):
    check(capsys, "nonsense://x", ExitCode.NO_PORT, "is not a port")


def test_permission_denied(capsys, monkeypatch):
    def refuse(*_, **__):
        raise serial.SerialException(errno.EACCES, "Permission denied")

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    check(capsys, "/dev/ttyACM0", ExitCode.PERMISSION, "dialout")


def test_a_second_program_on_the_port_and_a_retry_after_it_has_gone(capsys, token):
    with PtyPort(token.respond) as port:
        other = held_by_another_program(port.path)
        check(capsys, port.path, ExitCode.BUSY, "Another program")
        other.close()
        assert main(["info", "--port", port.path]) == 0


def test_we_keep_others_off_the_port_while_we_use_it(token):
    with PtyPort(token.respond) as port:
        ours = SerialTransport(port.path)
        with pytest.raises(serial.SerialException, match="exclusively lock"):
            held_by_another_program(port.path)
        ours.close()


def test_a_silent_port(capsys, hasty):
    with PtyPort(lambda data: b"") as port:
        check(capsys, port.path, ExitCode.SILENT, "Nothing answers")
    assert port.received == frames.encode(bytes([messages.HELLO])) * 3


def test_garbage(capsys, hasty):
    with PtyPort(lambda data: b"AT\r\nERROR\r\n") as port:
        check(capsys, port.path, ExitCode.GARBAGE, "not understood")


def test_a_line_that_only_echoes(capsys, hasty):
    with PtyPort(lambda data: data) as port:
        check(capsys, port.path, ExitCode.GARBAGE, "not understood")


def test_endless_garbage(capsys, hasty):
    with PtyPort(lambda data: b"\x00\x03ab" * 3000) as port:
        check(capsys, port.path, ExitCode.GARBAGE, "not understood")


def test_a_hello_of_nonsense(capsys):
    answer = frames.encode(bytes([messages.HELLO]) + cbor2.dumps({"product": "toaster"}))
    with PtyPort(lambda data: answer) as port:
        check(capsys, port.path, ExitCode.GARBAGE, "other fields")


def test_another_protocol_version(capsys):
    answer = frames.encode(bytes([messages.HELLO]) + cbor2.dumps({"protocol": 9}))
    with PtyPort(lambda data: answer) as port:
        check(capsys, port.path, ExitCode.VERSION, "speaks version 9")


def test_an_esp32_in_its_rom_loader(capsys, hasty):
    """What ESP-IDF's boot ROM prints in download mode."""
    text = (
        b"ESP-ROM:esp32s3-20210327\r\nrst:0x1 (POWERON),boot:0x0 "
        b"(DOWNLOAD(USB/UART0))\r\nwaiting for download\r\n"
    )
    with PtyPort(lambda data: b"", greeting=text) as port:
        check(capsys, port.path, ExitCode.BOOTLOADER, "bootloader")


def micropython_prompt():
    """Answer as MicroPython's prompt does: echo, and Ctrl-A opens raw mode."""

    def answer(data):
        said = b""
        for byte in data:
            if byte == 1:
                said += b"raw REPL; CTRL-B to exit\r\n>"
            elif byte == 2:
                said += b"\r\nMicroPython v1.28.0; Raspberry Pi Pico with RP2040\r\n>>> "
            elif 32 <= byte < 127:
                said += bytes([byte])
        return said

    return answer


def test_a_prompt_instead_of_the_protocol_which_is_left_as_it_was_found(capsys, hasty):
    with PtyPort(micropython_prompt()) as port:
        check(capsys, port.path, ExitCode.REPL, "MicroPython's prompt")
    assert port.received.endswith(b"\x03\x02"), "back from raw mode to the friendly prompt"


def test_a_token_never_gets_a_ctrl_c(capsys, token):
    with PtyPort(token.respond) as port:
        assert main(["info", "--port", port.path]) == 0
        outside = [block for block in port.received.split(b"\0") if block == b"\x03"]
        assert not outside


def test_garbage_before_the_hello_is_ignored(capsys, token):
    with PtyPort(
        token.respond, greeting=b"\x7f\x00\x05rubbish from an earlier program\x00\x01"
    ) as port:
        assert main(["info", "--port", port.path]) == 0


def test_unplugged_midway_and_a_retry(capsys, token, monkeypatch):
    monkeypatch.setenv("KODEBRIK_ISSUER_KEY", "11" * 32)
    token.vault.set_key(messages.KEY_ISSUER, bytes(32))
    with PtyPort(lambda data: None if len(data) > 30 else token.respond(data)) as port:
        check(capsys, port.path, ExitCode.UNPLUGGED, "unplugged midway")
    with PtyPort(token.respond) as port:
        check(capsys, port.path, ExitCode.WRONG_KEY, "access key does not fit")


def test_a_token_of_damaged_storage(capsys, token, monkeypatch):
    monkeypatch.setenv("KODEBRIK_ISSUER_KEY", "11" * 32)
    token.vault.set_key(messages.KEY_ISSUER, bytes(32))
    for slot in token.directory.iterdir():
        slot.write_bytes(b"\xff" * 100)
    token.restart()
    with PtyPort(token.respond) as port:
        code, said = run(capsys, "settings", "--port", port.path)
    assert code == TOKEN_ERRORS + messages.STORAGE_DAMAGED
    assert "kodebrik wipe" in said


def usb(port, vid=None, pid=None):
    """A port as pyserial lists it."""
    return SimpleNamespace(
        device=port, vid=vid, pid=pid, serial_number="E66" if vid else None, description="n/a"
    )


@pytest.fixture
def listed(monkeypatch, tmp_path):
    """Make pyserial and sysfs list these ports and USB devices."""

    def arrange(*found, usb_devices=()):
        monkeypatch.setattr(ports.list_ports, "comports", lambda: list(found))
        for number, (vendor, product) in enumerate(usb_devices):
            folder = tmp_path / f"1-{number}"
            folder.mkdir(exist_ok=True)
            (folder / "idVendor").write_text(vendor + "\n")
            (folder / "idProduct").write_text(product + "\n")
        (tmp_path / "1-9:1.0").mkdir(exist_ok=True)  # an interface, which has no identity
        return ports.devices(tmp_path)

    return arrange


def test_boards_are_known_by_their_usb_identity(listed):
    found = listed(
        usb("/dev/ttyS0"),
        usb("/dev/ttyUSB0", 0x10C4, 0xEA60),
        usb("/dev/ttyACM0", 0x2E8A, 0x0005),
        usb_devices=[("2e8a", "0003"), ("2e8a", "000f"), ("1d6b", "0002")],
    )
    assert [(device.port, device.kind) for device in found] == [
        ("/dev/ttyACM0", "micropython"),
        ("/dev/ttyUSB0", "perhaps"),
        (None, "bootloader"),
        (None, "bootloader"),
        ("/dev/ttyS0", "other"),
    ]
    assert "RP2040" in found[2].description
    assert "RP2350" in found[3].description


def test_the_only_port_is_taken_and_a_choice_is_left_to_the_user(listed):
    assert (
        ports.only_port(listed(usb("/dev/ttyS0"), usb("/dev/ttyACM0", 0x2E8A, 5))) == "/dev/ttyACM0"
    )
    two = listed(usb("/dev/ttyACM0", 0x2E8A, 5), usb("/dev/ttyACM1", 0x303A, 0x4001))
    with pytest.raises(KodebrikError, match="ttyACM0, /dev/ttyACM1") as caught:
        ports.only_port(two)
    assert caught.value.exit_code == ExitCode.NO_PORT
    with pytest.raises(KodebrikError, match="No token was found") as caught:
        ports.only_port(listed(usb("/dev/ttyS0")))
    assert caught.value.exit_code == ExitCode.NO_PORT
    with pytest.raises(KodebrikError, match="RP2040 in BOOTSEL") as caught:
        ports.only_port(listed(usb_devices=[("2e8a", "0003")]))
    assert caught.value.exit_code == ExitCode.BOOTLOADER


def test_devices_are_listed_and_asked(capsys, monkeypatch, token):
    with PtyPort(token.respond) as port:
        listed = [usb(port.path, 0x2E8A, 5), usb("/dev/ttyACM9", 0x303A, 0x4001)]
        monkeypatch.setattr(ports.list_ports, "comports", lambda: listed)
        assert main(["devices", "--probe"]) == 0
        lines = capsys.readouterr().out.splitlines()
    assert any("kodeviser, serial number" in line and port.path in line for line in lines)
    assert any("There is no port /dev/ttyACM9" in line for line in lines)
