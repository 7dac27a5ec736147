"""kodebrik server create-key, rotate-key and change-master-key: master key and data keys."""

from pathlib import Path
from typing import Annotated

import typer

from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.validator import (
    ACTOR,
    ValidatorOptions,
    default_master_key_file,
)
from host_tools.cli.output import Json, emit
from host_tools.cli.progress import reporting
from host_tools.extras import from_extra
from host_tools.messages.catalogue import Message


def create_key(
    key_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: a file of this user.")
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            metavar="URI",
            help="Create it inside a PKCS#11 device: pkcs11:token=…;object=…?module-path=…",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Create a master key in a new file, or inside a PKCS#11 device, which it never leaves."""
    with from_extra("not-installed-server"):
        from host_tools.validator.keys import master_key, pkcs11  # noqa: PLC0415 - an extra
    if device is not None:
        inside = pkcs11.create(pkcs11.parse(device))
        lines = [
            Message("server.key-created-inside", key=inside.identity),
            Message("server.back-up-device"),
        ]
        emit(as_json, {"key": inside.identity}, lines)
        return
    path = key_file or default_master_key_file()
    if key_file is None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = master_key.create_file(path)
    emit(
        as_json,
        {"file": str(path), "key": made.identity},
        [
            Message("server.key-created", key=made.identity, path=path),
            Message("server.back-up-key"),
        ],
    )


@option_groups
def rotate_key(
    *,
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Seal every secret anew under a new data key; the server may run meanwhile."""
    with (
        reporting(Message("server.sealing")) as progress,
        validator.open(create=False) as opened,
    ):
        count = opened.rotate_key(actor=ACTOR, progress=progress)
    emit(as_json, {"secrets": count}, [Message("server.sealed", count=count)])


@option_groups
def change_master_key(
    *,
    to: Annotated[str, typer.Option(metavar="FILE|URI", help="The new master key.")],
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Wrap the database's data keys under another master key; start the server with that one from
    then on."""
    with validator.open(create=False) as opened:
        from host_tools.validator.keys.locate import open_key  # noqa: PLC0415 - an extra

        new = open_key(to)
        count = opened.rewrap(new, actor=ACTOR)
    lines = [
        Message("server.wrapped", count=count, key=new.identity),
        Message("server.restart"),
    ]
    emit(as_json, {"data_keys": count, "key": new.identity}, lines)
