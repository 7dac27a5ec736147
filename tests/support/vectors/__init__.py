"""Published test vectors as JSON, each file with its source. Byte strings are in hexadecimal.

Those of one-time codes lie in host_tools/qa/vectors, for `kodebrik qa vectors` brings them along.
"""

import json
from pathlib import Path

from host_tools import qa

FOLDER = Path(__file__).parent
_FOLDERS = (FOLDER, Path(qa.__file__).parent / "vectors")


def load(name: str) -> dict:
    """Give the content of one JSON file, here or in host_tools/qa/vectors."""
    path = next(path for folder in _FOLDERS if (path := folder / f"{name}.json").exists())
    return json.loads(path.read_text(encoding="utf-8"))
