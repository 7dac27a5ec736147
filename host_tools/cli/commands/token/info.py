"""kodebrik info: who a token is, and how it is."""

from typing import Any

from firmware.protocol import messages
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.token import (
    TokenOptions,
    authenticated,
    open_port,
)
from host_tools.cli.output import Json, emit
from host_tools.link.replies import Hello
from host_tools.messages.catalogue import Message, listed, named


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
            form=Message("info-form." + hello.form),
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
        *(
            [Message("info.languages", languages=listed("list-comma", details["languages"]))]
            if details["languages"]
            else []
        ),
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
