"""kodebrik flash update: a new firmware for a token at work, which keeps what it holds."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from host_tools.cli.commands.flash.image import read_file
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.token import TokenOptions, the_port
from host_tools.cli.output import Json, emit, step
from host_tools.cli.progress import reporting
from host_tools.errors import ExitCode, KodebrikError
from host_tools.link import ports
from host_tools.link.replies import Hello
from host_tools.link.update import KeyStatement, send
from host_tools.messages.catalogue import Message
from host_tools.provisioning import update_key_file

if TYPE_CHECKING:
    from host_tools.flashing.update_package import UpdatePackage


@option_groups
def update(
    *,
    target: Annotated[
        str | None,
        typer.Argument(metavar="PORT", help="The token's port, in place of --port."),
    ] = None,
    package: Annotated[
        Path, typer.Option(metavar="FILE", help="The file of 'kodebrik flash package'.")
    ],
    key_statement: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help=(
                "A file of 'kodebrik flash keys rotate', for a token that does not know the key "
                "yet; several in their order."
            ),
        ),
    ] = None,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Update a token's firmware over its link; secrets and settings stay.

    Unplugged or interrupted, it goes on where it was when it is run again. The command ends when
    the token has answered with the new version, or has gone back to the old one.
    """
    from host_tools.flashing import update_package  # noqa: PLC0415 - the compiler is slow to load

    named = the_port(target, token.port)
    found = update_package.read(read_file(package))
    statements = [
        KeyStatement(*update_key_file.read_statement(read_file(path), path))
        for path in key_statement or ()
    ]
    if statements:
        signed = found.signed
        update_key_file.check_signer(signed.manifest, signed.signature, statements[-1].key)
    port = named or ports.only_port(ports.devices())
    with replace(token, port=port).session() as session:
        before = session.hello
        update_package.check(found, before, session.info()["languages"])
        with reporting(Message("flash-update.sending")) as report:
            send(session, found.signed, statements, report)
    with step(Message("flash-update.waiting")):
        after = _await(found, before, port)
    emit(
        as_json,
        {"port": port, "serial": after.serial, "from": before.version, "version": after.version},
        [
            Message(
                "flash-update.done",
                product=after.product,
                serial=after.serial,
                before=before.version,
                version=after.version,
            )
        ],
    )


def _await(update: "UpdatePackage", before: Hello, port: str) -> Hello:
    """Give the hello of the updated token; KodebrikError when it does not come up."""
    from host_tools.flashing import arrival  # noqa: PLC0415 - as above

    try:
        hello = arrival.await_hello(update, lambda: [port])
    except KodebrikError as error:
        if error.identifier != "flash-other-answer":
            raise
        raise KodebrikError(
            "update-rolled-back",
            ExitCode.CHECK_FAILED,
            version=before.version,
            failed=update.version,
        ) from None
    assert hello is not None  # noqa: S101 - there is a port
    return hello
