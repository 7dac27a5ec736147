"""Options of the commands that talk to a token, and how a command opens its link session."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import typer

from firmware.protocol import messages
from host_tools.cli.options.keyring import AccessKeyFile, IssuerKeyFile, Keyring, PassphraseFile
from host_tools.cli.output import TRIES, ask, say, step
from host_tools.cli.progress import reporting
from host_tools.errors import TOKEN_ERRORS, ExitCode, KodebrikError, TokenError
from host_tools.link import ports
from host_tools.link.channel import Channel
from host_tools.link.replies import Hello
from host_tools.link.session import Session, authenticate
from host_tools.link.transport import SerialTransport
from host_tools.messages.catalogue import Message

_COMPARISON_TIMEOUT = 50  # seconds; the token ends an idle session after 60
_COMPARISON_POLL = 0.1  # seconds

PORT_VARIABLE = "KODEBRIK_PORT"
Port = Annotated[
    str | None,
    typer.Option(
        envvar=PORT_VARIABLE,
        metavar="PORT",
        help=(
            "The token's port: a device, an emulator's link or rfc2217://host:port. Default: the "
            "only one found."
        ),
    ),
]
ComparisonFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help=(
            "File or named pipe that will hold the number which the token shows. Default: it is "
            "typed."
        ),
    ),
]


@dataclass(frozen=True)
class TokenOptions:
    """The options of a command that talks to a token: its port, and the keys that open it."""

    port: Port = None
    key_file: IssuerKeyFile = None
    access_key_file: AccessKeyFile = None
    passphrase_file: PassphraseFile = None

    @cached_property
    def keyring(self) -> Keyring:
        """The keys that the options name."""
        return Keyring(self.key_file, self.access_key_file, self.passphrase_file)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open the token's link session; KodebrikError for a token without an access key."""
        with open_port(self.port) as (channel, hello):
            if hello.key == messages.KEY_NONE:
                if hello.state == messages.DAMAGED:
                    raise TokenError(messages.STORAGE_DAMAGED)
                raise KodebrikError("token-unprovisioned", TOKEN_ERRORS + messages.NO_ACCESS_KEY)
            yield authenticated(channel, hello, self.keyring)


def the_port(argument: str | None, option: str | None) -> str | None:
    """Give the port that a command's argument names, or its --port; KodebrikError when both were
    given and differ. The variable that stands for the option gives way."""
    if argument and option not in (None, argument, os.environ.get(PORT_VARIABLE)):
        raise KodebrikError("port-twice", ExitCode.USAGE, argument=argument, option=option)
    return argument or option


@contextmanager
def open_port(port: str | None) -> Iterator[tuple[Channel, Hello]]:
    """Open `port` (None: the only one that may be a token's), give the channel and the token's
    hello, and close the port at the end."""
    port = port or ports.only_port(ports.devices())
    transport = SerialTransport(port)
    try:
        channel = Channel(transport, port)
        with reporting(Message("token.awaiting", port=port)):
            hello = channel.hello()
        yield channel, hello
    finally:
        transport.close()


def authenticated(channel: Channel, hello: Hello, keyring: Keyring) -> Session:
    """Open the link session with the access key of the token's serial number."""
    key = keyring.access_key(hello.serial)
    with step(Message("token.opening", product=hello.product, serial=hello.serial)):
        return authenticate(channel, hello, key)


def comparison(path: Path | None, product: str) -> Callable[[str], bool]:
    """Give the `confirm` callback of claim_token(): it compares a 6-digit number with the one that
    the token shows.

    The token's number is typed by the operator, who may mistype it twice, or read from `path`.
    """

    def confirm(number: str) -> bool:
        if path is not None:
            return _is_same(_await_text(path), number)
        say(Message("token.shows-number", product=product))
        for again in reversed(range(TRIES)):
            if _is_same(ask(Message("prompt.number"), "--comparison-file"), number):
                return True
            if again:
                say(Message("prompt.other-number", mark=Message("error-mark")))
        return False

    return confirm


def _is_same(typed: str, number: str) -> bool:
    return "".join(typed.split()) == number


def _await_text(path: Path) -> str:
    """Wait until `path`, a file or a named pipe, holds a whole line, and give it; "" after
    _COMPARISON_TIMEOUT."""
    deadline = time.monotonic() + _COMPARISON_TIMEOUT
    while time.monotonic() < deadline:
        text = path.read_text() if path.exists() else ""
        if text.endswith("\n"):
            return text
        time.sleep(_COMPARISON_POLL)
    return ""
