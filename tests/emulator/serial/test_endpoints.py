"""The serial link for other programs: pseudo-terminal, RFC 2217, and mpremote at a REPL."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
import serial

from emulator.errors import FirmwareCrashError
from emulator.serial.endpoints import Rfc2217
from emulator.session import Emulator
from tests.support.emulated.images import ECHO
from tests.support.limits import REAL_LIMIT

Token = Callable[..., Emulator]
UNREAD = 256 * 1024  # bytes


def test_a_program_communicates_through_the_pseudo_terminal(token: Token) -> None:
    emulator = token(ECHO)
    path = emulator.open_pty()
    with emulator.serving(), serial.Serial(path, timeout=REAL_LIMIT, exclusive=True) as port:
        for _ in range(2):
            port.write(b"hello\r\n")
            assert port.read(7) == b"HELLO\r\n"  # raw: nothing is translated, nothing echoed


def test_one_program_after_the_other(token: Token) -> None:
    emulator = token(ECHO)
    path = emulator.open_pty()
    with emulator.serving():
        for _ in range(2):
            with serial.Serial(path, timeout=REAL_LIMIT) as port:
                port.write(b"a")
                assert port.read(1) == b"A"


def test_pulling_the_cable_is_an_error_for_the_program_and_replugging_makes_a_fresh_terminal(
    token: Token, tmp_path: Path
) -> None:
    emulator, link = token(ECHO), tmp_path / "link"
    assert emulator.open_pty(link) == str(link)
    with emulator.serving():
        with serial.Serial(str(link), timeout=REAL_LIMIT) as port:
            port.write(b"a")
            assert port.read(1) == b"A"
            emulator.unplug()
            with pytest.raises(OSError, match=r"."):
                _converse(port)
        assert not link.is_symlink()
        emulator.plug()
        with serial.Serial(str(link), timeout=REAL_LIMIT) as port:
            port.write(b"c")
            assert port.read(1) == b"C"
    emulator.close()
    assert not link.is_symlink()


def _converse(port: serial.Serial) -> None:
    port.write(b"b")
    port.read(port.in_waiting)


def test_the_symbolic_link_replaces_a_stale_one_but_no_open_one_and_no_file(
    token: Token, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to("/dev/null/gone")
    token(ECHO).open_pty(link)
    leads_to = os.readlink(link)
    assert leads_to.startswith("/dev/")
    with pytest.raises(FileExistsError, match="another program has open"):
        token(ECHO, "second").open_pty(link)
    assert os.readlink(link) == leads_to
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileExistsError):
        token(ECHO, "other").open_pty(tmp_path / "file")


def test_rfc2217_carries_every_byte_and_frees_its_port_when_unplugged(token: Token) -> None:
    emulator = token(ECHO)
    url = emulator.open_rfc2217()
    everything = bytes(set(range(256)) - set(range(ord("a"), ord("z") + 1)) - {3})
    with emulator.serving():
        with serial.serial_for_url(url, timeout=REAL_LIMIT) as port:
            port.write(everything)
            assert port.read(len(everything)) == everything
            emulator.unplug()
        with pytest.raises(serial.SerialException):
            serial.serial_for_url(url, timeout=1)
        emulator.plug()
        with serial.serial_for_url(url, timeout=REAL_LIMIT) as port:
            port.write(b"x")
            assert port.read(1) == b"X"


# pyserial leaves the socket of a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_second_rfc2217_client_is_refused(token: Token) -> None:
    emulator = token(ECHO)
    url = emulator.open_rfc2217()
    with emulator.serving(), serial.serial_for_url(url, timeout=REAL_LIMIT) as port:
        with pytest.raises(OSError, match=r"."):
            serial.serial_for_url(url, timeout=1)
        port.write(b"x")
        assert port.read(1) == b"X"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing limits it")
def test_of_what_is_not_read_an_rfc2217_client_can_send_little() -> None:
    """Or what it sends next would wait behind up to 4 MB, which no token reads at once."""
    endpoint = Rfc2217(0)
    sent = 0
    with socket.create_connection(("127.0.0.1", endpoint.port)) as client:
        client.settimeout(0.1)
        with suppress(TimeoutError):
            while sent <= UNREAD:
                sent += client.send(bytes(4096))
    endpoint.close()
    assert sent <= UNREAD


def test_serving_keeps_step_with_real_time(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    milliseconds = count()
    # each reading takes a millisecond, however busy the machine is
    monkeypatch.setattr("emulator.serial.server.monotonic", lambda: next(milliseconds) / 1000)
    emulator = token("import time\nwhile True:\n    time.sleep_ms(10)")
    emulator.plug()
    before = emulator.now
    emulator.serve(0.3)
    assert emulator.now - before == pytest.approx(0.3, abs=0.01)


def test_serve_ends_when_its_condition_holds(token: Token) -> None:
    emulator = token(ECHO)
    looks = iter((False, False, True))
    emulator.serve(lambda: next(looks))
    assert next(looks, None) is None


def test_a_crash_while_serving_is_on_the_link_and_raised_at_the_end(token: Token) -> None:
    emulator = token("import time\ntime.sleep_ms(500)\nraise ValueError('broken')")
    path = emulator.open_pty()

    def attend() -> None:
        with emulator.serving(), serial.Serial(path, timeout=REAL_LIMIT) as port:
            assert b"ValueError: broken" in port.read_until(b">>> ")
            port.write(b"6 * 7\r")
            assert b"42" in port.read_until(b">>> ")

    with pytest.raises(FirmwareCrashError, match="broken"):
        attend()


@pytest.mark.parametrize("resume", [["resume"], []])
def test_mpremote_works_as_on_a_board(token: Token, tmp_path: Path, resume: list[str]) -> None:
    emulator = token(ECHO)
    path = emulator.open_pty(tmp_path / "link")
    (tmp_path / "note.txt").write_text("kept")

    def mpremote(*arguments: str) -> str:
        command = [sys.executable, "-m", "mpremote", "connect", path, *resume, *arguments]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=REAL_LIMIT
        ).stdout

    with emulator.serving():
        assert "main.py" in mpremote("fs", "ls", ":")
        assert mpremote("exec", "import time; time.sleep_ms(50); print(6 * 7)") == "42\n"
        mpremote("fs", "cp", str(tmp_path / "note.txt"), ":note.txt")
        assert mpremote("fs", "cat", ":note.txt") == "kept"
