"""The entries that a board file must have, and their kinds. Which ones a part has is read from its
driver: it takes them as part["NAME"] in from_board()."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from host_tools.messages.catalogue import Message

Fault = tuple[str, Message]  # place of an entry, and what is wrong with it

_BOARD = {"name", "title", "mcu", "micropython", "native", "filesystem", "buses", "products"}
_TABLES = {"filesystem", "buses", "products"}
_FILESYSTEM = {"size", "block", "program"}
_BUSES = {
    "i2c": {"id", "sda", "scl", "frequency"},
    "spi": {"id", "sck", "mosi", "frequency"},
    "i2s": {"id", "sck", "ws", "sd", "ring_ms"},
}
_POSITIVE = {"size", "block", "program", "frequency", "ring_ms", "width", "height"}
_POSITIVE |= {"ratio", "reference_mv"}
_WHOLE = _POSITIVE - {"ratio"}
_ADDRESSES = range(0x08, 0x78)  # of I2C, 7 bits; the others are reserved (NXP UM10204, 3.1.12)


def outer_faults(board: dict[str, Any]) -> Iterator[Fault]:
    """Give each entry of the file itself that is missing, unknown, or no table."""
    yield from _named(board, "", _BOARD)
    for name in sorted(_TABLES & set(board)):
        if not isinstance(board[name], dict):
            yield name, Message("board-fault.table")


def faults(board: dict[str, Any], product: str, drivers: Path) -> Iterator[Fault]:
    """Give each entry of the board's `product` that is missing, unknown, of another kind than it
    must be, or an I2C address that cannot be, in a board without outer_faults(); `drivers` is
    the folder of the parts' drivers."""
    yield from _table(board["filesystem"], "filesystem", _FILESYSTEM)
    yield from _sizes(board["filesystem"])
    for name, bus in board["buses"].items():
        yield from _bus(bus, f"buses / {name}")
    yield from _parts(board, product, drivers)


def _sizes(filesystem: dict[str, Any]) -> Iterator[Fault]:
    size, block = filesystem.get("size"), filesystem.get("block")
    if isinstance(size, int) and isinstance(block, int) and block > 0 and size % block:
        yield "filesystem / size", Message("board-fault.blocks", size=size, block=block)


def _bus(bus: Any, place: str) -> Iterator[Fault]:
    if not isinstance(bus, dict):
        yield place, Message("board-fault.table")
    elif "kind" not in bus:
        yield place, Message("board-fault.missing", entry="kind")
    elif bus["kind"] not in _BUSES:
        fault = Message("board-fault.kind", kind=repr(bus["kind"]), kinds=", ".join(_BUSES))
        yield f"{place} / kind", fault
    else:
        yield from _table(bus, place, _BUSES[bus["kind"]] | {"kind"})


def _parts(board: dict[str, Any], product: str, drivers: Path) -> Iterator[Fault]:
    parts = board["products"].get(product)
    if not isinstance(parts, dict):
        yield f"products / {product}", Message("board-fault.table")
        return
    addresses: dict[tuple[str, int], str] = {}
    for part, entry in parts.items():
        place = f"products / {product} / {part}"
        if not isinstance(entry, dict):
            yield place, Message("board-fault.table")
            continue
        driver = drivers / f"{entry.get('chip')}.py"
        if not driver.is_file():
            continue  # named by board_check
        yield from _table(entry, place, _of_driver(driver) | {"chip"})
        if "address" not in entry:
            continue
        address, bus = entry["address"], str(entry.get("bus"))
        if isinstance(address, bool) or address not in _ADDRESSES:
            yield f"{place} / address", Message("board-fault.address", address=_hex(address))
        elif (bus, address) in addresses:
            other = addresses[bus, address]
            fault = Message("board-fault.address-twice", address=_hex(address), other=other)
            yield f"{place} / address", fault
        else:
            addresses[bus, address] = place


def _table(table: dict[str, Any], place: str, names: set[str]) -> Iterator[Fault]:
    yield from _named(table, place, names)
    for name in sorted(names & _POSITIVE & set(table)):
        value = table[name]
        kinds = int if name in _WHOLE else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not value > 0:
            yield f"{place} / {name}", Message("board-fault.positive", value=repr(value))


def _named(table: dict[str, Any], place: str, names: set[str]) -> Iterator[Fault]:
    for name in sorted(names - set(table)):
        yield place or name, Message("board-fault.missing", entry=name)
    for name in sorted(set(table) - names, key=str):
        fault = Message("board-fault.unknown", entry=str(name), entries=", ".join(sorted(names)))
        yield place or str(name), fault


@cache
def _of_driver(path: Path) -> set[str]:
    """Give the entries that a driver takes, "bus" among them when it uses one."""
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.FunctionDef) and node.name == "from_board":
            within = [each for step in node.body for each in ast.walk(step)]
            taken = {
                each.slice.value
                for each in within
                if isinstance(each, ast.Subscript)
                and isinstance(each.value, ast.Name)
                and each.value.id == "part"
                and isinstance(each.slice, ast.Constant)
            }
            bus = {each.id for each in within if isinstance(each, ast.Name)} & {"bus"}
            return {str(name) for name in taken} | bus
    return set()


def _hex(address: Any) -> str:
    return f"0x{address:02X}" if isinstance(address, int) else repr(address)
