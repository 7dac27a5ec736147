"""Puts the firmware on a board that has none: over MicroPython's prompt, by the boot loader of an
ESP32-S3, or onto its drive."""

import hashlib
import time

from host_tools.flashing import arrival, board_port, drives
from host_tools.flashing.board_port import Found
from host_tools.flashing.drives import Drive
from host_tools.flashing.image_file import ImageFile
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
    if hello is None:
        return  # the port went away: whoever is there next is asked anew
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
            firmware_hash=hashlib.sha256(image.data).hexdigest(),
        )


def fill(drive: Drive, image: ImageFile) -> None:
    """Copy the image to a board's BOOTSEL drive. The token that comes of it appears at a port."""
    drives.check(drive, image.board["title"], image.board["mcu"])
    drives.copy(image.data, drive, _unseen)


def _unseen(_done: int, _total: int) -> None:
    """Progress of one board among many is its step."""
