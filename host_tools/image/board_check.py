"""Check of a board file before an image is made of it, so that a wrong entry is named by its place
and not found by a token that stays dark. What a pin can do stands in firmware/mcus.py.
"""

import importlib
from collections.abc import Iterator
from typing import Any

from host_tools.errors import ExitCode, KodebrikError
from host_tools.image import board_entries
from host_tools.image.dependencies import FIRMWARE
from host_tools.messages.catalogue import Message

_CHIPS = importlib.import_module("firmware.mcus")
_MCUS: dict[str, Any] = _CHIPS.MCUS
_MEASURING = {"battery"}  # chips whose pin the converter reads
_OPTIONAL = {"usb", "charger"}  # sensing of the cable and the charge: not every board has pins
_PINS = ("pin", "select", "enable", "rows", "columns", "sda", "scl", "sck", "mosi", "ws", "sd")


def check(board: dict[str, Any], product: dict[str, Any]) -> None:
    """Raise KodebrikError for the first entry of the board's `product` that cannot work: one that
    is missing, unknown or of another kind (board_entries.py), a part that is missing, a chip
    without driver, a bus or a pin that the board does not have or not bring out, a pin that cannot
    be that line of that bus or measure a voltage, a pin that is used twice."""
    mcu = _MCUS.get(board["mcu"])
    if mcu is None:
        fault = Message("board-fault.mcu", mcu=str(board["mcu"]), mcus=", ".join(sorted(_MCUS)))
        raise _wrong(board, "mcu", fault)
    name = product["name"]
    for place, fault in board_entries.faults(board, name, FIRMWARE / "drivers"):
        raise _wrong(board, place, fault)
    parts: dict[str, dict[str, Any]] = board["products"][name]
    for part in product["parts"]:
        if part not in parts and part not in _OPTIONAL:
            raise _wrong(board, f"products / {name}", Message("board-fault.part", part=part))
    used: dict[int, str] = {}
    for part, entry in parts.items():
        place = f"products / {name} / {part}"
        _check_chip(board, place, entry)
        _check_pins(board, place, entry, used)
        if entry["chip"] in _MEASURING and entry["pin"] not in mcu["adc"]:
            fault = Message("board-fault.adc", pin=entry["pin"], mcu=board["mcu"])
            raise _wrong(board, f"{place} / pin", fault)
    for bus in sorted({entry["bus"] for entry in parts.values() if "bus" in entry}):
        place = f"buses / {bus}"
        _check_pins(board, place, board["buses"][bus], used)
        _check_lines(board, place, board["buses"][bus])


def check_tables(board: dict[str, Any], name: str) -> None:
    """Raise KodebrikError when an entry of the board file `name` itself is missing, unknown or no
    table."""
    for place, fault in board_entries.outer_faults(board):
        raise _wrong({"name": name}, place, fault)


def _check_lines(board: dict[str, Any], place: str, bus: dict[str, Any]) -> None:
    """Check that each of the bus's pins can be its line."""
    mcu = _MCUS[board["mcu"]]
    of_kind = mcu["buses"].get(bus["kind"])
    if of_kind is None:  # any pin can be any line
        return
    named = f"{bus['kind'].upper()} {bus['id']}"
    if bus["id"] not in of_kind:
        fault = Message("board-fault.no-bus", bus=named, mcu=board["mcu"])
        raise _wrong(board, f"{place} / id", fault)
    for line, pins in of_kind[bus["id"]].items():
        if bus[line] not in pins:
            fault = Message(
                "board-fault.line",
                pin=bus[line],
                line=line.upper(),
                bus=named,
                mcu=board["mcu"],
                pins=", ".join(map(str, pins)),
            )
            raise _wrong(board, f"{place} / {line}", fault)
    if mcu["ws_follows_sck"] and bus["kind"] == "i2s" and bus["ws"] != bus["sck"] + 1:
        fault = Message("board-fault.ws", pin=bus["ws"], wanted=bus["sck"] + 1, mcu=board["mcu"])
        raise _wrong(board, f"{place} / ws", fault)


def _check_chip(board: dict[str, Any], place: str, entry: dict[str, Any]) -> None:
    chip = entry.get("chip")
    if not isinstance(chip, str) or not (FIRMWARE / "drivers" / f"{chip}.py").is_file():
        chips = ", ".join(
            path.stem for path in sorted((FIRMWARE / "drivers").glob("*.py")) if path.stem[0] != "_"
        )
        raise _wrong(
            board, f"{place} / chip", Message("board-fault.chip", chip=str(chip), chips=chips)
        )
    bus = entry.get("bus")
    if "bus" in entry and bus not in board["buses"]:
        buses = ", ".join(board["buses"])
        raise _wrong(board, f"{place} / bus", Message("board-fault.bus", bus=str(bus), buses=buses))


def _check_pins(
    board: dict[str, Any], place: str, entry: dict[str, Any], used: dict[int, str]
) -> None:
    for name, pin in _pins(entry):
        here = f"{place} / {name}"
        if isinstance(pin, bool) or pin not in _MCUS[board["mcu"]]["pins"]:
            fault = Message("board-fault.pin", pin=repr(pin), mcu=board["mcu"])
            raise _wrong(board, here, fault)
        if not _CHIPS.brought_out(board["name"], pin, place.rsplit(" / ", maxsplit=1)[-1]):
            fault = Message("board-fault.inside", pin=pin, board=board["title"])
            raise _wrong(board, here, fault)
        if pin in used:
            fault = Message("board-fault.pin-twice", pin=pin, other=used[pin])
            raise _wrong(board, here, fault)
        used[pin] = here


def _pins(entry: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in _PINS:
        if name in entry:
            given = entry[name]
            yield from ((name, pin) for pin in (given if isinstance(given, tuple) else (given,)))


def _wrong(board: dict[str, Any], place: str, fault: Message) -> KodebrikError:
    return KodebrikError(
        "board-entry-wrong",
        ExitCode.BAD_INPUT,
        file=f"firmware/boards/{board['name']}.py",
        place=place,
        fault=fault,
    )
