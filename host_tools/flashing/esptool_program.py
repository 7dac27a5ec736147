"""Runs Espressif's esptool, which is under the GPL and stays apart: as a program of its own that is
understood by its exit code and the lines of the version that is installed with kodebrik."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable

from host_tools import child_programs
from host_tools.errors import ExitCode, KodebrikError

CHIPS = {"ESP32-S3": "esp32s3"}  # microcontrollers of the board files, as esptool names them


def run(*arguments: str, see: Callable[[str], None] = lambda line: None) -> tuple[str, int]:
    """Give what esptool said, and its exit code; `see` gets each line while it works. KodebrikError
    when it is not installed."""
    if importlib.util.find_spec("esptool") is None:
        raise KodebrikError("not-installed-flash", ExitCode.NOT_INSTALLED, package="esptool")
    said = []
    with child_programs.running(
        [sys.executable, "-u", "-m", "esptool", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # A narrow terminal would cut its lines.
        env=os.environ | {"COLUMNS": "120", "PYTHONIOENCODING": "utf-8"},
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        for line in process.stdout:
            said.append(line)
            see(line)
    return "".join(said), process.returncode
