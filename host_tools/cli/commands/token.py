"""kodebrik info, settings, block, unblock, wipe and selftest: commands on one token."""

from typing import Annotated, Any

import typer

from firmware.protocol import messages
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.inventory import InventoryFile, opened_inventory
from host_tools.cli.options.token import (
    ComparisonFile,
    TokenOptions,
    authenticated,
    comparison,
    open_port,
)
from host_tools.cli.output import Json, emit, say
from host_tools.errors import ExitCode, KodebrikError, TokenError
from host_tools.link.replies import Hello
from host_tools.link.session import Session, claim_token
from host_tools.provisioning import serial_number

_STATES = {
    messages.BLANK: "blank; provision it with 'kodebrik provision'",
    messages.LOCKED: "in use",
    messages.BLOCKED: "blocked; 'kodebrik unblock' lets it show codes again",
    messages.WIPED: "wiped; provision it with 'kodebrik provision'",
    messages.DAMAGED: "its storage is damaged; wipe it with 'kodebrik wipe' and provision it again",
}


@option_groups
def info(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Show who the token is, and how it is.

    Battery, clock, storage and memory are told only to somebody who has the token's key.
    """
    details: dict[str, Any] = {}
    with open_port(token.port) as (channel, hello):
        if hello.key != messages.KEY_NONE and token.keyring.available:
            details = authenticated(channel, hello, token.keyring).info()
    details = {
        name: value.hex() if isinstance(value, bytes) else value for name, value in details.items()
    }
    emit(as_json, _identity(hello) | details, [*_identity_lines(hello), *_detail_lines(details)])


_SETTING_LINES = {
    "flip": "Display flipped: {}",
    "language": "Language: {}",
    "brightness": "Brightness: {} of 5",
    "inverted": "White on black: {}",
    "volume": "Volume: {} of 9",
    "speed": "Speed: {} of 5",
    "key_delay": "The same key counts again after: {} tenths of a second",
}


def _readable(value: object) -> object:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


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
    }
    changes = {name: value for name, value in given.items() if value is not None}
    with token.session() as session:
        result = _changed(session, changes) if changes else session.settings()
    emit(
        as_json,
        result,
        [_SETTING_LINES[name].format(_readable(value)) for name, value in result.items()],
    )


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


@option_groups
def block(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Block the token: it shows no codes until it is unblocked."""
    with token.session() as session:
        session.block()
    _done(as_json, session.hello, messages.BLOCKED, "is blocked")


@option_groups
def unblock(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Let a blocked token show codes again."""
    with token.session() as session:
        session.unblock()
    _done(as_json, session.hello, messages.LOCKED, "shows codes again")


@option_groups
def wipe(
    *,
    yes: Annotated[
        str | None,
        typer.Option(
            metavar="SERIAL", help="Do not ask: this is the serial number of the token to wipe."
        ),
    ] = None,
    comparison_file: ComparisonFile = None,
    inventory_file: InventoryFile = None,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Delete every secret, key, counter and setting from the token. Asks for its serial number."""
    with opened_inventory(inventory_file) as inventory, open_port(token.port) as (channel, hello):
        if hello.state in (messages.BLANK, messages.WIPED):
            _done(as_json, hello, hello.state, "holds nothing that could be wiped")
            return
        if yes is None:
            say(f"This deletes everything on the {hello.product} {hello.serial} for good.")
            yes = typer.prompt("Type its serial number to go on", err=True)
        if serial_number.check(yes) != hello.serial:
            raise KodebrikError("serial-not-confirmed", ExitCode.NOT_CONFIRMED, serial=hello.serial)
        if hello.key == messages.KEY_NONE:  # damaged storage has lost the key with the rest
            session = claim_token(channel, hello, comparison(comparison_file, hello.product))
        else:
            session = authenticated(channel, hello, token.keyring)
        session.wipe()
        inventory.forget(hello.serial)
    _done(as_json, hello, messages.WIPED, "is wiped")


@option_groups
def selftest(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Let the token test its parts."""
    with token.session() as session:
        parts = session.selftest()
    failed = [part for part, sound in parts.items() if not sound]
    if failed:
        raise KodebrikError("selftest-failed", ExitCode.CHECK_FAILED, parts=", ".join(failed))
    emit(
        as_json,
        {"serial": session.hello.serial, "parts": parts},
        [f"{part}: works" for part in parts],
    )


def _done(as_json: bool, hello: Hello, state: str, what: str) -> None:
    emit(
        as_json,
        {"serial": hello.serial, "state": state},
        [f"The {hello.product} {hello.serial} {what}."],
    )


def _identity(hello: Hello) -> dict[str, Any]:
    return {name: value for name, value in vars(hello).items() if name != "body"}


def _identity_lines(hello: Hello) -> list[str]:
    return [
        f"Product: {hello.product} on {hello.board}",
        f"Serial number: {hello.serial}",
        f"Firmware: {hello.version}, {hello.build} build, protocol {hello.protocol}",
        f"State: {_STATES[hello.state]}",
        f"Access key: {hello.key}",
    ]


def _detail_lines(details: dict[str, Any]) -> list[str]:
    if not details:
        return []
    known = {
        "Battery": (details["battery_mv"], "{} mV"),
        "Clock": ("lost the time" if details["clock_lost"] else "runs", "{}"),
        "Temperature": (
            None if details["temperature"] is None else details["temperature"] / 100,
            "{:.2f} °C",
        ),
        "Accounts": (details["accounts"], f"{{}} of {messages.MAX_ACCOUNTS}"),
        "PIN": (_pin(details["pin_tries"]), "{}"),
        "Storage": (details["storage"], "{}"),
        "Free memory": (details["heap_free"], "{} bytes"),
        "Free flash": (details["flash_free"], "{} bytes"),
    }
    return [
        f"{name}: {'unknown' if value is None else form.format(value)}"
        for name, (value, form) in known.items()
    ]


def _pin(tries: int | None) -> str:
    return "none" if tries is None else f"set, {tries} of {messages.PIN_TRIES} tries left"
