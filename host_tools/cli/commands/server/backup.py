"""kodebrik backup and restore: the validator's database, copied while the server runs, and put back
into service."""

from pathlib import Path
from typing import Annotated

import typer

from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.validator import (
    ACTOR,
    ValidatorOptions,
    database_url,
    existing_master_key,
    has_master_key,
    require_database,
)
from host_tools.cli.output import Json, emit, warn
from host_tools.cli.progress import reporting
from host_tools.extras import from_extra
from host_tools.messages.catalogue import Message


@option_groups
def backup(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="New file, mode 0600.")],
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Copy the validator's database to a file while the server runs. The master key is not in it,
    and nothing in it can be read without that key."""
    require_database(validator.database)
    with from_extra("not-installed-server"):
        from host_tools.validator.backup import backup as backups  # noqa: PLC0415 - an extra

        checked = has_master_key(validator.master_key)
        key = existing_master_key(validator.master_key) if checked else None
    if not checked:
        warn(Message("backup.key-unchecked"))
    with reporting(Message("backup.copying")) as progress:
        backups.back_up(database_url(validator.database), key, file, progress)
    size = file.stat().st_size
    lines = [Message("backup.written", path=file, size=size), Message("backup.keep-key")]
    emit(as_json, {"file": str(file), "bytes": size}, lines)


@option_groups
def restore(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What 'kodebrik backup' wrote.")],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Replace the SQLite database that is there; it is kept beside it."
        ),
    ] = False,
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Put a backup of the validator's database into service, as the database that --database names.
    Stop the server first."""
    with from_extra("not-installed-server"):
        from host_tools.validator.backup import backup as backups  # noqa: PLC0415 - an extra
    destination = backups.Destination(
        database_url(validator.database), existing_master_key(validator.master_key), ACTOR
    )
    with reporting(Message("backup.copying")) as progress:
        restored = backups.restore(destination, file, replace, progress)
    lines = [Message("restore.done", count=restored.tokens)]
    if restored.former is not None:
        lines.append(Message("restore.former", path=restored.former))
    lines.append(Message("restore.codes"))
    former = None if restored.former is None else str(restored.former)
    emit(as_json, {"tokens": restored.tokens, "former": former}, lines)
