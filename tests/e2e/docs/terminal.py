"""A terminal with a shell, into which commands are typed."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pexpect

from tests.support.limits import REAL_LIMIT

_PROMPT = "kodebrik-test> "
_SIZE = (50, 170)  # lines, columns: a token's display fits
Answer = tuple[str, Callable[[], str]]  # a question as a regular expression, and what is typed


class Terminal:
    """Bash on a pseudo-terminal."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Start the shell in `folder`."""
        self._shell = pexpect.spawn(
            "bash",
            ["--norc", "--noprofile"],
            cwd=str(folder),
            env={**environment, "PS1": _PROMPT, "PS2": "", "TERM": "dumb"},
            dimensions=_SIZE,
            encoding="utf-8",
            timeout=2 * REAL_LIMIT,
        )
        self._shell.expect_exact(_PROMPT)

    def run(self, command: str, answers: Sequence[Answer] = ()) -> str:
        """Type a command, answer its questions, and return its output; it must succeed."""
        output = self._to_the_end(command, answers)
        status = self._to_the_end("echo $?").split()[-1]
        assert status == "0", f"{command}\nended with exit code {status}:\n{output}"
        return output

    def start(self, command: str, sign: str) -> None:
        """Type a command that keeps running, and wait until it prints what matches `sign`."""
        self._shell.sendline(command)
        found = self._shell.expect([sign, re.escape(f"\n{_PROMPT}")])
        assert found == 0, f"{command}\nended:\n{self._shell.before}"

    def read(self, pattern: str) -> str:
        """Wait for output that matches `pattern`; return its first group."""
        self._shell.expect(pattern)
        return str(self._shell.match.group(1))

    def interrupt(self) -> None:
        """Press Ctrl-C and wait for the prompt."""
        self._shell.sendintr()
        self._shell.expect_exact(_PROMPT)

    def close(self) -> None:
        """End the shell and its programs."""
        self._shell.close(force=True)

    def _to_the_end(self, command: str, answers: Sequence[Answer] = ()) -> str:
        self._shell.sendline(command)
        printed = ""
        while True:
            waited_for = [re.escape(f"\n{_PROMPT}"), *(question for question, _ in answers)]
            found = self._shell.expect(waited_for)
            printed += self._shell.before
            if found == 0:
                return printed
            self._shell.sendline(answers[found - 1][1]())
