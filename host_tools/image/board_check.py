"""Check of a board file before an image is made of it, so that a wrong entry is named by its place
and not found by a token that stays dark.

GPIO numbers: RP2040 data sheet, section 1.4.3 (0 to 29); RP2350 data sheet, section 1.2.3 (of the
Pico 2's package 0 to 29); ESP32-S3 data sheet, table 2-1 (0 to 21 and 26 to 48).
"""

from collections.abc import Iterator
from typing import Any

from host_tools.errors import ExitCode, KodebrikError
from host_tools.image.dependencies import FIRMWARE
from host_tools.messages.catalogue import Message

_GPIO = {
    "RP2040": frozenset(range(30)),
    "RP2350": frozenset(range(30)),
    "ESP32-S3": frozenset(range(22)) | frozenset(range(26, 49)),
}
_OPTIONAL = {"usb"}  # sensing of the cable, for which not every board has a pin
_PINS = ("pin", "select", "enable", "rows", "columns", "sda", "scl", "sck", "mosi", "ws", "sd")


def check(board: dict[str, Any], product: dict[str, Any]) -> None:
    """Raise KodebrikError for the first entry of the board's `product` that cannot work: a part
    that is missing, a chip without driver, a bus or a pin that the board does not have, a pin that
    is used twice."""
    name = product["name"]
    parts: dict[str, dict[str, Any]] = board["products"][name]
    for part in product["parts"]:
        if part not in parts and part not in _OPTIONAL:
            raise _wrong(board, f"products / {name}", Message("board-fault.part", part=part))
    used: dict[int, str] = {}
    for part, entry in parts.items():
        place = f"products / {name} / {part}"
        _check_chip(board, place, entry)
        _check_pins(board, place, entry, used)
    for bus in sorted({entry["bus"] for entry in parts.values() if "bus" in entry}):
        _check_pins(board, f"buses / {bus}", board["buses"][bus], used)


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
        if isinstance(pin, bool) or pin not in _GPIO[board["mcu"]]:
            fault = Message("board-fault.pin", pin=repr(pin), mcu=board["mcu"])
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
