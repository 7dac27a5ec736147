"""kodebrik server api-key and api-keys: make, revoke and list API keys."""

from pathlib import Path
from typing import Annotated

import typer

from host_tools import private_files
from host_tools.cli import table
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.validator import (
    ACTOR,
    ValidatorOptions,
)
from host_tools.cli.output import Json, emit
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message

_HEAD = {
    "name": Message("api-keys.column-name"),
    "role": Message("api-keys.column-role"),
    "state": Message("list.column-status"),
}
_ROLES = ("administrator", "help_desk", "auditor", "checker")


@option_groups
def api_key(
    *,
    name: Annotated[str, typer.Argument(help="A name for the key, as the audit will show it.")],
    role: Annotated[str, typer.Option(help=f"What it may do: {', '.join(_ROLES)}.")] = "checker",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the key to a new file, mode 0600.")
    ] = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="Refuse this key from now on.")] = False,
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Make an API key, or revoke one. The key is shown this once."""
    if role not in _ROLES:
        raise KodebrikError("role-unknown", ExitCode.USAGE, role=role, choices=", ".join(_ROLES))
    if out is not None:
        private_files.check_new(out)
    with validator.open(create=not revoke) as opened:
        from host_tools.validator.records import Role  # noqa: PLC0415 - an extra

        if revoke:
            opened.revoke_api_key(name, actor=ACTOR)
            emit(
                as_json,
                {"name": name, "revoked": True},
                [Message("server.api-key-revoked", name=name)],
            )
            return
        _, key = opened.create_api_key(name, Role(role), actor=ACTOR)
    text = key.reveal().decode()
    if out is not None:
        private_files.write_new(out, key.reveal() + b"\n")
        emit(
            as_json,
            {"name": name, "role": role, "file": str(out)},
            [
                Message(
                    "server.api-key-written",
                    name=name,
                    role=Message("api-key-role." + role),
                    path=out,
                )
            ],
        )
        return
    emit(as_json, {"name": name, "role": role, "key": text}, [text])


@option_groups
def api_keys(
    *,
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """List the API keys with what they may do, those that are revoked too; never the keys."""
    with validator.open(create=False) as opened:
        keys = opened.api_keys()
    rows = [
        {
            "name": key.name,
            "role": key.role.value,
            "created_at": key.created_at,
            "revoked_at": key.revoked_at,
        }
        for key in keys
    ]
    shown = [
        {
            "name": key.name,
            "role": Message("api-key-role." + key.role.value),
            "state": Message("api-keys.valid" if key.revoked_at is None else "api-keys.revoked"),
        }
        for key in keys
    ]
    lines = table.lines(_HEAD, shown) if shown else [Message("api-keys.none")]
    emit(as_json, {"api_keys": rows}, lines)
