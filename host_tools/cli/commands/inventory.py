"""kodebrik inventory: list the tokens that were provisioned here, and export their secrets for a
server."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from host_tools import private_files
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.inventory import AccountName, InventoryFile, Serials, opened_inventory
from host_tools.cli.options.keyring import IssuerKeyOptions
from host_tools.cli.options.pskc_encryption import PskcEncryptionOptions
from host_tools.cli.output import Json, emit
from host_tools.cli.progress import reporting
from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import pskc_writer
from host_tools.provisioning import serial_number
from host_tools.provisioning.inventory_records import Account, Entry

app = typer.Typer(
    help="List the tokens that were provisioned here; export them for a server.",
    rich_markup_mode=None,
)


@app.command("list")
def list_tokens(
    text: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="Part of a serial number, product or account.")
    ] = "",
    inventory_file: InventoryFile = None,
    as_json: Json = False,
) -> None:
    """List the tokens that were provisioned here."""
    with opened_inventory(inventory_file) as inventory:
        entries = inventory.entries(text)
    lines = [
        f"{entry.serial}: {entry.product}, {_day(entry.first_at)}, {_names(entry.accounts)}"
        for entry in entries
    ] or ["There is no such token in the inventory."]
    emit(as_json, {"tokens": [_as_json(entry) for entry in entries]}, lines)


@app.command()
def show(
    serial: Annotated[str, typer.Argument(metavar="SERIAL", help="The token's serial number.")],
    inventory_file: InventoryFile = None,
    as_json: Json = False,
) -> None:
    """Show one token's entry, without its secrets."""
    with opened_inventory(inventory_file) as inventory:
        entry = inventory.entry(serial_number.check(serial))
    lines = [
        f"Serial number: {entry.serial}",
        f"Product: {entry.product} on {entry.board}, firmware {entry.version}",
        f"Provisioned first: {_moment(entry.first_at)}",
        f"Clock set: {_moment(entry.clock_set_at)}",
        *(_line(account) for account in entry.accounts),
    ]
    emit(as_json, _as_json(entry), lines)


@app.command()
@option_groups
def export(
    *,
    output: Annotated[
        Path, typer.Argument(metavar="FILE", help="New PSKC file (RFC 6030) for a server.")
    ],
    serials: Serials = None,
    account: AccountName = None,
    encryption: PskcEncryptionOptions,
    inventory_file: InventoryFile = None,
    issuer: IssuerKeyOptions,
    as_json: Json = False,
) -> None:
    """Write tokens with their secrets into an encrypted PSKC file, for this or another server.

    Its key or passphrase is agreed with whoever gets the file, and goes there by another way.
    """
    private_files.check_new(output)
    agreed = encryption.read()
    if agreed.key is None and agreed.passphrase is None:
        raise KodebrikError("export-unencrypted", ExitCode.USAGE)
    with opened_inventory(inventory_file) as inventory:
        issuer_key = issuer.issuer_key()
        keys = inventory.key_packages(
            issuer_key, [serial_number.check(serial) for serial in serials or ()], account
        )
    if not keys:
        raise KodebrikError("inventory-empty", ExitCode.BAD_INPUT)
    with reporting("Encrypting") as progress:
        content = pskc_writer.write(keys, agreed.key, agreed.passphrase, progress)
    private_files.write_new(output, content)
    result = {"file": str(output), "tokens": [key.serial for key in keys]}
    emit(as_json, result, [f"{len(keys):,} token{'s' * (len(keys) != 1)} written to {output}."])


def _as_json(entry: Entry) -> dict[str, Any]:
    return vars(entry) | {"accounts": [vars(account) for account in entry.accounts]}


def _names(accounts: tuple[Account, ...]) -> str:
    return ", ".join(account.name for account in accounts) or "no account"


def _line(account: Account) -> str:
    moving_factor = f"every {account.period} s" if account.period else f"counter {account.counter}"
    if account.suite:
        moving_factor = f"{account.suite}, asks for a {account.entry}" + (
            "" if account.counter is None else f", {moving_factor}"
        )
    secret = (
        f"secret sealed under issuer key {account.issuer}" if account.issuer else "secret not kept"
    )
    return (
        f"Account {account.name}: {account.kind.upper()}, {account.algorithm}, {account.digits} "
        f"digits, {moving_factor},"
        f" written {_moment(account.written_at)}, fingerprint {account.fingerprint}, {secret}"
    )


def _day(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")


def _moment(time: float | None) -> str:
    return (
        "never"
        if time is None
        else datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M UTC")
    )
