"""The administration's lists and front page: overview, tokens, users, audit, API keys."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response

from host_tools.validator.http.authentication import MAY_ADMINISTER, MAY_AUDIT, MAY_MANAGE
from host_tools.validator.http.fields import printable
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.records import Role, Status
from host_tools.validator.service import Validator
from host_tools.validator.site import texts
from host_tools.validator.site.admin_session import Operator, SignedIn, SignedInForm, show
from host_tools.validator.site.pages import language, redirect

router = APIRouter(prefix="/admin", route_class=StrictRoute, include_in_schema=False)

_PAGE = 50  # rows
_Field = Annotated[str, Form(max_length=200)]
_Text = Annotated[str, Query(max_length=64)]
_Offset = Annotated[int, Query(ge=0, le=10**9)]


def done_text(request: Request, done: str) -> str:
    """Give the message for the action `done` that a redirect has named; empty for an unknown
    name."""
    return texts.text(language(request), f"done_{done}") if texts.has(f"done_{done}") else ""


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
    offset: _Offset = 0,
    done: str = "",
) -> Response:
    """Show a page of the tokens whose serial number or user-ID contains `text`, all or of one
    status."""
    validator: Validator = request.app.state.validator
    wanted = Status(status) if status in set(Status) else None
    found = validator.tokens(
        text=printable(text.strip()), status=wanted, offset=offset, limit=_PAGE
    )
    return show(
        request,
        operator,
        "administration/tokens.html",
        found=found,
        text=text,
        wanted=wanted,
        statuses=list(Status),
        step=_PAGE,
        done=done_text(request, done),
    )


@router.get("/users")
def list_users(
    request: Request, operator: SignedIn, text: _Text = "", offset: _Offset = 0, done: str = ""
) -> Response:
    """Show a page of the users whose user-ID contains `text`."""
    validator: Validator = request.app.state.validator
    found = validator.users(text=printable(text.strip()), offset=offset, limit=_PAGE)
    return show(
        request,
        operator,
        "administration/users.html",
        found=found,
        text=text,
        step=_PAGE,
        may_care=operator.may(MAY_MANAGE),
        done=done_text(request, done),
    )


@router.get("/audit")
def list_audit(request: Request, operator: SignedIn, offset: _Offset = 0) -> Response:
    """Show a page of the audit entries of all chains, newest first."""
    return _audit(request, operator, offset)


@router.post("/audit")
def verify_audit(request: Request, operator: SignedInForm) -> Response:
    """Verify every audit chain, and show the report."""
    operator.must(MAY_AUDIT)
    validator: Validator = request.app.state.validator
    return _audit(request, operator, 0, report=validator.verify_audit())


def _audit(request: Request, operator: Operator, offset: int, report: object = None) -> Response:
    validator: Validator = request.app.state.validator
    found = validator.audit(offset=offset, limit=_PAGE)
    return show(
        request,
        operator,
        "administration/audit.html",
        found=found,
        report=report,
        step=_PAGE,
        may_verify=operator.may(MAY_AUDIT),
    )


@router.get("/keys")
def list_keys(request: Request, operator: SignedIn, done: str = "") -> Response:
    """Show the API keys, revoked ones too."""
    operator.must(MAY_AUDIT)
    return _keys(request, operator, done=done_text(request, done))


@router.post("/keys")
def change_keys(
    request: Request,
    operator: SignedInForm,
    action: _Field = "",
    name: _Field = "",
    role: Annotated[Role, Form()] = Role.CHECKER,
) -> Response:
    """Create an API key, whose value is shown only in this answer, or revoke one."""
    operator.must(MAY_ADMINISTER)
    validator: Validator = request.app.state.validator
    if action == "revoke":
        validator.revoke_api_key(printable(name), actor=operator.name)
        return redirect("/admin/keys?done=revoke")
    made, key = validator.create_api_key(printable(name.strip()), role, actor=operator.name)
    return _keys(request, operator, made=made, key=key.reveal().decode())


def _keys(
    request: Request, operator: Operator, done: str = "", made: object = None, key: str = ""
) -> Response:
    validator: Validator = request.app.state.validator
    return show(
        request,
        operator,
        "administration/keys.html",
        keys=validator.api_keys(),
        roles=list(Role),
        may_rule=operator.may(MAY_ADMINISTER),
        done=done,
        made=made,
        key=key,
    )
