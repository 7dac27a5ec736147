"""kodebrik accounts: list and remove a token's accounts."""

from typing import Annotated

import typer

from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.inventory import InventoryFile, opened_inventory
from host_tools.cli.options.token import TokenOptions
from host_tools.cli.output import Json, emit
from host_tools.link.replies import Account

app = typer.Typer(help="List and remove the token's accounts.", rich_markup_mode=None)


@app.command("list")
@option_groups
def list_accounts(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """List the accounts with their fingerprints; secrets never leave a token."""
    with token.session() as session:
        accounts = session.accounts()
    result = {
        "serial": session.hello.serial,
        "accounts": [
            vars(account) | {"fingerprint": account.fingerprint.hex()} for account in accounts
        ],
    }
    emit(
        as_json, result, [_line(account) for account in accounts] or ["The token has no accounts."]
    )


@app.command()
@option_groups
def remove(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")],
    inventory_file: InventoryFile = None,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Remove one account from the token, with its secret."""
    with opened_inventory(inventory_file) as inventory, token.session() as session:
        session.remove_account(name)
        inventory.forget(session.hello.serial, name)
    emit(
        as_json,
        {"serial": session.hello.serial, "removed": name},
        [f"The account {name} is removed."],
    )


def _line(account: Account) -> str:
    moving_factor = (
        f"every {account.period} s" if account.counter is None else f"counter {account.counter}"
    )
    if account.suite is not None:
        moving_factor = f"{account.suite}, asks for a {account.entry}" + (
            "" if account.counter is None else f", {moving_factor}"
        )
    return (
        f"{account.name}: {account.kind.upper()}, {account.algorithm}, {account.digits} digits, "
        f"{moving_factor},"
        f" fingerprint {account.fingerprint.hex()}"
    )
