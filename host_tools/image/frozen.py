"""The firmware frozen into MicroPython: which token it is, as files for MicroPython's manifest and
as the mark by which a built file is known again.

The mark is a text of firmware/build.py, which MicroPython's build puts into the program as it is.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from firmware.protocol import messages
from firmware.version import VERSION
from host_tools.image.flat_names import flat

_MARK = re.compile(
    rb"kodebrik firmware (\d+\.\d+\.\d+[\w.+-]*): (\w+) (\w+) (development|production) "
    rb"([a-z]{2}(?:,[a-z]{2})*)\0"
)
_MODULE = b"firmware/hardware.py"  # in MicroPython's table of the modules that are frozen


@dataclass(frozen=True)
class FrozenFirmware:
    """Which firmware it is."""

    version: str
    product: str
    board: str
    build: str
    languages: tuple[str, ...]

    def __str__(self) -> str:
        """Give it as its mark says it."""
        languages = ",".join(self.languages)
        return f"{self.version}: {self.product} {self.board} {self.build} {languages}"


def of(product: str, board: str, production: bool, languages: Sequence[str]) -> FrozenFirmware:
    """Give the firmware that would be built now."""
    build = messages.PRODUCTION if production else messages.DEVELOPMENT
    return FrozenFirmware(VERSION, product, board, build, tuple(languages))


def found(binary: bytes) -> FrozenFirmware | None:
    """Give the firmware that is frozen into a MicroPython, by its mark; None without one."""
    match = _MARK.search(binary)
    if match is None:
        return None
    version, product, board, build, languages = (group.decode() for group in match.groups())
    return FrozenFirmware(version, product, board, build, tuple(languages.split(",")))


def without_mark(binary: bytes) -> bool:
    """Say whether a firmware is frozen into a MicroPython that does not say which one."""
    return _MODULE in binary and found(binary) is None


def build_py(firmware: FrozenFirmware) -> bytes:
    """Give the text of firmware/build.py: which token it is, for the token and in its mark."""
    values = {
        "PRODUCT": firmware.product,
        "BOARD": firmware.board,
        "DEVELOPMENT": firmware.build == messages.DEVELOPMENT,
        "LANGUAGES": firmware.languages,
        "MARK": f"kodebrik firmware {firmware}",
    }
    lines = (f"{name} = {value!r}\n" for name, value in values.items())
    return ('"""Which token this is."""\n\n' + "".join(lines)).encode()


def path(module: str) -> str:
    """Give where the source of a module, named with dots, lies in the folder to freeze."""
    return flat(module).replace(".", "/") + ".py"


def manifest_py(manifest: str, modules: Collection[str]) -> bytes:
    """Give the text of a manifest for MicroPython's build, which freezes the modules at these paths
    in the order of the firmware's own, `manifest`, and what else that says."""
    lines = []

    def package(name: str, files: Sequence[str], base_path: str, opt: int) -> None:
        flat = [path(f"{name}/{file}".removesuffix(".py").replace("/", ".")) for file in files]
        chosen = tuple(Path(file).name for file in flat if file in modules)
        if chosen:
            lines.append(f"package({name!r}, files={chosen!r}, opt={opt})\n")

    options = SimpleNamespace()
    options.defaults = options.__dict__.update
    functions: dict[str, Any] = {
        "options": options,
        "package": package,
        "module": lambda path, opt: lines.append(f"module({path!r}, opt={opt})\n"),
        "freeze": lambda path: lines.append(f"freeze({path!r})\n"),
    }
    exec(manifest, functions)  # noqa: S102 - our own
    return "".join(lines).encode()
