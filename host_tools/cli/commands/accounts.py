"""kodebrik accounts: list and remove a token's accounts."""

from typing import Annotated

import typer

from host_tools.cli.commands.inventory import InventoryFile, opened_inventory
from host_tools.cli.options.keyring import Keyring
from host_tools.cli.options.token import AccessKeyFile, KeyFile, PassphraseFile, Port, session
from host_tools.cli.output import Json, emit
from host_tools.link.replies import Account

app = typer.Typer(help="List and remove the token's accounts.", rich_markup_mode=None)


@app.command("list")
def list_accounts(
    port: Port = None,
    key_file: KeyFile = None,
    access_key_file: AccessKeyFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """List the accounts with their fingerprints; secrets never leave a token."""
    with session(port, Keyring(key_file, access_key_file, passphrase_file)) as talk:
        accounts = talk.accounts()
    result = {
        "serial": talk.hello.serial,
        "accounts": [
            vars(account) | {"fingerprint": account.fingerprint.hex()} for account in accounts
        ],
    }
    emit(
        as_json, result, [_line(account) for account in accounts] or ["The token has no accounts."]
    )


@app.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")],
    inventory_file: InventoryFile = None,
    port: Port = None,
    key_file: KeyFile = None,
    access_key_file: AccessKeyFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Remove one account from the token, with its secret."""
    keyring = Keyring(key_file, access_key_file, passphrase_file)
    with opened_inventory(inventory_file) as inventory, session(port, keyring) as talk:
        talk.remove_account(name)
        inventory.forget(talk.hello.serial, name)
    emit(
        as_json, {"serial": talk.hello.serial, "removed": name}, [f"The account {name} is removed."]
    )


def _line(account: Account) -> str:
    moving = (
        f"every {account.period} s" if account.counter is None else f"counter {account.counter}"
    )
    if account.suite is not None:
        moving = f"{account.suite}, asks for a {account.entry}" + (
            "" if account.counter is None else f", {moving}"
        )
    return (
        f"{account.name}: {account.kind.upper()}, {account.algorithm}, {account.digits} digits, "
        f"{moving},"
        f" fingerprint {account.fingerprint.hex()}"
    )
