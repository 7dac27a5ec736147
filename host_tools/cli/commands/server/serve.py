"""kodebrik server: serve until Ctrl-C or SIGTERM."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.validator import (
    ValidatorOptions,
    database_url,
    master_key_location,
    say_new,
)
from host_tools.cli.output import AnnouncedInterruptError, Json, emit, say, warn
from host_tools.extras import from_extra
from host_tools.messages.catalogue import Message


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
    with from_extra("not-installed-server"):
        from host_tools.validator.notices.loopback import is_loopback  # noqa: PLC0415 - an extra
        from host_tools.validator.server import processes  # noqa: PLC0415 - an extra, and a second
        from host_tools.validator.server.options import Options  # noqa: PLC0415 - as above
    if certificate is None and not is_loopback(host):
        warn(Message("server.unencrypted"))
    paths = [None if path is None else str(path) for path in (certificate, private_key)]
    processes.check_tls(*paths)  # before a master key is made for a server that will not start
    url = database_url(validator.database)
    options = Options(
        database=url,
        key=master_key_location(url, validator.master_key),
        host=host,
        port=port,
        workers=workers,
        settings=None if settings is None else str(settings),
        certificate=paths[0],
        private_key=paths[1],
        trusted_proxies=trusted_proxies,
    )

    def ready(url: str) -> None:
        emit(
            as_json,
            {"url": url, "workers": workers},
            [Message("server.ready", url=url)],
        )
        sys.stdout.flush()

    if processes.serve(options, ready, say_new):
        say(Message("server.interrupted"))
        raise AnnouncedInterruptError
    say(Message("server.stopped"))
