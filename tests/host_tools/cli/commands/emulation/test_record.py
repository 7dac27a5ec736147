"""kodebrik voice record: it serves its page until Ctrl-C, and says what there is."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode
from tests.support.limits import REAL_LIMIT


@pytest.mark.parametrize("language", ["da", "en", "kl"])
def test_it_serves_until_ctrl_c(tmp_path: Path, language: str):
    folder = tmp_path / "mine"
    command = [sys.executable, "-m", "kodebrik", "voice", "record", "--json"]
    process = subprocess.Popen(
        [*command, "--language", language, "--output", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert told["url"].startswith("http://127.0.0.1:")
    assert len(told["url"].split("/")[3]) >= 32
    assert (told["recorded"], told["folder"]) == (0, str(folder))
    with urllib.request.urlopen(told["url"], timeout=REAL_LIMIT) as answer:
        assert f'<p id="prompt" lang="{language}">' in answer.read().decode()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=REAL_LIMIT)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "0 recordings are in" in said
    assert "Traceback" not in said
    assert told["url"] not in said


def test_a_port_that_is_taken_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code = main(["voice", "record", "--output", str(tmp_path), "--port", port])
    assert code == ExitCode.BUSY
    assert f"port {port}" in capsys.readouterr().err


def test_a_folder_that_cannot_be_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").touch()
    assert main(["voice", "record", "--output", str(tmp_path / "file" / "x")]) == ExitCode.FILE
    assert "Cannot write" in capsys.readouterr().err


def test_an_unknown_language_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    code = main(["voice", "record", "--language", "zz", "--output", str(tmp_path)])
    assert code == ExitCode.USAGE
    assert "da, en, kl" in capsys.readouterr().err
