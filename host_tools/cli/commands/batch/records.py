"""kodebrik batch records: labels and test passports that are missing in their folder."""

from pathlib import Path
from typing import Annotated

import typer

from host_tools.cli.commands.batch.options import PassportKey, signing_key
from host_tools.cli.options.inventory import InventoryFile, opened_inventory
from host_tools.cli.output import Json, emit
from host_tools.cli.progress import reporting
from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra
from host_tools.messages.catalogue import Message
from host_tools.provisioning import batches


def records(
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="The batch's name.")],
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]",
            help="Where they go. Default: named as the batch.",
            show_default=False,
        ),
    ] = None,
    passport_key: PassportKey = None,
    inventory_file: InventoryFile = None,
    as_json: Json = False,
) -> None:
    """Write label and passport again of tokens that are done, where they are missing.

    From what the inventory has; 'kodebrik batch list' says where they are missing.
    """
    with from_extra("not-installed-factory"):
        from host_tools.factory.records import Records  # noqa: PLC0415 - an extra
    with opened_inventory(inventory_file) as inventory:
        batches.find(inventory, batch)
        done = batches.counts(inventory, batch)[batches.DONE]
        if not done:
            raise KodebrikError("batch-nothing-done", ExitCode.BAD_INPUT, batch=batch)
        wanted = Records(folder or Path(batch), signing_key(passport_key))
        written = 0
        with reporting(Message("batch-records.writing")) as progress:
            for count, job in enumerate(batches.each(inventory, batch, batches.DONE), 1):
                written += wanted.write(inventory, job)
                progress(count, done)
    emit(
        as_json,
        {"batch": batch, "folder": str(wanted.folder), "done": done, "written": written},
        [_said(written, wanted.folder)],
    )


def _said(written: int, folder: Path) -> Message:
    if not written:
        return Message("batch-records.whole", path=folder)
    return Message("batch-records.written", count=written, path=folder)
