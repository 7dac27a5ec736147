"""The administration's overview and its lists of tokens and users."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from host_tools.validator.http.authentication import MAY_MANAGE
from host_tools.validator.http.fields import CursorOfPage, printable
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.records import Status
from host_tools.validator.service import Validator
from host_tools.validator.site.admin_session import SignedIn, show
from host_tools.validator.site.pages import ROWS, done_text

router = APIRouter(prefix="/admin", route_class=StrictRoute, include_in_schema=False)

_Text = Annotated[str, Query(max_length=64)]


@router.get("")
def overview(request: Request, operator: SignedIn) -> Response:
    """Show the numbers of tokens by status, and a warning when the clock is behind."""
    validator: Validator = request.app.state.validator
    return show(
        request,
        operator,
        "administration/overview.html",
        figures=validator.statistics(),
        behind=round(validator.clock_behind()),
    )


@router.get("/tokens")
def list_tokens(
    request: Request,
    operator: SignedIn,
    text: _Text = "",
    status: str = "",
    cursor: CursorOfPage = "",
    done: str = "",
) -> Response:
    """Show a page of the tokens whose serial number or user-ID contains `text`, all or of one
    status."""
    validator: Validator = request.app.state.validator
    wanted = Status(status) if status in set(Status) else None
    found = validator.tokens(text=printable(text.strip()), status=wanted, cursor=cursor, limit=ROWS)
    return show(
        request,
        operator,
        "administration/tokens.html",
        found=found,
        text=text,
        wanted=wanted,
        statuses=list(Status),
        done=done_text(request, done),
    )


@router.get("/users")
def list_users(
    request: Request,
    operator: SignedIn,
    text: _Text = "",
    cursor: CursorOfPage = "",
    done: str = "",
) -> Response:
    """Show a page of the users whose user-ID contains `text`."""
    validator: Validator = request.app.state.validator
    found = validator.users(text=printable(text.strip()), cursor=cursor, limit=ROWS)
    return show(
        request,
        operator,
        "administration/users.html",
        found=found,
        text=text,
        may_care=operator.may(MAY_MANAGE),
        done=done_text(request, done),
    )
