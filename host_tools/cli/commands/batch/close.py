"""kodebrik batch close: a batch that will not be completed ends with what is done."""

import getpass
import time
from typing import Annotated

import typer

from host_tools.cli.options.inventory import InventoryFile, Operator, opened_inventory
from host_tools.cli.output import Json, emit
from host_tools.messages.catalogue import Message
from host_tools.provisioning import batches


def close(
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="The batch's name.")],
    operator: Operator = None,
    inventory_file: InventoryFile = None,
    as_json: Json = False,
) -> None:
    """End a batch that will not be completed: what is done stays, the rest is given up.

    It takes no more tokens, and cannot be opened again; 'kodebrik batch create' makes another.
    """
    who = operator or getpass.getuser()
    with opened_inventory(inventory_file) as inventory:
        closed = batches.close(inventory, batch, who, time.time())
        counts = batches.counts(inventory, batch)
    given_up = counts[batches.GIVEN_UP]
    emit(
        as_json,
        vars(closed) | counts,
        [
            Message("batch.closed", name=batch, done=counts[batches.DONE], count=closed.size),
            *([Message("batch.given-up", count=given_up)] if given_up else []),
        ],
    )
