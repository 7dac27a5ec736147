"""kodebrik import: import tokens into the validator."""

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import typer

from host_tools.cli.options import users_file
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.inventory import (
    SERIALS_SHOWN,
    AccountName,
    InventoryFile,
    Serials,
    opened_inventory,
    warn_of_left_out,
)
from host_tools.cli.options.keyring import IssuerKeyOptions
from host_tools.cli.options.pskc_encryption import PskcEncryption, PskcEncryptionOptions
from host_tools.cli.options.validator import (
    ACTOR,
    ServerSettings,
    ValidatorOptions,
    user_id_rule,
)
from host_tools.cli.output import Json, Streamed, emit, warn
from host_tools.cli.progress import reporting
from host_tools.cli.token_table import TokenRows
from host_tools.errors import ExitCode, KodebrikError
from host_tools.exchange import formats, sealed_tokens, several_files
from host_tools.exchange.csv.dialects import NAMES
from host_tools.exchange.key_package import KeyPackage
from host_tools.exchange.token_file import ReadOptions, Remarks, TokenFile
from host_tools.extras import from_extra
from host_tools.messages.catalogue import Message
from host_tools.provisioning import serial_number


@option_groups
def import_tokens(
    *,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="PSKC, CSV, otpauth:// URIs, exports of authenticator apps, or pictures of QR "
            "codes.",
        ),
    ] = None,
    from_inventory: Annotated[
        bool,
        typer.Option(
            "--from-inventory", help="Instead of a file: the tokens that were provisioned here."
        ),
    ] = False,
    serials: Serials = None,
    account: AccountName = None,
    kind: Annotated[
        str | None,
        typer.Option(metavar="totp|hotp", help="For CSV lines that do not say their kind."),
    ] = None,
    dialect: Annotated[
        str | None,
        typer.Option(help=f"CSV dialect, if it is taken for another: {', '.join(NAMES)}."),
    ] = None,
    encryption: PskcEncryptionOptions,
    clock_ppm: Annotated[
        float | None,
        typer.Option(
            metavar="PPM",
            help="What foreign tokens' clocks can be off by. Default: 50, any crystal.",
        ),
    ] = None,
    users: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Assign the tokens at once: lines of SERIAL,USER-ID."),
    ] = None,
    activate: Annotated[
        bool,
        typer.Option(
            "--activate",
            help="With --users: and activate them, for they were handed over in person.",
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Print what would be imported, with warnings; the server is not touched.",
        ),
    ] = False,
    inventory_file: InventoryFile = None,
    settings: ServerSettings = None,
    issuer: IssuerKeyOptions,
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Import tokens into the validation server: all of them, or none when one is not right.

    A token that the server has already, with the same secret and the same codes, is passed over.
    """
    if activate and users is None:
        raise KodebrikError("import-without-users", ExitCode.USAGE)
    assigned: Mapping[str, str] = {} if users is None else users_file.read(users)
    if (not files) != from_inventory:
        raise KodebrikError("import-one-source", ExitCode.USAGE)
    if not files:
        with opened_inventory(inventory_file) as inventory:
            issuer_key = issuer.issuer_key()
            chosen = [serial_number.check(serial) for serial in serials or ()]
            with reporting(Message("import.reading")):
                taken = inventory.key_packages(issuer_key, chosen, account)
        found = TokenFile("inventory", sealed_tokens.sealed(taken.packages), Remarks())
        found.remarks.compare_secrets(found.tokens)
        left_out = taken.left_out
        warn_of_left_out(left_out, account)
    else:
        left_out = []
        found = _read(files, _options(kind, dialect, encryption.read()), serials)
    keys = found.tokens
    if not keys:
        raise KodebrikError("import-nothing", ExitCode.BAD_INPUT)
    if assigned and sum(key.serial in assigned for key in keys) < len(assigned):
        offered = {key.serial for key in keys}
        other = next(serial for serial in assigned if serial not in offered)
        with users_file.lines_named(users):
            raise KodebrikError("import-user-of-other-token", ExitCode.BAD_INPUT, serial=other)
    for sentence in found.remarks.sentences:
        warn(sentence)
    _check_values(clock_ppm, users, assigned, settings)
    if dry_run:
        rows = TokenRows(keys, assigned)
        shown = {"format": found.format, "tokens": Streamed(rows), "would_import": len(keys)}
        said = chain(rows.lines(), [Message("import.would-import", count=len(keys))])
        emit(as_json, shown | _as_json(found, left_out), said)
        return
    with (
        reporting(Message("import.importing")) as progress,
        validator.open(settings=settings) as opened,
    ):
        from host_tools.validator.records import NewTokens  # noqa: PLC0415 - an extra

        known = opened.already_imported(NewTokens(keys), actor=ACTOR)
        # A new token is in stock: only one that was here can be one that cannot be assigned.
        with users_file.lines_named(users if known else None):
            count = opened.import_tokens(
                NewTokens(keys, clock_ppm, known),
                users=assigned,
                activate=activate,
                actor=ACTOR,
                progress=progress,
            )
    result, lines = _outcome(keys, count, known)
    if assigned:
        result["assigned"] = len(assigned)
        lines.append(
            Message(
                "import.assigned-and-activated" if activate else "import.assigned",
                count=len(assigned),
            )
        )
    emit(as_json, result | _as_json(found, left_out), lines)


def _as_json(found: TokenFile, left_out: list[str]) -> dict[str, Any]:
    """Give what --json tells beside the tokens: remarks, and whose account was not clear."""
    return found.remarks.as_json() | ({"left_out": left_out} if left_out else {})


def _outcome(
    keys: Collection[KeyPackage], count: int, known: set[str]
) -> tuple[dict[str, Any], list[Message]]:
    """Give what is told of the tokens that came in, and of those that were known before; of few
    with their serial numbers."""
    result: dict[str, Any] = {"imported": count}
    lines = [Message("import.imported", count=count)]
    if 0 < count <= SERIALS_SHOWN:
        new = (key.serial for key in keys if key.serial not in known)
        lines.append(Message("import.serials", serials=", ".join(new)))
    if known:
        result["already_imported"] = sorted(known)
        lines.append(Message("import.known", count=len(known)))
    if 0 < len(known) <= SERIALS_SHOWN:
        lines.append(Message("import.serials", serials=", ".join(sorted(known))))
    return result, lines


def _check_values(
    clock_ppm: float | None, users: Path | None, assigned: Mapping[str, str], settings: Path | None
) -> None:
    """Raise KodebrikError for what the server would refuse, as --dry-run tells too."""
    if clock_ppm is None and users is None:
        return
    with from_extra("not-installed-server"):
        from host_tools.validator.rule import drift  # noqa: PLC0415 - an extra

    if clock_ppm is not None and not 0 <= clock_ppm <= drift.LARGEST_PPM:
        raise KodebrikError(
            "clock-accuracy-out-of-range", ExitCode.BAD_INPUT, most=drift.LARGEST_PPM
        )
    if users is not None:
        users_file.check(users, assigned, user_id_rule(settings))


def _options(kind: str | None, dialect: str | None, encryption: PskcEncryption) -> ReadOptions:
    if kind not in (None, "totp", "hotp"):
        raise KodebrikError("token-kind-unknown", ExitCode.USAGE, kind=kind)
    if dialect is not None and dialect not in NAMES:
        raise KodebrikError(
            "csv-dialect-unknown", ExitCode.USAGE, dialect=dialect, choices=", ".join(NAMES)
        )
    return ReadOptions(encryption.key, encryption.passphrase, kind, dialect)


def _read(files: list[Path], options: ReadOptions, serials: list[str] | None) -> TokenFile:
    with ExitStack() as stack:
        opened = [(path, stack.enter_context(formats.opened(path))) for path in files]
        progress = stack.enter_context(reporting(Message("import.reading")))
        try:
            found = several_files.read(opened, replace(options, progress=progress))
        except KodebrikError as error:
            # The hints are for all who read such a file; here options give what is missing.
            if error.identifier == "pskc-needs-key":
                raise KodebrikError("pskc-transport-key-missing", error.exit_code) from None
            if error.identifier == "pskc-needs-passphrase":
                raise KodebrikError("pskc-transport-passphrase-missing", error.exit_code) from None
            raise
    if options.key is None and options.passphrase is None and "pskc" in found.format.split("; "):
        warn(Message("import.unencrypted"))
    if not serials:
        return found
    missing = set(serials)
    missing.difference_update(token.serial for token in found.tokens)
    if missing:
        raise KodebrikError("import-serial-missing", ExitCode.NOT_FOUND, serial=min(missing))
    chosen = (token for token in found.tokens if token.serial in serials)
    return replace(found, tokens=sealed_tokens.sealed(chosen))
