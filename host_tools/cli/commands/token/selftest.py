"""kodebrik selftest: let a token test its parts."""

from typing import Annotated

import typer

from firmware.protocol import messages
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.token import TokenOptions
from host_tools.cli.output import TRIES, Json, ask, can_ask, emit, say
from host_tools.errors import ExitCode, KodebrikError
from host_tools.link.session import selftest_error
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
        parts = session.selftest()
    error = selftest_error(parts)
    has_motor = _MOTOR in parts
    if has_motor and felt is None and can_ask(as_json):
        felt = _felt()
        if felt is None:
            error = error or KodebrikError("selftest-not-said", ExitCode.NOT_CONFIRMED, tries=TRIES)
    if felt not in (None, messages.SELFTEST_PULSES if has_motor else 0):
        not_felt = KodebrikError("selftest-not-felt", ExitCode.CHECK_FAILED, felt=str(felt))
        if has_motor:
            parts[_MOTOR] = False
        error = selftest_error(parts) if error else not_felt
    result = {"serial": session.hello.serial, "parts": parts, "felt": felt}
    if error and as_json:
        emit(as_json, result | error.as_json(), ())
        raise typer.Exit(error.exit_code)
    lines = [
        Message(
            "selftest-works" if works else "selftest-does-not-work", part=named("token-part.", part)
        )
        for part, works in parts.items()
    ]
    if has_motor and felt is None:
        lines.append(Message("selftest-felt", count=messages.SELFTEST_PULSES))
    emit(as_json, result, lines)
    if error:
        raise error


def _felt() -> int | None:
    """Give the number that the holder types, None when it is none as often as it may be typed."""
    for _ in range(TRIES):
        typed = ask(Message("prompt.felt"), "--felt").strip()
        if typed.isdecimal():
            return int(typed)
        say(Message("prompt.no-number", mark=Message("error-mark")))
    return None
