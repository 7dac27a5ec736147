"""Options that name the inventory file and choose tokens from it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import platformdirs
import typer

from host_tools.cli.output import warn
from host_tools.messages.catalogue import Message
from host_tools.provisioning.inventory import Inventory

SERIALS_SHOWN = 10  # of so many tokens the serial numbers are printed

InventoryFile = Annotated[
    str | None,
    typer.Option(
        "--inventory",
        envvar="KODEBRIK_INVENTORY",
        metavar="FILE|URL",
        help="The inventory of our tokens: a file, or the postgresql:// that stations share. A URL "
        "with a password belongs into the variable. Default: a file of this user.",
    ),
]
Serials = Annotated[
    list[str] | None,
    typer.Option(
        "--serial", metavar="SERIAL", help="This token alone; may be given several times."
    ),
]
AccountName = Annotated[
    str | None,
    typer.Option(
        "--account",
        metavar="NAME",
        help="This account, of the tokens that have it. Default: a token's only one.",
    ),
]


Operator = Annotated[
    str | None,
    typer.Option(
        envvar="KODEBRIK_OPERATOR",
        metavar="NAME",
        help="Who does it, as the inventory notes it.",
    ),
]


@contextmanager
def read_inventory(place: str | None) -> Iterator[Inventory | None]:
    """Open the inventory at `place` for reading it, without making one; None for the one in this
    user's data folder, when nothing was provisioned yet."""
    where = inventory_place(place)
    if place is None and isinstance(where, Path) and not where.exists():
        yield None
        return
    with Inventory(where, warn, make=False) as inventory:
        yield inventory


@contextmanager
def opened_inventory(place: str | None) -> Iterator[Inventory]:
    """Open the inventory at `place`, by default the one in this user's data folder."""
    with Inventory(inventory_place(place), warn) as inventory:
        yield inventory


def inventory_place(place: str | None) -> str | Path:
    """Give where the inventory is that an option names, or by default."""
    if place is not None:
        return place
    return Path(platformdirs.user_data_dir("kodebrik")) / "inventory.sqlite"


def warn_of_left_out(serials: Sequence[str], account: str | None) -> None:
    """Print of which tokens none was taken, as key_packages() gives them for this account."""
    if not serials:
        return
    more = " …" if len(serials) > SERIALS_SHOWN else ""
    named = ", ".join(serials[:SERIALS_SHOWN]) + more
    if account is None:
        warn(Message("inventory.left-out-several", count=len(serials), serials=named))
    else:
        warn(
            Message(
                "inventory.left-out-without", count=len(serials), account=account, serials=named
            )
        )
