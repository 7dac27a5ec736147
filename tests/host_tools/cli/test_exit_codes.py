"""The exit code of a command reaches whoever started it, by script and by module."""

import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.errors import ExitCode
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
