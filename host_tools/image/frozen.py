"""The firmware frozen into MicroPython: which token it is, as files for MicroPython's manifest and
as the mark by which a built file is known again.

The mark is a text of firmware/build.py, which MicroPython's build puts into the program as it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from firmware.protocol import messages
from firmware.version import VERSION

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


def manifest_py(manifest: str, folder: str, product: str) -> bytes:
    """Give the text of a manifest for MicroPython's build: the firmware's own, at the path
    `manifest`, with firmware/build.py in `folder` and what that product has."""
    return f"include({manifest!r}, build={folder!r}, product={product!r})\n".encode()
