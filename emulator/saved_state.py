"""The state of a token that is not running: a JSON file beside its flash file. While it runs, a
lock on their folder keeps a second emulator off."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emulator.errors import (
    DamagedTokenError,
    OtherTokenError,
    OtherVersionError,
    TokenInUseError,
)
from emulator.mcu.flash import Flash
from emulator.state_values import Allowed, number, whole
from emulator.state_values import check as check_values
from emulator.surroundings import BATTERY_MV

FLASH, STATE = "flash.bin", "state.json"
FROZEN = "frozen.bin"  # the modules of a token whose firmware is frozen
VERSION = 2
_LATEST = 2**33 - 1  # Unix seconds: beyond what a clock chip counts
_VALUES: Allowed = {
    "product": lambda value: isinstance(value, str),
    "board": lambda value: isinstance(value, str),
    "seed": whole(),
    "draws": whole(0),
    "time": number(0, _LATEST),
    "wear": lambda value: isinstance(value, list) and all(map(whole(0), value)),
    "operations": whole(0),
    "clock": lambda value: isinstance(value, dict | None),
    "battery_mv": lambda value: value is None or whole(*BATTERY_MV)(value),
}


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keep other emulators off the token; TokenInUseError when another one has it."""
    folder = os.open(directory, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TokenInUseError(directory) from None
        yield
    finally:
        os.close(folder)


def load(directory: Path) -> dict[str, Any] | None:
    """Give what `save` wrote, None for a new token. DamagedTokenError for damage, and for another
    version."""
    path = directory / STATE
    if not path.exists():
        return None
    try:
        return read(path.read_bytes())
    except ValueError:
        raise DamagedTokenError(path) from None


def read(content: bytes) -> dict[str, Any]:
    """Give the state in a file's content. ValueError for damage, and OtherVersionError and
    StateValueError, which are such too."""
    try:
        state = json.loads(content)
    except RecursionError:
        raise ValueError("This is nested too deeply for a token's state.") from None
    if not isinstance(state, dict) or not isinstance(version := state.get("version"), int):
        raise ValueError("This is no token's state.")
    if version != VERSION:
        raise OtherVersionError(version)
    check_values(state, _VALUES)
    return state


def write(state: dict[str, Any]) -> str:
    """Give the file's content."""
    return json.dumps({"version": VERSION, **state})  # dump() is far slower


def check(directory: Path, state: dict[str, Any], product: str, board: str, size: int) -> None:
    """Check that a token is a `product` for `board`, whose flash file has `size` bytes:
    OtherTokenError or DamagedTokenError."""
    if (state["product"], state["board"]) != (product, board):
        raise OtherTokenError(directory, state["product"], state["board"])
    flash = directory / FLASH
    if not flash.is_file() or flash.stat().st_size != size:
        raise DamagedTokenError(flash)


def save(directory: Path, state: dict[str, Any]) -> None:
    """Replace the file atomically; only its owner may read it."""
    new = directory / (STATE + ".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(write(state))
    new.replace(directory / STATE)


def of_flash(flash: Flash) -> dict[str, Any]:
    """Give what the flash file does not hold: erases per block, and the operations so far."""
    return {"wear": flash.wear, "operations": flash.operations}


def restore_flash(flash: Flash, state: dict[str, Any]) -> None:
    """Take back what `of_flash` gave."""
    flash.wear, flash.operations = state["wear"], state["operations"]


def of_parts(parts: dict[str, Any]) -> dict[str, Any]:
    """Give the state of the clock chip and the battery, None for a part that is not there."""
    rtc, battery = parts.get("clock"), parts.get("battery")
    return {
        "clock": rtc.state() if rtc else None,
        "battery_mv": battery.millivolts if battery else None,
    }


def check_parts(parts: dict[str, Any], state: dict[str, Any]) -> None:
    """Check that `of_parts` gave it, of the same parts; ValueError, before anything changes."""
    if (state["clock"] is None, state["battery_mv"] is None) != (
        "clock" not in parts,
        "battery" not in parts,
    ):
        raise ValueError("The state is of a token with other parts.")
    if state["clock"] is not None:
        parts["clock"].check(state["clock"])


def restore_parts(parts: dict[str, Any], state: dict[str, Any]) -> None:
    """Take back what `of_parts` gave."""
    if state["battery_mv"] is not None:
        parts["battery"].millivolts = state["battery_mv"]
    if state["clock"]:
        parts["clock"].restore(state["clock"])
