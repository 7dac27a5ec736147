"""From a bare board to a code, with the commands that a user types: a file is built, copied onto
the drive of an emulated board in BOOTSEL mode, the token provisioned, and its code read."""

import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.command_line.program import KODEBRIK
from tests.support.flashing import official
from tests.support.limits import REAL_LIMIT

SIX_DIGITS = r"Screen: .*?\b(\d{3}) ?(\d{3})\b"


class Board:
    """An emulated board behind pipes: its screen as lines, its button as a character."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: queue.Queue[str] = queue.Queue()
        self._seen: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=(stream,))
            for stream in (process.stdout, process.stderr)
        ]
        for reader in self._readers:
            reader.start()

    def close(self) -> None:
        """Wait for the end of its output."""
        for reader in self._readers:
            reader.join()

    def _read(self, stream) -> None:
        for line in stream:
            self._lines.put(line)

    def await_line(self, sign: str) -> re.Match[str]:
        """Wait for a new line in which the expression matches."""
        deadline = time.monotonic() + REAL_LIMIT
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                break
            self._seen.append(line)
            if found := re.search(sign, line):
                return found
        raise AssertionError(f"{sign!r} did not come:\n{''.join(self._seen)}")

    def press(self) -> None:
        """Press the button of a kodeviser."""
        self._process.stdin.write(" ")
        self._process.stdin.flush()


@contextmanager
def emulate(*arguments: object, env: dict[str, str]) -> Iterator[Board]:
    """Run an emulated board until the block ends."""
    with subprocess.Popen(
        [*KODEBRIK, "emulate", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    ) as process:
        board = Board(process)
        try:
            yield board
            process.send_signal(signal.SIGTERM)
            assert process.wait(REAL_LIMIT) == 0
        finally:
            process.kill()
            board.close()


@pytest.mark.parametrize("board", ["pico", "pico2"])
def test_from_a_file_on_the_drive_to_a_code_on_the_display(board: str, tmp_path: Path) -> None:
    names = ("drive", "port", "token.uf2", "micropython.uf2", "number", "bank.secret")
    drive, port, image, given, number, secret = (tmp_path / name for name in names)
    given.write_bytes(official.stand_in(board))
    env = os.environ | {
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "KODEBRIK_ISSUER_KEY": "ab" * 32,
    }

    def kodebrik(*arguments: object) -> dict[str, object]:
        done = subprocess.run(
            [*KODEBRIK, *map(str, arguments), "--json"],
            capture_output=True,
            text=True,
            env=env,
            timeout=10 * REAL_LIMIT,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    options = ("--board", board, "--state", tmp_path / "token")
    with emulate(*options, "--usb-drive", drive, "--link", port, env=env) as emulated:
        built = kodebrik(
            *("flash", "image", "--board", board, "--language", "en,da"),
            *("--micropython", given, "-o", image),
        )
        emulated.await_line("BOOTSEL drive")
        said = kodebrik(
            "flash", "write", drive, "--image", image, "--port", port, "--erase-secrets"
        )
        assert said["version"] == built["manifest"]["version"]
        assert not drive.exists(), "the board has restarted"

        def type_number() -> None:
            shown = emulated.await_line(SIX_DIGITS)
            number.write_text("".join(shown.groups()) + "\n")

        person = threading.Thread(target=type_number)
        person.start()
        told = kodebrik(
            *("provision", "--port", port, "--account", "Bank", "--generate"),
            *("--secret-out", secret, "--comparison-file", number),
        )
        person.join()
        assert told["serial"] == said["serial"]
        emulated.await_line("Screen: ")
        emulated.press()
        shown = "".join(emulated.await_line(SIX_DIGITS).groups())
    now = time.time()
    codes = [
        kodebrik("code", "--secret-file", secret, "--time", int(now) - 30 * back)["code"]
        for back in range(8)
    ]
    assert shown in codes
