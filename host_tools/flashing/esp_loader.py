"""Writes an image to an ESP32-S3 that waits in its boot loader, by esptool.

The chip itself computes an MD5 of what it has in its flash, which esptool compares with the file's.
"""

import re
import tempfile
from pathlib import Path
from typing import Any

from host_tools.errors import ExitCode, KodebrikError
from host_tools.flashing import esptool_program
from host_tools.flashing.image_file import ImageFile
from host_tools.flashing.serial_files import DATA
from host_tools.image.official import build_for
from host_tools.progress import Progress

# What esptool is to do with the chip afterwards. One that a button has held in its boot loader does
# not leave it by RTS on each of its ports; its watchdog resets it on all of them.
_STAY, _RESET = "no-reset", "watchdog-reset"
_OTHER_CHIP = re.compile(r"This chip is ([\w-]+), not")
_NO_ANSWER = "Failed to connect"
_FLASH_SIZE = re.compile(r"Detected flash size: (\d+)MB")
_NOT_KEPT = "MD5 of file does not match"
_WRITING = re.compile(r"Writing at 0x.* (\d+\.\d)%")
_LITTLEFS, _ROOT = b"littlefs", 2 * 4096  # its mark, and the size of its first two blocks
_FAULT = re.compile(r"ERROR: (?:A fatal error occurred: )?(.+)")


def is_for(board: dict[str, Any]) -> bool:
    """Say whether such a board has a boot loader that esptool speaks to."""
    return board["mcu"] in esptool_program.CHIPS


def check(port: str, image: ImageFile, erase_secrets: bool) -> None:
    """Raise KodebrikError unless a chip of the image's kind waits on `port` in its boot loader,
    with a flash that is large enough and on which no token's data are, unless those may be
    erased."""
    said, code = esptool_program.run(*_options(port, image, _STAY), "--no-stub", "flash-id")
    if other := _OTHER_CHIP.search(said):
        raise KodebrikError(
            "flash-other-board", ExitCode.CONFLICT, found=other[1], board=image.board["title"]
        )
    if _NO_ANSWER in said:
        raise KodebrikError("flash-no-loader", ExitCode.SILENT, port=port)
    size = _FLASH_SIZE.search(said)
    if code or size is None:
        raise _failed(port, said)
    if int(size[1]) << 20 < len(image.data):
        raise KodebrikError(
            "flash-too-small",
            ExitCode.CONFLICT,
            size=int(size[1]),
            needed=len(image.data) >> 20,
            board=image.board["title"],
        )
    if not erase_secrets and _has_data(port, image):
        raise KodebrikError("flash-board-has-secrets", ExitCode.CONFLICT, port=port)


def _has_data(port: str, image: ImageFile) -> bool:
    """Say whether a token's data may be on the chip: whether the names in littlefs' first two
    blocks, its root folder, have its folder among them. After years of use the root may have gone
    elsewhere; then MicroPython's boot.py is not among them either."""
    begin = build_for(image.board).filesystem
    with tempfile.TemporaryDirectory(prefix="kodebrik-") as folder:
        file = Path(folder, "root.bin")
        said, code = esptool_program.run(
            *_options(port, image, _STAY), "read-flash", hex(begin), hex(_ROOT), str(file)
        )
        if code:
            raise _failed(port, said)
        root = file.read_bytes()
    return _LITTLEFS in root and (DATA.encode() in root or b"boot.py" not in root)


def write(port: str, image: ImageFile, report: Progress) -> None:
    """Write the whole image to the chip on `port`, have the chip compare it, and restart it.

    KodebrikError when it goes away midway, or does not keep what was written.
    """

    def see(line: str) -> None:
        if part := _WRITING.search(line):
            report(int(float(part[1]) / 100 * len(image.data)), len(image.data))

    with tempfile.TemporaryDirectory(prefix="kodebrik-") as folder:
        file = Path(folder, "image.bin")
        file.write_bytes(image.data)
        said, code = esptool_program.run(
            *_options(port, image, _STAY), "write-flash", "0", str(file), see=see
        )
    if _NOT_KEPT in said:
        raise KodebrikError("flash-loader-not-kept", ExitCode.CHECK_FAILED, port=port)
    if code and _WRITING.search(said):
        raise KodebrikError("flash-loader-broken", ExitCode.UNPLUGGED, port=port)
    if code:
        raise _failed(port, said)
    # The port may vanish with the chip's restart, which esptool takes for an error. Whether there
    # is a token now, it says itself by its hello.
    esptool_program.run(*_options(port, image, _RESET), "read-mac")


def _options(port: str, image: ImageFile, after: str) -> list[str]:
    chip = esptool_program.CHIPS[image.board["mcu"]]
    connection = ["--before", "no-reset", "--after", after, "--connect-attempts", "2"]
    return ["--chip", chip, "--port", port, *connection]


def _failed(port: str, said: str) -> KodebrikError:
    """Give the error with esptool's own words, for what it seldom says."""
    fault = next(iter(_FAULT.findall(said)), said.strip().rpartition("\n")[2])
    return KodebrikError("flash-loader-failed", ExitCode.GARBAGE, port=port, fault=fault)
