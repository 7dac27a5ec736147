"""kodebrik list: the validator's tokens, their states and users."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from host_tools.cli import table
from host_tools.cli.options.groups import option_groups
from host_tools.cli.options.validator import ValidatorOptions
from host_tools.cli.output import Json, emit
from host_tools.cli.progress import reporting
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message

if TYPE_CHECKING:
    from host_tools.validator.records import Page, Status, Token
    from host_tools.validator.service import Validator

_STATES = ("stock", "assigned", "active", "blocked", "replaced")
_PART = 500  # tokens read at once
_HEAD = {
    "serial": Message("import.column-serial"),
    "status": Message("list.column-status"),
    "user": Message("import.column-user"),
    "kind": Message("import.column-kind"),
    "digits": Message("import.column-digits"),
}


@option_groups
def list_tokens(
    *,
    text: Annotated[
        str,
        typer.Argument(
            metavar="[TEXT]",
            help="Three or more characters of a serial number or user-ID, or a whole one.",
        ),
    ] = "",
    status: Annotated[
        str | None, typer.Option(help=f"Only tokens in this state: {', '.join(_STATES)}.")
    ] = None,
    user: Annotated[
        str | None, typer.Option(metavar="USER-ID", help="Only this user's tokens.")
    ] = None,
    validator: ValidatorOptions,
    as_json: Json = False,
) -> None:
    """List the server's tokens with their states and users, by serial number."""
    if status is not None and status not in _STATES:
        raise KodebrikError(
            "token-status-unknown", ExitCode.USAGE, status=status, choices=", ".join(_STATES)
        )
    with (
        reporting(Message("list.reading")) as progress,
        validator.open(create=False) as opened,
    ):
        from host_tools.validator.records import Status  # noqa: PLC0415 - an extra

        wanted = None if status is None else Status(status)
        rows: list[dict[str, Any]] = []
        for page in _pages(opened, text, wanted, user):
            rows += map(_row, page.items)
            if page.total is not None:  # of a search it is not counted
                progress(len(rows), page.total)
    shown = [row | {"status": Message("token-status." + row["status"])} for row in rows]
    lines = [*table.lines(_HEAD, shown), Message("list.total", count=len(rows))]
    emit(as_json, {"tokens": rows}, lines if rows else [Message("list.none")])


def _pages(
    opened: "Validator", text: str, status: "Status | None", user: str | None
) -> Iterator["Page[Token]"]:
    cursor: str | None = ""
    while cursor is not None:
        page = opened.tokens(text=text, status=status, user_id=user, cursor=cursor, limit=_PART)
        yield page
        cursor = page.next


def _row(token: "Token") -> dict[str, Any]:
    return {
        "serial": token.serial,
        "status": token.status.value,
        "user": token.user_id,
        "kind": token.kind,
        "digits": token.digits,
        "last_accepted_at": token.last_accepted_at,
        "failures": token.failures,
        "locked_until": token.locked_until or None,
    }
