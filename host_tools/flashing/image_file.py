"""Reads a file that `kodebrik flash image` has made: for which board it is, and what is in it."""

import hashlib
from dataclasses import dataclass
from typing import Any

from littlefs import LittleFSError

from firmware.protocol import messages
from host_tools.errors import ExitCode, KodebrikError
from host_tools.flashing import bundle, esp_image, manifest, uf2
from host_tools.image.image import load_board, names, unpack


@dataclass(frozen=True)
class ImageFile:
    """A file for a board. `files` are those of its file system, the manifest among them."""

    board: dict[str, Any]
    manifest: dict[str, Any]
    data: bytes
    files: dict[str, bytes]

    @property
    def product(self) -> str:
        """The token's product, as its hello names it."""
        return str(self.manifest["product"])

    @property
    def frozen(self) -> bool:
        """Say whether the firmware is part of its MicroPython."""
        return bool(self.manifest["form"] == messages.FROZEN)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the whole file, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def version(self) -> str:
        """The firmware's version, as its hello names it."""
        return str(self.manifest["version"])


def read(data: bytes) -> ImageFile:
    """Read the file `data`. KodebrikError for one that is none of ours, or in which a file is not
    as its manifest says."""
    boards = [load_board(name) for name in names("boards")]
    if data[:1] == bytes([esp_image.MAGIC]):
        fitting = [board for board in boards if board["mcu"] in esp_image.CHIPS.values()]
    else:
        family = _family(data)
        fitting = [board for board in boards if uf2.OF_MCU.get(board["mcu"]) == family]
    for board in fitting:
        found = _read_for(board, data)
        if found is not None:
            return found
    raise KodebrikError("flash-image-not-ours", ExitCode.BAD_INPUT)


def _family(data: bytes) -> int | None:
    """Give the family of a UF2 file, None for a file that is no UF2."""
    try:
        return uf2.read(data).family
    except KodebrikError as error:
        if error.identifier != "uf2-none":
            raise
        return None


def _read_for(board: dict[str, Any], data: bytes) -> ImageFile | None:
    """Give the image if it is one for `board`."""
    try:
        files = unpack(bundle.file_system(data, board), board["filesystem"])
    except KodebrikError as error:
        if error.identifier != "flash-image-other":
            raise
        return None
    except LittleFSError:
        return None
    if manifest.FILE not in files:
        return None
    built = manifest.decode(files[manifest.FILE])
    if built["board"] != board["name"]:
        return None
    for path, digest in built.get("files", {}).items():
        if hashlib.sha256(files.get(path, b"")).hexdigest() != digest:
            raise KodebrikError("flash-image-damaged", ExitCode.BAD_INPUT, path=path)
    return ImageFile(board, built, data, files)
