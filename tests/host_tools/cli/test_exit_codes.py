"""The exit code of a command reaches whoever started it, by script and by module."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.cli import main
from host_tools.errors import ExitCode, exit_code_table
from host_tools.validator.server import processes
from tests.support.limits import REAL_LIMIT

SCRIPT = [str(Path(sys.executable).with_name("kodebrik"))]
MODULE = [sys.executable, "-m", "kodebrik"]


@pytest.mark.parametrize("program", [SCRIPT, MODULE], ids=["script", "module"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--version"], ExitCode.OK),
        (["info", "--nope"], ExitCode.USAGE),
        (["info", "--port", "/nope"], ExitCode.NO_PORT),
    ],
)
def test_a_program_ends_with_the_exit_code_of_its_command(program, arguments, code):
    done = subprocess.run(
        [*program, *arguments], check=False, capture_output=True, timeout=REAL_LIMIT
    )
    assert done.returncode == code


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EADDRINUSE, ExitCode.BUSY),
        (errno.EACCES, ExitCode.PERMISSION),
        (errno.EADDRNOTAVAIL, ExitCode.NO_PORT),
    ],
)
def test_an_address_that_cannot_be_listened_on_is_no_wrong_command_line(
    tmp_path, monkeypatch, number, code
):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(processes.socket, "create_server", refuse)
    monkeypatch.setenv("KODEBRIK_MASTER_KEY", "5e" * 32)
    assert main(["server", "--database", f"sqlite:///{tmp_path / 'v.db'}"]) == code


def test_what_a_wrong_master_key_ends_with_is_in_the_table(tmp_path, monkeypatch):
    database = ["--database", f"sqlite:///{tmp_path / 'v.db'}"]
    monkeypatch.setenv("KODEBRIK_MASTER_KEY", "5e" * 32)
    assert main(["server", "api-key", "boss", *database]) == ExitCode.OK
    monkeypatch.setenv("KODEBRIK_MASTER_KEY", "77" * 32)
    code = main(["list", *database])
    assert "database" in dict(exit_code_table())[code]
    monkeypatch.delenv("KODEBRIK_MASTER_KEY")
    key = tmp_path / "master.key"
    key.write_text("5e" * 32)
    key.chmod(0o644)
    code = main(["list", *database, "--master-key", str(key)])
    assert "master key" in dict(exit_code_table())[code]
