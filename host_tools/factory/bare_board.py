"""Puts the firmware on a board that has none: over MicroPython's prompt, or onto its drive."""

import hashlib
import threading
import time
from collections.abc import Callable

from host_tools.errors import KodebrikError
from host_tools.factory.events import Event, Step
from host_tools.flashing import arrival, drives, serial_files
from host_tools.flashing.image_file import ImageFile
from host_tools.provisioning.inventory import Inventory
from host_tools.provisioning.inventory_records import FLASHED, PROVISIONED

_LOOK = 0.5  # seconds between looks for drives


def flash(port: str, image: ImageFile, inventory: Inventory) -> None:
    """Write the image's files over the prompt on `port`, await the token, and note in the inventory
    which file it was. Data on the board that may be secrets are not overwritten."""
    token = serial_files.check_token(port, image, erase_secrets=False)
    serial_files.write(port, image, token=token, erase_secrets=False, report=_unseen)
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


def fill_drives(image: ImageFile, stop: threading.Event, tell: Callable[[Event], None]) -> None:
    """Copy the image to every BOOTSEL drive that appears, until `stop` is set. The token that comes
    of it appears at a port."""
    seen: set[str] = set()
    while not stop.wait(_LOOK):
        there = {str(drive.path): drive for drive in drives.mounted()}
        seen &= there.keys()
        for path in sorted(there.keys() - seen):
            seen.add(path)
            tell(Event(path, Step.FLASHING))
            try:
                drives.check(there[path], image.board["title"], image.board["mcu"])
                drives.copy(image.data, there[path], _unseen)
            except KodebrikError as error:
                tell(Event(path, Step.FAILED, error=error))
            else:
                tell(Event(path, Step.AWAY))


def _unseen(_done: int, _total: int) -> None:
    """Progress of one board among many is its step."""
