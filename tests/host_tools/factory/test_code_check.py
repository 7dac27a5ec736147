"""A program of the operator's that reads a token's code: why it gave none is said in words."""

import shlex
import sys
from types import SimpleNamespace

import pytest

from host_tools.errors import ExitCode, KodebrikError
from host_tools.factory import code_check
from host_tools.otp.credential import Credential
from host_tools.secret import Secret


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
    assert error.value.exit_code == ExitCode.NOT_READY
    program = reader.partition(" ")[0]
    assert error.value.message == f"The program {program} did not give a code ({why})."


def test_what_can_be_no_code_is_asked_for_again_and_costs_no_try():
    credential = Credential("bank", Secret(bytes(20)), period=None, counter=0)
    right = credential.code(0)
    wrong = "1" * 6 if right != "1" * 6 else "2" * 6
    typed = iter(["abcdef", "", "123", wrong, "1234567", wrong, right[:3], right])
    faults = []

    def ask(_port, _hello, fault):
        faults.append(fault and str(fault))
        return next(typed)

    session = SimpleNamespace(hello=SimpleNamespace(build="production", serial="KD0001"))
    assert code_check.CodeCheck(ask=ask).check(session, "port", credential) == code_check.TYPED
    no_code, other = (
        "A code is a number of 6 digits.",
        "That is another code than its secret gives.",
    )
    assert faults == [None, no_code, no_code, no_code, other, no_code, other, no_code]
