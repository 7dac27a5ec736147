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
from host_tools.cli.output import Json, ask, emit, say
from host_tools.errors import ExitCode, KodebrikError, TokenError
from host_tools.link.replies import Hello
from host_tools.link.session import Session, claim_token
from host_tools.messages.catalogue import Argument, Message, listed, named
from host_tools.provisioning import serial_number


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


@option_groups
def block(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Block the token: it shows no codes until it is unblocked."""
    with token.session() as session:
        session.block()
    _done(as_json, session.hello, messages.BLOCKED, "blocked")


@option_groups
def unblock(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Let a blocked token show codes again."""
    with token.session() as session:
        session.unblock()
    _done(as_json, session.hello, messages.LOCKED, "unblocked")


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
            _done(as_json, hello, hello.state, "nothing-to-wipe")
            return
        if yes is None:
            say(Message("token.wipe-warning", product=hello.product, serial=hello.serial))
            yes = ask(Message("prompt.serial"))
        if serial_number.check(yes) != hello.serial:
            raise KodebrikError("serial-not-confirmed", ExitCode.NOT_CONFIRMED, serial=hello.serial)
        if hello.key == messages.KEY_NONE:  # damaged storage has lost the key with the rest
            session = claim_token(channel, hello, comparison(comparison_file, hello.product))
        else:
            session = authenticated(channel, hello, token.keyring)
        session.wipe()
        inventory.forget(hello.serial)
    _done(as_json, hello, messages.WIPED, "wiped")


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
        raise KodebrikError(
            "selftest-failed",
            ExitCode.CHECK_FAILED,
            parts=listed("list-comma", [named("token-part.", part) for part in failed]),
        )
    emit(
        as_json,
        {"serial": session.hello.serial, "parts": parts},
        [Message("selftest-works", part=named("token-part.", part)) for part in parts],
    )


def _done(as_json: bool, hello: Hello, state: str, outcome: str) -> None:
    line = Message("token-done." + outcome, product=hello.product, serial=hello.serial)
    emit(as_json, {"serial": hello.serial, "state": state}, [line])


def _identity(hello: Hello) -> dict[str, Any]:
    return {name: value for name, value in vars(hello).items() if name != "body"}


def _identity_lines(hello: Hello) -> list[str]:
    return [
        Message("info.product", product=hello.product, board=hello.board),
        Message("info.serial", serial=hello.serial),
        Message(
            "info.firmware",
            version=hello.version,
            build=Message("info-build." + hello.build),
            protocol=hello.protocol,
        ),
        Message("info.state", state=Message("info-state." + hello.state)),
        Message("info.access-key", key=Message("info-key." + hello.key)),
    ]


def _detail_lines(details: dict[str, Any]) -> list[str]:
    if not details:
        return []
    return [
        Message("info.battery", voltage=_voltage(details["battery_mv"])),
        Message("info.clock-lost" if details["clock_lost"] else "info.clock-runs"),
        Message("info.temperature", temperature=_degrees(details["temperature"])),
        Message("info.accounts", number=details["accounts"], most=messages.MAX_ACCOUNTS),
        _pin_line(details["pin_tries"]),
        Message("info.storage", state=named("info-storage.", details["storage"])),
        Message("info.free-memory", size=_size(details["heap_free"])),
        Message("info.free-flash", size=_size(details["flash_free"])),
    ]


def _voltage(millivolts: int | None) -> Message:
    if millivolts is None:
        return Message("info.unknown")
    return Message("info.millivolts", voltage=millivolts)


def _degrees(hundredths: int | None) -> Message:
    if hundredths is None:
        return Message("info.unknown")
    return Message("info.degrees", temperature=hundredths / 100)


def _size(octets: int | None) -> Message:
    return Message("info.unknown") if octets is None else Message("info.bytes", size=octets)


def _pin_line(tries: int | None) -> Message:
    if tries is None:
        return Message("info.no-pin")
    return Message("info.pin", tries=tries, most=messages.PIN_TRIES)
