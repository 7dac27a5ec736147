"""kodebrik server: start the validation server; manage its master key, data keys and API keys."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from host_tools import private_files
from host_tools.cli.command_group import CommandGroup
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.validator import (
    ValidatorOptions,
    database_url,
    default_master_key_file,
    installed,
    master_key_location,
)
from host_tools.cli.output import Json, emit, say, warn
from host_tools.cli.progress import reporting
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message

app = CommandGroup(
    help="Start the validation server; manage its keys.", invoke_without_command=True
)

_ROLES = ("administrator", "help_desk", "auditor", "checker")
_ACTOR = "command line"


@app.callback()
@option_groups
def server(
    *,
    context: typer.Context,
    validator: ValidatorOptions,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 8080,
    workers: Annotated[
        int, typer.Option(help="Processes that share the database.", min=1, max=64)
    ] = 1,
    settings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Settings of RADIUS, notices and limits (TOML)."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificate with its chain (PEM), for TLS.")
    ] = None,
    private_key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The certificate's private key (PEM), if in another file."
        ),
    ] = None,
    trusted_proxies: Annotated[
        str,
        typer.Option(
            metavar="ADDRESSES", help="Proxies whose X-Forwarded-For is believed, comma separated."
        ),
    ] = "127.0.0.1",
    as_json: Json = False,
) -> None:
    """Start the validation server; manage its keys.

    Without a command, the server runs until Ctrl-C or SIGTERM; what it has begun by then, it
    finishes.
    """
    if context.invoked_subcommand is not None:
        return
    with installed():
        from host_tools.validator.notices.loopback import is_loopback  # noqa: PLC0415 - an extra
        from host_tools.validator.server import processes  # noqa: PLC0415 - an extra, and a second
    if certificate is None and not is_loopback(host):
        warn(Message("server.unencrypted"))
    url = database_url(validator.database)
    options = processes.Options(
        database=url,
        key=master_key_location(url, validator.master_key),
        host=host,
        port=port,
        workers=workers,
        settings=None if settings is None else str(settings),
        certificate=None if certificate is None else str(certificate),
        private_key=None if private_key is None else str(private_key),
        trusted_proxies=trusted_proxies,
    )

    def ready(url: str) -> None:
        emit(
            as_json,
            {"url": url, "workers": workers},
            [Message("server.ready", url=url)],
        )
        sys.stdout.flush()

    processes.serve(options, ready)
    say(Message("server.stopped"))


@app.command("create-key")
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
    with installed():
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


@app.command("rotate-key")
@option_groups
def rotate_key(
    *,
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Seal every secret anew under a new data key; the server may run meanwhile."""
    with (
        validator.open(create=False) as opened,
        reporting(Message("server.sealing")) as progress,
    ):
        count = opened.rotate_key(actor=_ACTOR, progress=progress)
    emit(as_json, {"secrets": count}, [Message("server.sealed", count=count)])


@app.command("change-master-key")
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
        count = opened.rewrap(new, actor=_ACTOR)
    lines = [
        Message("server.wrapped", count=count, key=new.identity),
        Message("server.restart"),
    ]
    emit(as_json, {"data_keys": count, "key": new.identity}, lines)


@app.command("api-key")
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
    with validator.open() as opened:
        from host_tools.validator.records import Role  # noqa: PLC0415 - an extra

        if revoke:
            opened.revoke_api_key(name, actor=_ACTOR)
            emit(
                as_json,
                {"name": name, "revoked": True},
                [Message("server.api-key-revoked", name=name)],
            )
            return
        _, key = opened.create_api_key(name, Role(role), actor=_ACTOR)
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
