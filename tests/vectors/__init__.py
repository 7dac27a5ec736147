"""Published test vectors as JSON, each file with its source. Byte strings are in hexadecimal."""

import json
from pathlib import Path

FOLDER = Path(__file__).parent


def load(name: str) -> dict:
    """The content of a file of this folder."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
