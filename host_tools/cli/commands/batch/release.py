"""kodebrik batch release: the job of a token that will never be done goes to another one."""

import time
from typing import Annotated

import typer

from host_tools.cli.options.inventory import InventoryFile, opened_inventory
from host_tools.cli.output import Json, emit
from host_tools.messages.catalogue import Message
from host_tools.provisioning import batches, serial_number


def release(
    serial: Annotated[str, typer.Argument(metavar="SERIAL", help="The token's serial number.")],
    inventory_file: InventoryFile = None,
    as_json: Json = False,
) -> None:
    """Give up a token that was begun and is broken or lost: another one gets its place in the
    batch.

    If it comes back, it takes the next free place, with the secret that was drawn for it.
    """
    checked = serial_number.check(serial)
    with opened_inventory(inventory_file) as inventory:
        job = batches.release(inventory, checked, time.time())
    emit(
        as_json,
        {"serial": checked, "batch": job.batch, "number": job.number},
        [Message("batch.released", serial=checked, batch=job.batch)],
    )
