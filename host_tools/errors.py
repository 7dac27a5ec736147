"""The one error type of the host tools and the one table of exit codes.

`kodebrik --help` and the documentation print the table; an error's message says what is wrong, its
hint what to do. Both stand in the catalogue of messages, under the error's identifier.
"""

import errno
from enum import IntEnum
from typing import Any

from firmware.protocol import messages, sentences
from host_tools.messages.catalogue import HINT, Argument, Message


class ExitCode(IntEnum):
    """Exit codes of `kodebrik`; each member carries its meaning as one sentence."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> "ExitCode":
        """Give the number its sentence."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    OK = 0, "It worked."
    INTERNAL = 1, "kodebrik itself failed; please report it."
    USAGE = 2, "The command line is wrong."
    BAD_INPUT = 3, "A file, secret, key or URI that was given is not valid."
    FILE = 4, "A file is missing, exists already or cannot be read or written."
    NO_PORT = 5, "There is no such port or address, no token was found, or several were."
    PERMISSION = 6, "The user may not open the port, or others may read the master key."
    BUSY = 7, "Another program has the port or the database open."
    UNPLUGGED = 8, "The token was unplugged while kodebrik talked to it."
    SILENT = 9, "Nothing answers on the port."
    GARBAGE = 10, "What answers on the port is not a token, or its answers arrive damaged."
    BOOTLOADER = 11, "The board is in its bootloader."
    REPL = 12, "The board shows MicroPython's prompt and runs no token firmware."
    VERSION = 13, "Token and kodebrik speak different versions of the protocol."
    WRONG_KEY = 14, "A key does not fit the token, database or file, or is missing."
    NOT_CONFIRMED = 15, "The operator did not confirm: a wrong comparison or serial number."
    CHECK_FAILED = 16, "A check failed: self-test, fingerprint, clock or code."
    TOO_EARLY = 17, "Too little time has passed since the clock was set to measure its drift."
    SCENARIO = 18, "An expectation of the scenario was not met."
    NOT_INSTALLED = 19, "A part of kodebrik is not installed, or this machine plays no sound."
    EMULATOR = 20, "The emulated token failed."
    DATABASE = 21, "The validator's database cannot be reached, is another one, or is busy."
    NOT_FOUND = 22, "There is no such token, user or key."
    CONFLICT = 23, "It exists already, or its state does not allow this."
    NOT_READY = (
        24,
        "A test could not begin: a server, key, user, clock or code reader is not ready.",
    )
    INTERRUPTED = 130, "Interrupted (Ctrl-C)."


_FORBIDDEN = {errno.EACCES, errno.EPERM}


def listen_code(error: OSError) -> ExitCode:
    """Give the exit code of an address that cannot be listened on."""
    if error.errno == errno.EADDRINUSE:
        return ExitCode.BUSY
    return ExitCode.PERMISSION if error.errno in _FORBIDDEN else ExitCode.NO_PORT


TOKEN_ERRORS = 200  # exit code of a token's error n: TOKEN_ERRORS + n; shells use 126 to 165


class KodebrikError(Exception):
    """What went wrong, what to do about it, and the exit code.

    `str()`, `message` and `hint` are English, for logs and programs; both texts are full sentences.
    """

    def __init__(self, identifier: str, exit_code: int, /, **arguments: Argument) -> None:
        """`identifier` is the message's in the catalogue, with `.hint` the hint's; they share the
        arguments, of which none may hold a secret."""
        self.identifier = identifier
        self.message = Message(identifier, **arguments)
        self.hint = Message(identifier + HINT, **arguments)
        self.add_note(self.hint)  # which pytest and a traceback show below the message
        self.exit_code = int(exit_code)
        super().__init__(self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        """Give what makes the error again in another process, whatever its class takes."""
        return _made_again, (type(self), self.__dict__)

    def text(self, language: str) -> str:
        """Give the message in one of the catalogue's languages."""
        return self.message.text(language)

    def as_json(self) -> dict[str, str | int]:
        """Give the object that `--json` prints: English texts, and the identifier for programs."""
        return {
            "error": self.message,
            "hint": self.hint,
            "id": self.identifier,
            "exit_code": self.exit_code,
        }


def _made_again(kind: type[KodebrikError], attributes: dict[str, Any]) -> KodebrikError:
    error = kind.__new__(kind, attributes["message"])
    error.__dict__.update(attributes)
    return error


class TokenError(KodebrikError):
    """The token answered with an error number of the protocol's table."""

    def __init__(self, number: int) -> None:
        """`number` is a key of sentences.ERRORS; its English is the catalogue's too."""
        self.number = number
        code = ExitCode.WRONG_KEY if number == messages.HANDSHAKE_FAILED else TOKEN_ERRORS + number
        super().__init__(token_error_identifier(number), code)


def token_error_identifier(number: int) -> str:
    """Give the catalogue's identifier of a token's error number."""
    name, _, _ = sentences.ERRORS[number]
    return "token-error." + name.replace("_", "-")


def exit_code_table() -> list[tuple[int, str]]:
    """List every exit code with its meaning, the token's own errors at the end."""
    table = [(int(code), code.meaning) for code in ExitCode]
    table += [
        (TOKEN_ERRORS + number, text)
        for number, (_, text, _) in sentences.ERRORS.items()
        if number != messages.HANDSHAKE_FAILED
    ]
    return sorted(table)
