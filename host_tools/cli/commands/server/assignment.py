"""kodebrik assign, unassign and activate: whose a token is, and whether its codes count."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from host_tools.cli.options import users_file
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.validator import (
    ACTOR,
    ServerSettings,
    ValidatorOptions,
    user_id_rule,
)
from host_tools.cli.output import Json, StreamedObject, emit
from host_tools.cli.progress import reporting
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message

_REPLACEMENTS_SHOWN = 20


@option_groups
def assign(
    *,
    serial: Annotated[
        str | None, typer.Argument(metavar="[SERIAL]", help="The token's serial number.")
    ] = None,
    user: Annotated[
        str | None, typer.Argument(metavar="[USER-ID]", help="Whose it is from now on.")
    ] = None,
    users: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Instead of one token: lines of SERIAL,USER-ID."),
    ] = None,
    activate_at_once: Annotated[
        bool,
        typer.Option("--activate", help="And activate them, for they were handed over in person."),
    ] = False,
    take_back: Annotated[
        bool,
        typer.Option("--take-back", help="Also tokens that are somebody else's until now."),
    ] = False,
    settings: ServerSettings = None,
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Assign tokens to users: all of them, or none when one cannot be."""
    if users is not None and serial is not None:
        raise KodebrikError("assign-one-or-many", ExitCode.USAGE)
    if users is None and user is None:
        raise KodebrikError("assign-one-source", ExitCode.USAGE)
    wanted: Mapping[str, str] = {str(serial): str(user)}
    if users is not None:
        wanted = users_file.read(users)
        users_file.check(users, wanted, user_id_rule(settings))
    with (
        users_file.lines_named(users),
        reporting(Message("assign.assigning")) as progress,
        validator.open(create=False, settings=settings) as opened,
    ):
        try:
            replaced = opened.assign_tokens(
                wanted,
                activate=activate_at_once,
                take_back=take_back,
                actor=ACTOR,
                progress=progress,
            ).replaced
        except KodebrikError as error:
            if error.identifier != "token-cannot-be-assigned" or take_back:
                raise
            # Its hint is for all who ask the service; here an option does it.
            taken = error.message.arguments
            raise KodebrikError("assign-taken", error.exit_code, **taken) from None
    emit(
        as_json,
        {"assigned": StreamedObject(wanted), "activated": activate_at_once, "replaced": replaced},
        [_outcome(wanted, activate_at_once), *_replacements(replaced)],
    )


def _replacements(replaced: dict[str, str]) -> list[Message]:
    """Say which former tokens' codes count no more; of very many only how many."""
    if len(replaced) > _REPLACEMENTS_SHOWN:
        return [Message("assign.replaced-many", count=len(replaced))]
    return [
        Message("assign.replaced", serial=successor, former=former)
        for former, successor in replaced.items()
    ]


def _outcome(assigned: Mapping[str, str], active: bool) -> Message:
    if len(assigned) > 1:
        return Message(
            "import.assigned-and-activated" if active else "import.assigned", count=len(assigned)
        )
    ((serial, user),) = assigned.items()
    return Message("assign.active-of" if active else "assign.assigned-to", serial=serial, user=user)


@option_groups
def unassign(
    *,
    serial: Annotated[str, typer.Argument(metavar="SERIAL", help="The token's serial number.")],
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Put a token back into stock: it is nobody's, and its codes count no more."""
    with validator.open(create=False) as opened:
        opened.unassign(serial, actor=ACTOR)
    emit(
        as_json, {"serial": serial, "status": "stock"}, [Message("assign.in-stock", serial=serial)]
    )


@option_groups
def activate(
    *,
    serials: Annotated[
        list[str],
        typer.Argument(metavar="SERIAL...", help="Tokens that were handed over in person."),
    ],
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """Let the codes of assigned tokens count, without letter or code: all of them, or none."""
    with validator.open(create=False) as opened:
        done = opened.activate_tokens(serials, actor=ACTOR)
    emit(
        as_json,
        {"activated": done.count, "replaced": done.replaced},
        [Message("assign.activated", count=done.count), *_replacements(done.replaced)],
    )
