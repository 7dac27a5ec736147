"""Makes the App from the build's product and board, and runs it."""

import gc
import sys

import uarray
import ubinascii
import ucryptolib
import uerrno
import uhashlib
import uio
import umachine
import uos
import uselect
import ustruct
import utime

# Each import of one of these would look for a file of that name first.
sys.modules.update(
    array=uarray,
    binascii=ubinascii,
    cryptolib=ucryptolib,
    errno=uerrno,
    hashlib=uhashlib,
    io=uio,
    machine=umachine,
    os=uos,
    select=uselect,
    struct=ustruct,
    time=utime,
)

from firmware import build  # noqa: E402
from firmware.hardware import bring_up, reset  # noqa: E402
from firmware.modules import COLLECT_EVERY, from_files, load  # noqa: E402

__all__ = ["reset", "run"]


def run() -> None:
    """Run the token; it never returns by itself."""
    product = load("firmware.products." + build.PRODUCT).PRODUCT
    product["languages"] = build.LANGUAGES
    product["settings"]["language"] = build.LANGUAGES[0]
    board = load("firmware.boards." + build.BOARD).BOARD
    hardware = bring_up(board, product)  # holds the power; what follows takes a while to import
    if from_files():
        # The one collection before the code stands, while there is little: what stays lies closer
        # then. A memory that fills up first has no room for the link, whatever is free of it.
        gc.collect()
    if hardware.usb is not None and hardware.usb.present():
        # Nobody waits for a code, and a host may come, whose requests take twice as long where what
        # stays lies scattered.
        gc.threshold(COLLECT_EVERY)

    from firmware.storage.journal import Journal
    from firmware.storage.vault import Vault
    from firmware.ui.app import App

    # Before the vault is opened, which leaves garbage: what stays lies together then.
    load("firmware.ui.%s.interaction" % product["interface"])  # noqa: UP031
    vault = Vault(Journal("/data", "vault"), hardware.unique_id, hardware.aes_ecb, hardware.random)
    App(product, board, build.DEVELOPMENT, hardware, vault).run()
