"""kodebrik settings: show and change a token's settings."""

from typing import Annotated, Any

import typer

from firmware.protocol import messages
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.token import (
    TokenOptions,
)
from host_tools.cli.output import Json, emit
from host_tools.errors import ExitCode, KodebrikError, TokenError
from host_tools.link.session import Session
from host_tools.messages.catalogue import Argument, Message


@option_groups
def settings(
    *,
    flip: Annotated[
        bool | None, typer.Option("--flip/--no-flip", help="Turn the display for the left hand.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help=f"One of: {', '.join(messages.LANGUAGES)}.")
    ] = None,
    brightness: Annotated[
        int | None, typer.Option(min=1, max=5, help="1 (dim) to 5 (bright).")
    ] = None,
    inverted: Annotated[
        bool | None,
        typer.Option("--inverted/--no-inverted", help="Show white on black (kodeoplæser)."),
    ] = None,
    volume: Annotated[
        int | None, typer.Option(min=1, max=9, help="1 (soft) to 9 (loud); kodeoplæser.")
    ] = None,
    speed: Annotated[
        int | None, typer.Option(min=1, max=5, help="1 (slow) to 5 (fast); kodeoplæser.")
    ] = None,
    key_delay: Annotated[
        int | None,
        typer.Option(
            min=0, max=10, help="Tenths of a second before the same key counts again; kodeoplæser."
        ),
    ] = None,
    typing_time: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=60,
            help="Seconds a code is still good for when it was said; 0: any; kodeoplæser.",
        ),
    ] = None,
    time_outs: Annotated[
        int | None,
        typer.Option(min=1, max=10, help="How many times as long the token waits for its user."),
    ] = None,
    vibration: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2,
            help="Codes are felt, not spoken: 1 as pulses, 2 as Morse; 0: spoken; kodeoplæser.",
        ),
    ] = None,
    tones: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=1,
            help="Tones under red and while a code is waited for: 1, or 0: none; kodeoplæser.",
        ),
    ] = None,
    voice: Annotated[
        int | None,
        typer.Option(
            min=1, max=2, help="The voice: 1, or 2 where the token has a second; kodeoplæser."
        ),
    ] = None,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Show the token's settings, or change those that are given."""
    if language is not None and language not in messages.LANGUAGES:
        raise KodebrikError(
            "settings-language-unknown",
            ExitCode.USAGE,
            language=language,
            choices=", ".join(messages.LANGUAGES),
        )
    given = {
        "flip": flip,
        "language": language,
        "brightness": brightness,
        "inverted": inverted,
        "volume": volume,
        "speed": speed,
        "key_delay": key_delay,
        "typing_time": typing_time,
        "time_outs": time_outs,
        "vibration": vibration,
        "tones": tones,
        "voice": voice,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    with token.session() as session:
        result = _changed(session, changes) if changes else session.settings()
    emit(
        as_json,
        result,
        [Message("setting." + name, value=_readable(value)) for name, value in result.items()],
    )


def _readable(value: bool | int | str) -> Argument:
    return Message("yes" if value else "no") if isinstance(value, bool) else value


def _changed(session: Session, changes: dict[str, Any]) -> dict[str, Any]:
    try:
        return session.write_settings(changes)
    except TokenError as error:
        if error.number != messages.BAD_ARGUMENT:
            raise
    missing = [name for name in changes if name not in session.settings()]
    if missing:
        raise KodebrikError(
            "settings-unsupported",
            ExitCode.USAGE,
            product=session.hello.product,
            names=", ".join(missing),
        )
    raise KodebrikError(
        "settings-language-not-carried", ExitCode.USAGE, language=str(changes.get("language"))
    )
