"""kodebrik code: the code that a token should show."""

import time
from datetime import datetime
from typing import Annotated

import typer

from firmware.protocol.messages import ENTRIES
from host_tools import private_files
from host_tools.cli.options.credential import CredentialOptions, one_source
from host_tools.cli.options.groups import option_groups
from host_tools.cli.output import Json, emit, warn
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.otp import codes


@option_groups
def code(
    *,
    options: CredentialOptions,
    challenge: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIGITS",
            help="With --suite: what is typed; twice for an amount and then an account.",
        ),
    ] = None,
    pin_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="With a suite that has a PIN: its file; '-' is standard input."
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--time",
            metavar="TIME",
            help="Unix seconds, or a date and time such as 2031-01-02T03:04:05Z. Default: now.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compute the code that a token should show, or its answer to a challenge."""
    one_source(secret_file=options.secret_file, otpauth_file=options.otpauth_file)
    if (options.suite is None) != (not challenge):
        raise KodebrikError("code-challenge-without-suite", ExitCode.USAGE)
    entry = (
        None if options.suite is None or challenge is None else ENTRIES[min(len(challenge), 2) - 1]
    )
    credential = options.read(None, entry)
    moment = int(time.time()) if at is None else _moment(at)
    if challenge:
        pin = None if pin_file is None else private_files.read_text(pin_file, warn)
        if pin == "":
            raise KodebrikError("pin-file-empty", ExitCode.BAD_INPUT, path=pin_file or "")
        text = credential.answer(moment, challenge, pin)
    else:
        text = credential.code(moment)
    result: dict[str, str | int | None] = {"code": text, "counter": credential.counter}
    lines: list[str] = [codes.grouped(text)]
    if credential.period is not None:
        left = codes.remaining(moment, credential.period)
        result |= {"time": moment, "remaining": left}
        lines.append(Message("code.valid", count=left))
    emit(as_json, result, lines)


def _moment(text: str) -> int:
    """Give the Unix seconds of a number or an ISO 8601 time, which is local without a zone."""
    try:
        seconds = int(text) if text.isdigit() else int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError):
        seconds = -1
    if seconds < 0:
        raise KodebrikError("time-invalid", ExitCode.USAGE, text=text)
    return seconds
