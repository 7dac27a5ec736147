"""Puts the firmware on a board that has none: over MicroPython's prompt, by the boot loader of an
ESP32-S3, or onto its drive."""

import hashlib
import time
from collections.abc import Callable

from host_tools.flashing import arrival, board_port, drives
from host_tools.flashing import manifest as manifest_file
from host_tools.flashing.board_port import Found
from host_tools.flashing.drives import Drive
from host_tools.flashing.image_file import ImageFile
from host_tools.link.replies import Hello
from host_tools.provisioning.inventory import Inventory
from host_tools.provisioning.inventory_records import FLASHED, PROVISIONED


def find(port: str, image: ImageFile) -> Found:
    """Give who is on `port`, as board_port.ask() does; secrets are not overwritten."""
    return board_port.ask(port, image, erase_secrets=False)


def flash(port: str, image: ImageFile, found: Found, inventory: Inventory) -> None:
    """Write the image to the board that find() has found, await the token, and note in the
    inventory which file it was. Data behind a prompt that may be secrets are not overwritten."""
    board_port.write(port, image, found, erase_secrets=False, report=_unseen)
    hello = arrival.await_hello(image, lambda: [port])
    assert hello is not None  # noqa: S101 - there is a port
    entry = inventory.find(hello.serial)
    if entry is not None and entry.state == PROVISIONED:
        return
    with inventory.database.transaction():
        inventory.note(
            hello.serial,
            time.time(),
            product=hello.product,
            board=hello.board,
            version=hello.version,
            state=FLASHED if entry is None else entry.state,
            firmware_hash=image.sha256,
        )


def check_drive(drive: Drive, image: ImageFile, may_erase: Callable[[], bool]) -> None:
    """Raise KodebrikError for a drive that does not take the image, or unless `may_erase` says that
    whatever its board holds may go."""
    drives.check(drive, image.board["title"], image.board["mcu"])
    drives.check_erasable(drive, may_erase())


def fill(drive: Drive, image: ImageFile) -> None:
    """Copy the image to a board's BOOTSEL drive. The token that comes of it appears at a port."""
    drives.copy(image.data, drive, _unseen)


def note_image(
    image: ImageFile, hello: Hello, manifest: bytes | None, inventory: Inventory
) -> None:
    """Note in the inventory that a token has the firmware of this file, if its version and the
    SHA-256 of its manifest say so: of a board that was filled by its drive nothing else tells which
    token became of it."""
    written = hashlib.sha256(image.files[manifest_file.FILE]).digest()
    if manifest == written and hello.version == image.version:
        with inventory.database.transaction():
            inventory.note(hello.serial, time.time(), firmware_hash=image.sha256)


def _unseen(_done: int, _total: int) -> None:
    """Progress of one board among many is its step."""
