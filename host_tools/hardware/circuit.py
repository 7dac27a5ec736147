"""The circuit of a product on a board: parts and nets, made of the board file, which the firmware
and the emulator wire from too, and of the parts' pins.

A line that a board file names is a net by itself, so what is added there appears here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from host_tools.hardware.headers import HEADERS
from host_tools.hardware.parts import (
    BESIDES,
    CABLE,
    CHIPS,
    GROUND,
    RAIL,
    SUPPLY,
    Kind,
    PartData,
    PinData,
)
from host_tools.image.image import load_board, load_product

BOARD = "BOARD"
# Entries of a part in a board file that name one GPIO, or several.
_SINGLE = ("pin", "select", "enable")
_SEVERAL = {"rows": "row", "columns": "column"}
_BUS_LINES = ("sda", "scl", "sck", "mosi", "ws", "sd")


class Pin(NamedTuple):
    """A pin with its net, "" for none."""

    name: str
    kind: Kind
    net: str


@dataclass(frozen=True)
class Part:
    """One part: reference, title, part number, pins, footprint ("" for a module)."""

    ref: str
    title: str
    number: str
    pins: tuple[Pin, ...]
    footprint: str = ""


@dataclass
class Circuit:
    """Parts by reference, the board first, and nets by name: the (reference, pin) that each joins,
    in the order of the parts."""

    title: str
    parts: dict[str, Part] = field(default_factory=dict)

    @property
    def nets(self) -> dict[str, list[tuple[str, str]]]:
        """Give the nets."""
        found: dict[str, list[tuple[str, str]]] = {}
        for part in self.parts.values():
            for pin in part.pins:
                if pin.net:
                    found.setdefault(pin.net, []).append((part.ref, pin.name))
        return found


def circuit(board_name: str, product_name: str) -> Circuit:
    """Give the circuit of a product on a board, from their files."""
    board, product = load_board(board_name), load_product(product_name)
    return from_data(board, board["products"][product_name], product["title"])


def from_data(board: dict[str, Any], wired: dict[str, Any], product: str) -> Circuit:
    """Give the circuit of the parts in `wired`, the board file's entries of one product."""
    gpios = _gpios(board, wired)
    parts: dict[str, Part] = {}
    for name, entry in wired.items():
        data = CHIPS.get(entry["chip"]) or _unknown(name, entry, board)
        if entry["chip"] in CHIPS or entry["chip"] not in BESIDES:
            parts[name.upper()] = _part(name.upper(), name, data, gpios)
        for ref, besides in BESIDES.get(entry["chip"], {}).items():
            parts[ref] = _part(ref, name, besides, gpios)
    whole = Circuit(f"{product} on {board['title']}")
    whole.parts[BOARD] = _board(board, gpios, parts)
    whole.parts |= parts
    return whole


def _gpios(board: dict[str, Any], wired: dict[str, Any]) -> dict[str, int]:
    """Give the GPIO of each line that the board file names, as "PART.line"."""
    found: dict[str, int] = {}
    for name, entry in wired.items():
        if "bus" in entry:
            bus = board["buses"][entry["bus"]]
            found |= {f"{name}.{line}": bus[line] for line in _BUS_LINES if line in bus}
        found |= {f"{name}.{line}": entry[line] for line in _SINGLE if line in entry}
        for line, singular in _SEVERAL.items():
            for number, gpio in enumerate(entry.get(line, ()), 1):
                found[f"{name}.{singular} {number}"] = gpio
    return found


def _unknown(name: str, entry: dict[str, Any], board: dict[str, Any]) -> PartData:
    """Give a part of which no more is known than its lines."""
    lines = [line for line in _SINGLE if line in entry]
    if "bus" in entry:
        lines += [line for line in _BUS_LINES if line in board["buses"][entry["bus"]]]
    pins = [PinData(line, Kind.PASSIVE, line) for line in lines]
    pins += [PinData(_SEVERAL[line], Kind.PASSIVE, line) for line in _SEVERAL if line in entry]
    return PartData(name.capitalize(), entry["chip"], (*pins, PinData("GND", Kind.PASSIVE, GROUND)))


def _part(ref: str, name: str, data: PartData, gpios: dict[str, int]) -> Part:
    pins = tuple(_pins(name, data, gpios))
    return Part(ref, data.title, data.number, pins, data.footprint)


def _pins(name: str, data: PartData, gpios: dict[str, int]) -> Iterator[Pin]:
    for pin in data.pins:
        if pin.to in _SEVERAL:
            singular = _SEVERAL[pin.to]
            for line, gpio in gpios.items():
                if line.startswith(f"{name}.{singular} "):
                    yield Pin(line.partition(".")[2], pin.kind, _net(gpio))
        else:
            gpio = gpios.get(pin.to if "." in pin.to else f"{name}.{pin.to}", -1)
            yield Pin(pin.name, pin.kind, pin.to if gpio < 0 else _net(gpio))


def _net(gpio: int) -> str:
    return f"GPIO {gpio}"


def _board(board: dict[str, Any], gpios: dict[str, int], parts: dict[str, Part]) -> Part:
    header = HEADERS[board["name"]]
    pins = [
        Pin(header.rail, Kind.POWER_OUT, RAIL),
        Pin(header.supply, Kind.POWER_IN, SUPPLY),
        Pin(header.ground, Kind.POWER_IN, GROUND),
    ]
    if any(pin.net == CABLE for part in parts.values() for pin in part.pins):
        pins.append(Pin(header.cable, Kind.POWER_OUT, CABLE))
    for gpio in dict.fromkeys(gpios.values()):
        kinds = {pin.kind for part in parts.values() for pin in part.pins if pin.net == _net(gpio)}
        label = header.gpio.get(gpio, f"GPIO {gpio}, inside")
        pins.append(Pin(label, _towards(kinds), _net(gpio)))
    return Part(BOARD, board["title"], board["mcu"], tuple(pins))


def _towards(kinds: set[Kind]) -> Kind:
    """Give what a GPIO does for the pins on its net."""
    if Kind.INPUT in kinds and Kind.BIDIRECTIONAL not in kinds and Kind.OUTPUT not in kinds:
        return Kind.OUTPUT
    if Kind.OUTPUT in kinds:
        return Kind.INPUT
    return Kind.BIDIRECTIONAL
