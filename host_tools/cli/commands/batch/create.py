"""kodebrik batch create and list: what tokens are to be made, and how far that has come."""

import getpass
import shlex
import time
from collections import defaultdict
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer

from firmware.protocol import messages
from host_tools.cli import table
from host_tools.cli.options.credential import DEFAULT_NAME, CredentialOptions
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.inventory import InventoryFile, Operator, opened_inventory
from host_tools.cli.options.keyring import IssuerKeyOptions
from host_tools.cli.output import Json, emit
from host_tools.errors import ExitCode, KodebrikError
from host_tools.factory import record_files
from host_tools.messages.catalogue import Message
from host_tools.provisioning import batches, issuer_key_file
from host_tools.provisioning.batches import Batch
from host_tools.provisioning.inventory import Inventory

_LARGEST = 1_000_000  # tokens of a batch
_HEAD = {
    "name": Message("batch-list.name"),
    "product": Message("batch-list.product"),
    "size": Message("batch-list.size"),
    "done": Message("batch-list.done"),
    "taken": Message("batch-list.taken"),
    "made": Message("batch-list.made"),
    "operator": Message("batch-list.operator"),
    "closed": Message("batch-list.closed"),
}


@option_groups
def create(
    *,
    count: Annotated[int, typer.Option(metavar="N", help="How many tokens it will have.")],
    product: Annotated[str, typer.Option(help="Which product: kodeviser or kodeoplaeser.")],
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The batch's name. Default: today's date and a number."),
    ] = None,
    account: Annotated[
        str, typer.Option(metavar="NAME", help="The account's name, as the tokens show it.")
    ] = DEFAULT_NAME,
    algorithm: Annotated[
        str, typer.Option(help=f"Hash: {', '.join(messages.ALGORITHMS)}.")
    ] = messages.ALGORITHMS[0],
    digits: Annotated[int, typer.Option(help="Digits of a code: 6, 7 or 8.")] = messages.DIGITS[0],
    period: Annotated[
        int | None,
        typer.Option(help="Seconds that a code is shown. Default: 30; 60 for a kodeoplaeser."),
    ] = None,
    operator: Operator = None,
    inventory_file: InventoryFile = None,
    issuer: IssuerKeyOptions,
    as_json: Json = False,
) -> None:
    """Note in the inventory that so many tokens shall be made, all under this issuer key.

    'kodebrik batch run' makes them.
    """
    from host_tools.image import image  # noqa: PLC0415 - slow to load

    image.load_product(product)
    if not 1 <= count <= _LARGEST:
        raise KodebrikError("batch-size", ExitCode.USAGE, most=_LARGEST)
    if name is not None:
        batches.check_name(name)
    options = CredentialOptions(algorithm=algorithm, digits=digits, period=period)
    wanted = options.suited(options.read(account, None), product)
    key = issuer_key_file.fingerprint(issuer.issuer_key())
    with opened_inventory(inventory_file) as inventory:
        batch = Batch(
            name or _free_name({each.name for each in batches.every(inventory)}),
            product,
            count,
            wanted.name,
            wanted.algorithm,
            wanted.digits,
            wanted.period,
            key,
            operator or getpass.getuser(),
            time.time(),
        )
        batches.create(inventory, batch)
    emit(
        as_json,
        vars(batch),
        [Message("batch.created", name=batch.name, count=count, product=product)],
    )


def list_batches(inventory_file: InventoryFile = None, as_json: Json = False) -> None:
    """List the batches of the inventory, how many tokens of each are done, and where labels and
    passports of those are missing."""
    found, lacking = [], list[Message]()
    with opened_inventory(inventory_file) as inventory:
        for batch in batches.every(inventory):
            missing = _without_records(inventory, batch.name)
            found.append(
                vars(batch)
                | batches.counts(inventory, batch.name)
                | {"made": _date(batch.created_at), "closed": _date(batch.closed_at)}
                | {"without_records": sum(map(len, missing.values()))}
                | {"records_missing": [_places(*each) for each in missing.items()]}
            )
            lacking += (_lacking(batch.name, *each) for each in missing.items())
    lines = chain(table.lines(_HEAD, found), lacking) if found else [Message("batch-list.none")]
    emit(as_json, {"batches": found}, lines)


def _without_records(inventory: Inventory, batch: str) -> dict[Path | None, list[str]]:
    """Give the serial numbers of tokens that are done whose label or passport is missing, by the
    folder of this computer in which they were; None for those of which none was written."""
    missing = defaultdict[Path | None, list[str]](list)
    for job in batches.each(inventory, batch, batches.DONE):
        folder = None if job.records is None else record_files.folder_here(job.records)
        if job.records is None or (
            folder is not None and not record_files.are_there(folder, job.serial or "")
        ):
            missing[folder].append(job.serial or "")
    return missing


def _places(folder: Path | None, serials: list[str]) -> dict[str, Any]:
    return {"folder": None if folder is None else str(folder), "serials": serials}


def _lacking(batch: str, folder: Path | None, serials: list[str]) -> Message:
    if folder is None:
        return Message("batch-list.never-written", name=batch, count=len(serials))
    command = shlex.join(["kodebrik", "batch", "records", batch, str(folder)])
    return Message(
        "batch-list.missing", name=batch, count=len(serials), path=folder, command=command
    )


def _date(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _free_name(taken: set[str]) -> str:
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    return next(name for n in range(1, len(taken) + 2) if (name := f"{today}-{n}") not in taken)
