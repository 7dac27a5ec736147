"""kodebrik accounts: list and remove a token's accounts."""

from typing import Annotated

import typer

from host_tools import interrupts
from host_tools.cli.command_group import CommandGroup
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.inventory import InventoryFile, opened_inventory
from host_tools.cli.options.token import TokenOptions
from host_tools.cli.output import Json, emit
from host_tools.link.replies import AccountReply
from host_tools.messages.catalogue import Message
from host_tools.provisioning import batches, inventory_records

app = CommandGroup(help="List and remove the token's accounts.")


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
            vars(account)
            | {"fingerprint": account.fingerprint.hex(), "spoken": account.spoken is not None}
            for account in accounts
        ],
    }
    emit(as_json, result, [_line(account) for account in accounts] or [Message("accounts.none")])


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
    with (
        opened_inventory(inventory_file) as inventory,
        token.session() as session,
        interrupts.put_off(),
    ):
        session.remove_account(name)
        batches.forget(inventory, session.hello.serial, name)
    emit(
        as_json,
        {"serial": session.hello.serial, "removed": name},
        [Message("accounts.removed", name=name)],
    )


def _line(account: AccountReply) -> Message:
    return Message(
        "accounts.line",
        name=account.name,
        kind=account.kind.upper(),
        algorithm=account.algorithm,
        digits=account.digits,
        moving_factor=moving_factor(account),
        fingerprint=account.fingerprint.hex(),
    )


def moving_factor(account: AccountReply | inventory_records.InventoryAccount) -> Message:
    """Say what makes an account's codes change: time, counter, or the challenges of its suite."""
    if account.suite:
        asks = Message(
            "accounts.suite",
            suite=account.suite,
            entry=Message("challenge-entry." + str(account.entry)),
        )
        if account.counter is None:
            return asks
        counter = Message("accounts.counter", counter=account.counter)
        return Message("accounts.suite-and-counter", suite=asks, counter=counter)
    if account.counter is None:
        return Message("accounts.period", period=account.period or 0)
    return Message("accounts.counter", counter=account.counter)
