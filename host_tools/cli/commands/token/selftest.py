"""kodebrik selftest: let a token test its parts."""

import sys
from typing import Annotated

import typer

from firmware.protocol import messages
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.token import (
    TokenOptions,
)
from host_tools.cli.output import Json, ask, emit
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message, named

_MOTOR = "vibration"


@option_groups
def selftest(
    *,
    token: TokenOptions,
    felt: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="NUMBER",
            help="How often the token vibrated in your hand, instead of being asked; 0: never.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Let the token test its parts.

    A vibration motor runs meanwhile. The token tests its wiring; that it moves is for whoever holds
    the token to say.
    """
    with token.session() as session:
        parts = session.passed_selftest()
    if _MOTOR in parts and felt is None and not as_json and sys.stdin.isatty():
        felt = _number(ask(Message("prompt.felt"), "--felt"))
    if felt is not None and felt != (messages.SELFTEST_PULSES if _MOTOR in parts else 0):
        raise KodebrikError("selftest-not-felt", ExitCode.CHECK_FAILED, felt=felt)
    lines = [Message("selftest-works", part=named("token-part.", part)) for part in parts]
    if _MOTOR in parts and felt is None:
        lines.append(Message("selftest-felt", count=messages.SELFTEST_PULSES))
    emit(as_json, {"serial": session.hello.serial, "parts": parts, "felt": felt}, lines)


def _number(typed: str) -> int:
    """Give a number that was typed; anything else is none that fits."""
    return int(typed) if typed.strip().isdecimal() else -1
