"""firmware/manifest.py, read as MicroPython's build reads it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import firmware

FIRMWARE = Path(firmware.__file__).parent


class Manifest:
    """Takes a manifest's calls, as MicroPython's tools/manifestfile.py does."""

    def __init__(self, **options: str) -> None:
        self.packages: list[tuple[str, tuple[str, ...], str, int]] = []
        self.modules: list[tuple[str, int]] = []
        self.folders: list[str] = []
        given = SimpleNamespace(**options)
        given.defaults = lambda **defaults: vars(given).update(defaults | options)
        functions: dict[str, Any] = {
            "options": given,
            "freeze": self.folders.append,
            "module": lambda path, opt: self.modules.append((path, opt)),
            "package": lambda name, files, base_path, opt: self.packages.append(
                (name, files, base_path, opt)
            ),
        }
        exec((FIRMWARE / "manifest.py").read_text(), functions)

    def files(self, base_path: str) -> list[str]:
        return [file for _, files, base, _ in self.packages if base == base_path for file in files]
