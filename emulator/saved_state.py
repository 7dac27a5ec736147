"""The state of a token that is not running: a JSON file beside its flash file. While it runs, a
lock on their folder keeps a second emulator off."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emulator.errors import TokenInUseError
from emulator.mcu.flash import Flash

FLASH, STATE = "flash.bin", "state.json"
VERSION = 1


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
    """Give what `save` wrote, None for a new token. ValueError for another version or damage."""
    path = directory / STATE
    if not path.exists():
        return None
    state: dict[str, Any] = json.loads(path.read_text())
    if state.get("version") != VERSION:
        raise ValueError(
            f"{path} is not of this emulator's version; start with an empty directory."
        )
    return state


def save(directory: Path, state: dict[str, Any]) -> None:
    """Replace the file atomically; only its owner may read it."""
    new = directory / (STATE + ".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(json.dumps({"version": VERSION, **state}))  # dump() is far slower
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


def restore_parts(parts: dict[str, Any], state: dict[str, Any]) -> None:
    """Take back what `of_parts` gave."""
    if state["battery_mv"] is not None:
        parts["battery"].millivolts = state["battery_mv"]
    if state["clock"]:
        parts["clock"].restore(state["clock"])
