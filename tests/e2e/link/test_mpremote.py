"""mpremote works with an emulated development board as with a real one."""

import subprocess
import sys
from pathlib import Path

import pytest

from emulator.session import Emulator
from host_tools.image.image import build_image, build_tree, load_board, pack
from host_tools.link.channel import Channel

MPREMOTE = str(Path(sys.executable).with_name("mpremote"))


def mpremote(port: str, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Run mpremote on a port."""
    command = [MPREMOTE, "connect", port, "resume", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


@pytest.fixture
def board(image, tmp_path):
    """Start a development board in step with real time; return it and its port."""
    with Emulator(state=tmp_path / "token", image=image) as emulator:
        port = emulator.open_pty(tmp_path / "port")
        with emulator.serving():
            yield emulator, port


def test_fs_ls_lists_the_tokens_files(board):
    listed = mpremote(board[1], "fs", "ls", ":")
    assert listed.returncode == 0, listed.stderr
    assert {"boot.py", "main.py", "firmware.mpy"} <= set(listed.stdout.split())


def test_exec_runs_on_the_tokens_interpreter(board):
    done = mpremote(board[1], "exec", "import sys; print(sys.implementation.name, 6 * 7)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "micropython 42"


def test_exec_reaches_the_chips(board):
    read = (
        "import machine; i2c = machine.I2C(0, sda=machine.Pin(4), scl=machine.Pin(5)); "
        "print(i2c.scan())"
    )
    done = mpremote(board[1], "exec", read)
    assert done.stdout.strip() == "[60, 104]", done.stderr


def test_the_firmware_can_be_copied_onto_a_bare_board(tmp_path):
    """By hand, onto a board that holds only MicroPython; `kodebrik flash write` does the same."""
    for path, content in build_tree("kodeviser", "pico").items():
        file = tmp_path / "tree" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    bare = pack({}, load_board("pico")["filesystem"])
    with Emulator(state=tmp_path / "token", image=bare) as emulator:
        port = emulator.open_pty(tmp_path / "port")
        with emulator.serving():
            tree = tmp_path / "tree"
            for files in ((f"{tree}/firmware.mpy",), (f"{tree}/boot.py", f"{tree}/main.py")):
                copied = mpremote(port, "fs", "cp", *files, ":", timeout=1200)
                assert copied.returncode == 0, copied.stderr
    with Emulator(state=tmp_path / "token") as emulator:
        emulator.plug()
        assert Channel(emulator.port).hello().product == "kodeviser"


def test_a_production_board_ignores_ctrl_c(tmp_path):
    with Emulator(
        state=tmp_path / "token", image=build_image("kodeviser", "pico", production=True)
    ) as emulator:
        emulator.plug()
        emulator.advance(1)
        for _ in range(10):
            emulator.port.write(b"\r\x03\x03\r\x01")
            emulator.advance(0.1)
        answer = emulator.port.read(1)
        assert b">>>" not in answer
        assert b"REPL" not in answer
        assert Channel(emulator.port).hello().build == "production"
