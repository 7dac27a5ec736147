"""A program of the operator's that reads a token's code: why it gave none is said in words."""

import shlex
import sys

import pytest

from host_tools.errors import ExitCode, KodebrikError
from host_tools.factory import code_check


@pytest.mark.parametrize(
    ("reader", "why"),
    [
        ("/nowhere/reader", "No such file or directory"),
        (f"{sys.executable} -c 'raise SystemExit(7)'", "exit code 7"),
        (f"{sys.executable} -c 'import time; time.sleep(60)'", "nothing after 0.2 s"),
        ("echo hello", "it printed no number"),
        ("true", "it printed no number"),
    ],
)
def test_a_reader_that_gives_no_code_is_told_of(reader, why, monkeypatch):
    monkeypatch.setattr(code_check, "_READER_TIMEOUT", 0.2 if "sleep" in reader else 60.0)
    with pytest.raises(KodebrikError) as error:
        code_check.CodeCheck(shlex.split(reader))._read("/dev/tty0", "KD0001")
    assert error.value.exit_code == ExitCode.CHECK_FAILED
    program = reader.partition(" ")[0]
    assert error.value.message == f"The program {program} did not give a code ({why})."
