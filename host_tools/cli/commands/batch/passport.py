"""kodebrik batch passport: a token's signed test passport, and whether one is genuine."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from host_tools import private_files
from host_tools.cli.commands.batch.options import (
    DocumentLanguage,
    PassportKey,
    default_passport_key,
    document_language,
    new_file,
    signing_key,
)
from host_tools.cli.options import file_endings
from host_tools.cli.options.inventory import InventoryFile, opened_inventory
from host_tools.cli.output import Json, emit
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.provisioning import batches, serial_number


def passport(
    serial: Annotated[
        str | None, typer.Argument(metavar="SERIAL", help="A token that a batch has made.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="The new file: .json, or .pdf for people."),
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Check the signature of this passport (.json) instead."),
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --verify: the factory's key. Default: one's own."),
    ] = None,
    language: DocumentLanguage = None,
    passport_key: PassportKey = None,
    inventory_file: InventoryFile = None,
    as_json: Json = False,
) -> None:
    """Write a token's test passport, or check one with --verify.

    It states what was tested with which firmware and figures, signed with Ed25519.
    """
    if (verify is None) == (serial is None or output is None):
        raise KodebrikError("passport-options", ExitCode.USAGE)
    if verify is not None:
        _verify(verify, public_key, passport_key, as_json)
        return
    assert serial is not None  # noqa: S101 - checked above
    assert output is not None  # noqa: S101
    _write(serial, output, document_language(language), passport_key, inventory_file)
    emit(
        as_json,
        {"serial": serial, "file": str(output)},
        [Message("passport.written", serial=serial, path=output)],
    )


def _write(
    serial: str, output: Path, language: str, key_file: Path | None, inventory_file: str | None
) -> None:
    from host_tools.factory import passport as passports  # noqa: PLC0415 - slow to load

    private_files.check_new(output)
    file_endings.check_ending(output, (*file_endings.JSON, *file_endings.PDF))
    key = signing_key(key_file)
    with opened_inventory(inventory_file) as inventory:
        job = batches.of_token(inventory, serial_number.check(serial))
    if job is None or job.state != batches.DONE:
        raise KodebrikError("batch-token-not-done", ExitCode.NOT_FOUND, serial=serial)
    signed = passports.sign(passports.statement(job), key)
    if output.suffix.lower() not in file_endings.PDF:
        with new_file(output) as part:
            part.write_bytes(signed)
        return
    from host_tools.factory import passport_page  # noqa: PLC0415 - as above

    fields = json.loads(signed)
    with new_file(output) as part:
        passport_page.write(fields["passport"], fields["signature"], fields["key"], language, part)


def _verify(path: Path, public_key: Path | None, key_file: Path | None, as_json: bool) -> None:
    from host_tools.factory import passport as passports  # noqa: PLC0415 - as above

    trusted = public_key or passports.public_file(key_file or default_passport_key())
    key = passports.load_public_key(trusted)
    stated: dict[str, Any] = passports.verify(passports.content(path), key)
    emit(
        as_json,
        {"genuine": True, "key": passports.fingerprint(key), "passport": stated},
        [
            Message(
                "passport.genuine",
                serial=str(stated.get("serial", "")),
                fingerprint=passports.fingerprint(key),
            )
        ],
    )
