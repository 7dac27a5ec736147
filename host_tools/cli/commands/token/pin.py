"""kodebrik pin: set or clear the PIN of a token with a keypad.

The PIN comes from a file or the operator, never from the command line.
"""

from typing import Annotated

import typer

from firmware.protocol import messages
from host_tools import private_files
from host_tools.cli.command_group import CommandGroup
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.token import TokenOptions
from host_tools.cli.output import Json, ask_unseen, emit, warn
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.secret import Secret

app = CommandGroup(help="Set or clear the PIN that the token asks for before a code.")

PinFile = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="File with the PIN; '-' is standard input. Default: it is asked for, unseen.",
    ),
]


@app.command("set")
@option_groups
def set_pin(
    *,
    pin_file: PinFile = None,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Give the token a PIN of 4 to 8 digits, or another one; wrong tries count from none."""
    pin = None if pin_file is None else _checked(private_files.read_text(pin_file, warn))
    with token.session() as session:
        session.set_pin(_typed() if pin is None else pin)
    emit(
        as_json,
        {"serial": session.hello.serial, "pin": True},
        [Message("pin.set", product=session.hello.product, serial=session.hello.serial)],
    )


@app.command("clear")
@option_groups
def clear_pin(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Take the PIN away: the token gives codes without asking."""
    with token.session() as session:
        session.clear_pin()
    emit(
        as_json,
        {"serial": session.hello.serial, "pin": False},
        [Message("pin.cleared", product=session.hello.product, serial=session.hello.serial)],
    )


def _typed() -> Secret:
    question = Message("prompt.new-pin", least=messages.MIN_PIN, most=messages.MAX_PIN)
    return _checked(ask_unseen(question, _checked, "--pin-file"))


def _checked(text: str) -> Secret:
    good = text.isascii() and text.isdigit() and messages.MIN_PIN <= len(text) <= messages.MAX_PIN
    if not good:
        raise KodebrikError(
            "token-pin-invalid", ExitCode.BAD_INPUT, least=messages.MIN_PIN, most=messages.MAX_PIN
        )
    return Secret(text.encode())
