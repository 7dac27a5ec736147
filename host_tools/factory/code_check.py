"""Checks one code of a token that has just been provisioned: what it shows is what its secret and
the host's time give.

A development build gives a code over the link. Of a production build somebody or something presses
the button and reads the display: the operator, or a program of the test fixture (a camera), which
is called with the port and the serial number and prints the digits. What is typed may be mistyped,
so the operator is asked again. Times are Unix seconds.
"""

import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from firmware.protocol import messages
from host_tools import child_programs
from host_tools.errors import ExitCode, KodebrikError
from host_tools.link.replies import Hello
from host_tools.link.session import Session
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import reason
from host_tools.otp.credential import Credential

_READER_TIMEOUT = 60.0  # seconds
_TRIES = 3  # for the operator

LINK = "link"
READER = "reader"
TYPED = "typed"
NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class CodeCheck:
    """How a code is read: by the program `reader`, with its arguments; else by `ask` (port,
    hello, what was wrong with the last answer), which gives what was typed; with neither, only over
    the link, and not at all on a production build."""

    reader: Sequence[str] | None = None
    ask: Callable[[str, Hello, Message | None], str] | None = None

    def check(self, session: Session, port: str, credential: Credential) -> str:
        """Read one code and compare it; give the way it was read. KodebrikError when it is
        another."""
        began = time.time()
        hello = session.hello
        if self.reader is not None:
            way, code = READER, self._read(port, hello.serial)
        elif hello.build == messages.DEVELOPMENT:
            way, code = LINK, session.read_code(credential.name)
        elif self.ask is not None:
            way, code, fault = TYPED, "", None
            for _ in range(_TRIES):
                code = self._typed(port, hello, credential.digits, fault)
                if _is_right(code, credential, began):
                    break
                fault = Message("batch-run.other-code")
        else:
            return NOT_CHECKED
        if not _is_right(code, credential, began):
            raise KodebrikError("code-differs", ExitCode.CHECK_FAILED, serial=hello.serial)
        return way

    def _typed(self, port: str, hello: Hello, digits: int, fault: Message | None) -> str:
        """Ask until a number of `digits` digits is typed: anything else can be no code."""
        assert self.ask is not None  # noqa: S101 - a precondition
        code = self.ask(port, hello, fault)
        while not _is_number(code, digits):
            code = self.ask(port, hello, Message("batch-run.no-code", digits=digits))
        return code

    def _read(self, port: str, serial: str) -> str:
        assert self.reader is not None  # noqa: S101 - a precondition
        command = [*self.reader, port, serial]
        try:
            with child_programs.running(
                command,
                stdin=subprocess.DEVNULL,  # what is typed is for the station
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            ) as process:
                code, _ = process.communicate(timeout=_READER_TIMEOUT)
        except OSError as error:
            raise _reader_failed(command, reason(error)) from None
        except subprocess.TimeoutExpired:
            fault = Message("code-reader-slow", seconds=_READER_TIMEOUT)
            raise _reader_failed(command, fault) from None
        if process.returncode:
            raise _reader_failed(command, Message("code-reader-exit", code=process.returncode))
        if not "".join(code.split()).isdecimal():
            raise _reader_failed(command, Message("code-reader-no-digits"))
        return code


def reader_command(line: str) -> list[str]:
    """Split a command line as a shell splits it; KodebrikError when there is no such program."""
    try:
        command = shlex.split(line)
    except ValueError:
        command = []
    if not command or shutil.which(command[0]) is None:
        raise KodebrikError("code-reader-missing", ExitCode.USAGE, command=line)
    return command


def _is_number(typed: str, digits: int) -> bool:
    """Say whether a number of `digits` digits was typed, with or without spaces."""
    number = "".join(typed.split())
    return number.isdecimal() and len(number) == digits


def _is_right(shown: str, credential: Credential, began: float) -> bool:
    """Say whether the token may have shown this code since `began`."""
    return "".join(shown.split()) in _expected(credential, began, time.time())


def _reader_failed(command: list[str], fault: str) -> KodebrikError:
    program = command[0]
    return KodebrikError("code-reader-failed", ExitCode.NOT_READY, program=program, fault=fault)


def _expected(credential: Credential, began: float, ended: float) -> set[str]:
    """Give the codes that the token may have shown: of every period from `began` to `ended`, with
    a second to either side for its clock."""
    if credential.period is None:
        return {credential.code(0)}
    first, last = int(began - 1), int(ended + 1)
    return {credential.code(moment) for moment in (*range(first, last, credential.period), last)}
