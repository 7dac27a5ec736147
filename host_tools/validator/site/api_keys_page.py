"""The administration's page of the API keys: create one, or revoke one."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from host_tools.validator.http.authentication import MAY_ADMINISTER, MAY_AUDIT
from host_tools.validator.http.fields import printable
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.records import Role
from host_tools.validator.service import Validator
from host_tools.validator.site.admin_session import Operator, SignedIn, SignedInForm, show
from host_tools.validator.site.pages import done_text, redirect

router = APIRouter(prefix="/admin", route_class=StrictRoute, include_in_schema=False)

_Field = Annotated[str, Form(max_length=200)]


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
