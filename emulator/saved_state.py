"""What a token keeps while the emulator is not running: a JSON file beside its flash."""

import json
import os
from pathlib import Path
from typing import Any

FLASH, STATE = "flash.bin", "state.json"
VERSION = 1


def load(directory: Path) -> dict[str, Any] | None:
    """What `save` wrote; None for a new token. ValueError when it is of another version or
    damaged."""
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
    """Replace the file in one step, readable by its owner alone."""
    new = directory / (STATE + ".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({"version": VERSION, **state}, file, indent=1)
    new.replace(directory / STATE)
