"""kodebrik batch export: a batch's tokens with their secrets, for a server."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated

import typer

from host_tools import private_files
from host_tools.cli.options import file_endings
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.inventory import InventoryFile, opened_inventory
from host_tools.cli.options.keyring import IssuerKeyOptions
from host_tools.cli.options.pskc_encryption import PskcEncryption, PskcEncryptionOptions
from host_tools.cli.output import Json, emit, step, warn
from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import age_file
from host_tools.exchange.csv import writer as csv_writer
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.pskc import writer as pskc_writer
from host_tools.messages.catalogue import Message
from host_tools.provisioning import batches


class Format(StrEnum):
    """The formats of a file of tokens."""

    PSKC = "pskc"
    CSV = "csv"


class Target(StrEnum):
    """The servers that a file is for."""

    PRIVACYIDEA = "privacyidea"
    KEYCLOAK = "keycloak"
    ENTRA = "entra"
    SERVER = "server"


_OF_PSKC = (Target.PRIVACYIDEA, Target.SERVER)  # which read it


@option_groups
def export(
    *,
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="The batch's name.")],
    output: Annotated[Path, typer.Argument(metavar="FILE", help="The new file.")],
    form: Annotated[
        Format, typer.Option("--format", help="PSKC (RFC 6030), or CSV.")
    ] = Format.PSKC,
    target: Annotated[
        Target, typer.Option("--for", help="The server that will read it.")
    ] = Target.SERVER,
    encryption: PskcEncryptionOptions,
    recipient: Annotated[
        list[str] | None,
        typer.Option(metavar="age1…", help="For CSV: whose public key (age) it is encrypted for."),
    ] = None,
    unencrypted: Annotated[
        bool,
        typer.Option("--unencrypted", help="For CSV: write the secrets in the clear."),
    ] = False,
    inventory_file: InventoryFile = None,
    issuer: IssuerKeyOptions,
    as_json: Json = False,
) -> None:
    """Write the tokens of a batch that are done, with their secrets, into an encrypted file.

    PSKC is encrypted under an agreed key or passphrase, CSV for the receiver's public key.
    """
    private_files.check_new(output)
    agreed = encryption.read()
    _check(form, target, agreed, recipient, unencrypted)
    file_endings.check_ending(output, _endings(form, unencrypted))
    with opened_inventory(inventory_file) as inventory:
        account = batches.find(inventory, batch).account
        keys = _Counted(inventory.each_key_package(issuer.issuer_key(), batch, account))
        with step(Message("batch-export.writing")), private_files.writing_new(output) as file:
            if form is Format.PSKC:
                pskc_writer.stream(keys, file, agreed.key, agreed.passphrase)
            else:
                _write_csv(csv_writer.lines(keys, target), file, recipient)
            if not keys.count:
                raise KodebrikError("batch-nothing-done", ExitCode.BAD_INPUT, batch=batch)
    if unencrypted:
        warn(Message("batch-export.in-the-clear", path=output))
    emit(
        as_json,
        {"file": str(output), "batch": batch, "tokens": keys.count, "encrypted": not unencrypted},
        [Message("inventory.exported", count=keys.count, path=output)],
    )


def _check(
    form: Format,
    target: Target,
    agreed: PskcEncryption,
    recipient: list[str] | None,
    unencrypted: bool,
) -> None:
    """Raise KodebrikError for options that do not go together, before anything is read."""
    named = agreed.key is not None or agreed.passphrase is not None
    if form is Format.PSKC:
        if target not in _OF_PSKC:
            raise KodebrikError("export-format-unread", ExitCode.USAGE, target=str(target))
        if recipient or unencrypted:
            raise KodebrikError("export-csv-options", ExitCode.USAGE)
        if not named:
            raise KodebrikError("export-unencrypted", ExitCode.USAGE)
    elif named:
        raise KodebrikError("export-pskc-options", ExitCode.USAGE)
    elif bool(recipient) == unencrypted:
        raise KodebrikError("export-csv-unencrypted", ExitCode.USAGE)


def _endings(form: Format, unencrypted: bool) -> tuple[str, ...]:
    """Give the endings of the file that is written."""
    if form is Format.PSKC:
        return file_endings.PSKC
    return file_endings.CSV if unencrypted else file_endings.AGE


def _write_csv(lines: Iterable[bytes], file: IO[bytes], recipient: list[str] | None) -> None:
    if recipient:
        age_file.write(lines, file, recipient)
        return
    for line in lines:
        file.write(line)


class _Counted:
    """Key packages that are counted while they are read."""

    def __init__(self, keys: Iterator[KeyPackage]) -> None:
        self._keys = keys
        self.count = 0

    def __iter__(self) -> Iterator[KeyPackage]:
        for key in self._keys:
            self.count += 1
            yield key
