"""kodebrik block, unblock and wipe: the states of a token."""

from typing import Annotated

import typer

from firmware.protocol import messages
from host_tools import interrupts
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.inventory import InventoryFile, opened_inventory
from host_tools.cli.options.token import (
    ComparisonFile,
    TokenOptions,
    authenticated,
    comparison,
    open_port,
)
from host_tools.cli.output import Json, ask, emit, say
from host_tools.errors import ExitCode, KodebrikError
from host_tools.link.replies import Hello
from host_tools.link.session import claim_token
from host_tools.messages.catalogue import Message
from host_tools.provisioning import batches, serial_number


@option_groups
def block(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Block the token: it shows no codes until it is unblocked."""
    with token.session() as session:
        session.block()
    _done(as_json, session.hello, messages.BLOCKED, "blocked")


@option_groups
def unblock(
    *,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Let a blocked token show codes again."""
    with token.session() as session:
        session.unblock()
    _done(as_json, session.hello, messages.IN_USE, "unblocked")


@option_groups
def wipe(
    *,
    yes: Annotated[
        str | None,
        typer.Option(
            metavar="SERIAL", help="Do not ask: this is the serial number of the token to wipe."
        ),
    ] = None,
    comparison_file: ComparisonFile = None,
    inventory_file: InventoryFile = None,
    token: TokenOptions,
    as_json: Json = False,
) -> None:
    """Delete every secret, key, counter and setting from the token. Asks for its serial number."""
    with opened_inventory(inventory_file) as inventory, open_port(token.port) as (channel, hello):
        if hello.state in (messages.BLANK, messages.WIPED):
            _done(as_json, hello, hello.state, "nothing-to-wipe")
            return
        if yes is None:
            say(Message("token.wipe-warning", product=hello.product, serial=hello.serial))
            yes = ask(Message("prompt.serial"), "--yes")
        if serial_number.check(yes) != hello.serial:
            raise KodebrikError("serial-not-confirmed", ExitCode.NOT_CONFIRMED, serial=hello.serial)
        if hello.key == messages.KEY_NONE:  # damaged storage has lost the key with the rest
            session = claim_token(channel, hello, comparison(comparison_file, hello.product))
        else:
            session = authenticated(channel, hello, token.keyring)
        with interrupts.put_off():
            session.wipe()
            batches.forget(inventory, hello.serial)
    _done(as_json, hello, messages.WIPED, "wiped")


def _done(as_json: bool, hello: Hello, state: str, outcome: str) -> None:
    line = Message("token-done." + outcome, product=hello.product, serial=hello.serial)
    emit(as_json, {"serial": hello.serial, "state": state}, [line])
