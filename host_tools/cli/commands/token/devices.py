"""kodebrik devices: list the ports that may have a token."""

from typing import Annotated, Any

import typer

from host_tools.cli.options.token import open_port
from host_tools.cli.output import Json, emit, step
from host_tools.errors import KodebrikError
from host_tools.link import ports
from host_tools.messages.catalogue import Message


def devices(
    probe: Annotated[
        bool, typer.Option("--probe", help="Ask each likely port who is there.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List serial ports and boards, the likeliest tokens first."""
    found = ports.devices()
    entries = [device.as_json() for device in found]
    if probe:
        likely = ports.candidates(found)
        for entry in entries:
            if entry["port"] in likely:
                entry["answer"] = _ask(entry["port"])
    emit(
        as_json,
        {"devices": entries},
        [_line(entry) for entry in entries] or [Message("devices.none")],
    )


def _ask(port: str) -> dict[str, Any]:
    try:
        with step(Message("devices.asking", port=port)), open_port(port) as (_, hello):
            names = ("product", "serial", "version", "form", "state")
            return {name: getattr(hello, name) for name in names}
    except KodebrikError as error:
        return error.as_json()


def _line(entry: dict[str, Any]) -> str:
    port, description = entry["port"] or Message("devices.no-port"), entry["description"]
    if entry["usb_id"]:
        line = Message(
            "devices.line-usb", port=port, description=description, usb_id=entry["usb_id"]
        )
    else:
        line = Message("devices.line", port=port, description=description)
    answer = entry.get("answer")
    if answer is None:
        return line
    told = answer.get("error") or Message(
        "devices.token",
        product=answer["product"],
        serial=answer["serial"],
        version=answer["version"],
        form=Message("info-form." + answer["form"]),
        state=Message("token-state." + answer["state"]),
    )
    return Message("devices.answered", line=line, answer=told)
