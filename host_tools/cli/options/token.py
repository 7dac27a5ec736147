"""Options shared by the commands that talk to a token, and how a command gets its port, key and
session."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from firmware.protocol import messages
from host_tools.cli.options.keyring import Keyring
from host_tools.cli.output import say, step
from host_tools.errors import TOKEN_ERRORS, KodebrikError, TokenError
from host_tools.link import ports
from host_tools.link.channel import Channel
from host_tools.link.replies import Hello
from host_tools.link.session import Session, authenticate
from host_tools.link.transport import SerialTransport

_COMPARISON_TIMEOUT = 50  # seconds; the token ends a silent session after 60
_COMPARISON_POLL = 0.1

Port = Annotated[
    str | None,
    typer.Option(
        envvar="KODEBRIK_PORT",
        metavar="PORT",
        help=(
            "The token's port: a device, an emulator's link or rfc2217://host:port. Default: the "
            "only one found."
        ),
    ),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        envvar="KODEBRIK_KEY_FILE",
        metavar="FILE",
        help=(
            "The issuer key file. Default: the one that 'kodebrik keys create' made. "
            "KODEBRIK_ISSUER_KEY goes before."
        ),
    ),
]
AccessKeyFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="This token's own access key, as 'kodebrik keys derive' writes it."
    ),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help=(
            "File with the issuer key file's passphrase. Default: KODEBRIK_PASSPHRASE, or asked "
            "for."
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


@contextmanager
def token(port: str | None) -> Iterator[tuple[Channel, Hello]]:
    """Open the port, ask who is there, and close the port at the end."""
    port = port or ports.only_port(ports.devices())
    transport = SerialTransport(port)
    try:
        channel = Channel(transport, port)
        yield channel, channel.hello()
    finally:
        transport.close()


@contextmanager
def session(port: str | None, keyring: Keyring) -> Iterator[Session]:
    """Open the session of a token that has an access key; KodebrikError for one that has none."""
    with token(port) as (channel, hello):
        if hello.key == messages.KEY_NONE:
            if hello.state == messages.DAMAGED:
                raise TokenError(messages.STORAGE_DAMAGED)
            raise KodebrikError(
                "The token has no access key yet.",
                "Provision it first, with 'kodebrik provision'.",
                TOKEN_ERRORS + messages.NO_ACCESS_KEY,
            )
        yield opened(channel, hello, keyring)


def opened(channel: Channel, hello: Hello, keyring: Keyring) -> Session:
    """Open the session with the key that goes with the token's serial number."""
    key = keyring.access_key(hello.serial)
    with step(f"Opening a secure session with the {hello.product} {hello.serial}"):
        return authenticate(channel, hello, key)


def comparison(path: Path | None, product: str) -> Callable[[str], bool]:
    """Give what claim_token() asks: which number the token shows, typed by the operator or read
    from `path`."""

    def confirm(number: str) -> bool:
        if path is None:
            say(f"The {product} shows a number of 6 digits. Type it here within a minute.")
            typed = typer.prompt("Number", err=True)
        else:
            typed = _await_text(path)
        return "".join(typed.split()) == number

    return confirm


def _await_text(path: Path) -> str:
    """Wait for `path`, a file or a named pipe, to hold a line: the number exists only once the
    token shows it."""
    deadline = time.monotonic() + _COMPARISON_TIMEOUT
    while time.monotonic() < deadline:
        text = path.read_text() if path.exists() else ""
        if text.endswith("\n"):
            return text
        time.sleep(_COMPARISON_POLL)
    return ""
