"""kodebrik inventory: list the tokens that were provisioned here, and export their secrets for a
server."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from host_tools import private_files
from host_tools.cli.command_group import CommandGroup
from host_tools.cli.commands.token.accounts import moving_factor
from host_tools.cli.options import file_endings
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.inventory import (
    AccountName,
    InventoryFile,
    Serials,
    read_inventory,
    warn_of_left_out,
)
from host_tools.cli.options.keyring import IssuerKeyOptions
from host_tools.cli.options.pskc_encryption import PskcEncryptionOptions
from host_tools.cli.output import Json, emit
from host_tools.cli.progress import reporting
from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange.pskc import writer as pskc_writer
from host_tools.messages.catalogue import Message, named
from host_tools.provisioning import serial_number
from host_tools.provisioning.inventory_records import InventoryAccount, InventoryEntry

app = CommandGroup(help="List the tokens that were provisioned here; export them for a server.")


@app.command("list")
def list_tokens(
    text: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="Part of a serial number, product or account.")
    ] = "",
    inventory_file: InventoryFile = None,
    as_json: Json = False,
) -> None:
    """List the tokens that were provisioned here."""
    with read_inventory(inventory_file) as inventory:
        entries = [] if inventory is None else inventory.entries(text)
    lines = [
        Message(
            "inventory.line",
            serial=entry.serial,
            product=entry.product,
            state=named("inventory-state.", entry.state),
            day=_day(entry.first_at),
            accounts=_names(entry.accounts),
        )
        for entry in entries
    ] or [Message("inventory.none") if text else Message("inventory-empty")]
    emit(as_json, {"tokens": [_as_json(entry) for entry in entries]}, lines)


@app.command()
def show(
    serial: Annotated[str, typer.Argument(metavar="SERIAL", help="The token's serial number.")],
    inventory_file: InventoryFile = None,
    as_json: Json = False,
) -> None:
    """Show one token's entry, without its secrets."""
    number = serial_number.check(serial)
    with read_inventory(inventory_file) as inventory:
        if inventory is None:
            raise KodebrikError("inventory-empty", ExitCode.BAD_INPUT)
        entry = inventory.entry(number)
    lines = [
        Message("inventory.serial", serial=entry.serial),
        Message(
            "inventory.product", product=entry.product, board=entry.board, version=entry.version
        ),
        Message(
            "inventory.state-by",
            state=named("inventory-state.", entry.state),
            operator=entry.operator,
        )
        if entry.operator
        else Message("inventory.state", state=named("inventory-state.", entry.state)),
        *(
            [Message("inventory.key", fingerprint=entry.key_fingerprint)]
            if entry.key_fingerprint
            else []
        ),
        *(
            [Message("inventory.firmware", digest=entry.firmware_hash)]
            if entry.firmware_hash
            else []
        ),
        Message("inventory.first", time=_moment(entry.first_at)),
        Message("inventory.clock-set", time=_moment(entry.clock_set_at)),
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
    file_endings.check_ending(output, file_endings.PSKC)
    agreed = encryption.read()
    if agreed.key is None and agreed.passphrase is None:
        raise KodebrikError("export-unencrypted", ExitCode.USAGE)
    with read_inventory(inventory_file) as inventory:
        if inventory is None:
            raise KodebrikError("inventory-empty", ExitCode.BAD_INPUT)
        issuer_key = issuer.issuer_key()
        chosen = inventory.key_packages(
            issuer_key, [serial_number.check(serial) for serial in serials or ()], account
        )
    keys = chosen.packages
    if not keys:
        raise KodebrikError("inventory-empty", ExitCode.BAD_INPUT)
    with reporting(Message("inventory.encrypting")) as progress:
        content = pskc_writer.write(keys, agreed.key, agreed.passphrase, progress)
    private_files.write_new(output, content)
    warn_of_left_out(chosen.left_out, account)
    result = {
        "file": str(output),
        "tokens": [key.serial for key in keys],
        "left_out": chosen.left_out,
    }
    emit(as_json, result, [Message("inventory.exported", count=len(keys), path=output)])


def _as_json(entry: InventoryEntry) -> dict[str, Any]:
    return vars(entry) | {"accounts": [vars(account) for account in entry.accounts]}


def _names(accounts: tuple[InventoryAccount, ...]) -> str:
    return ", ".join(account.name for account in accounts) or Message("inventory.no-account")


def _line(account: InventoryAccount) -> Message:
    secret = (
        Message("inventory.secret-sealed", issuer=account.issuer)
        if account.issuer
        else Message("inventory.secret-not-kept")
    )
    return Message(
        "inventory.account",
        name=account.name,
        kind=account.kind.upper(),
        algorithm=account.algorithm,
        digits=account.digits,
        moving_factor=moving_factor(account),
        time=_moment(account.written_at),
        fingerprint=account.fingerprint,
        secret=secret,
    )


def _day(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")


def _moment(time: float | None) -> str:
    return (
        Message("inventory.never")
        if time is None
        else datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M UTC")
    )
