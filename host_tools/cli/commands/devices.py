"""kodebrik devices: list the ports that may have a token."""

from typing import Annotated, Any

import typer

from host_tools.cli.options.token import open_port
from host_tools.cli.output import Json, emit, step
from host_tools.errors import KodebrikError
from host_tools.link import ports


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
        [_line(entry) for entry in entries] or ["No serial ports were found."],
    )


def _ask(port: str) -> dict[str, Any]:
    try:
        with step(f"Asking {port}"), open_port(port) as (_, hello):
            return {"product": hello.product, "serial": hello.serial, "state": hello.state}
    except KodebrikError as error:
        return error.as_json()


def _line(entry: dict[str, Any]) -> str:
    line = f"{entry['port'] or 'no port'}: {entry['description']}"
    if entry["usb_id"]:
        line += f", USB {entry['usb_id']}"
    answer = entry.get("answer")
    if answer is None:
        return line
    if "error" in answer:
        return f"{line}. {answer['error']}"
    return f"{line}. A {answer['product']}, serial number {answer['serial']}, {answer['state']}."
