"""The page of one user, and the creation of users."""

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from host_tools.errors import KodebrikError
from host_tools.messages.catalogue import Language
from host_tools.secret import Secret
from host_tools.validator.http.authentication import MAY_ADMINISTER, MAY_MANAGE
from host_tools.validator.http.fields import printable
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.records import ActivationCode
from host_tools.validator.service import Validator
from host_tools.validator.site.admin_session import Operator, SignedIn, SignedInForm, show
from host_tools.validator.site.pages import done_text, language, redirect
from host_tools.validator.site.texts import text

router = APIRouter(prefix="/admin", route_class=StrictRoute, include_in_schema=False)

_Field = Annotated[str, Form(max_length=254)]
_Action = Annotated[
    Literal[
        "create_user",
        "set_user",
        "set_pin",
        "no_pin",
        "app_letter",
        "lift_report",
        "delete_user",
    ],
    Form(),
]
_Language = Annotated[Language, Form()]


@router.get("/user")
def show_user(
    request: Request,
    operator: SignedIn,
    user_id: Annotated[str, Query(max_length=64)],
    done: str = "",
) -> Response:
    """Show the page of one user."""
    return _page(request, operator, printable(user_id), done=done_text(request, done))


@router.post("/user")
async def change_user(
    request: Request,
    operator: SignedInForm,
    action: _Action,
    user_id: _Field,
    email: _Field = "",
    chosen_language: _Language = "da",
    notify: _Field = "",
    pin: _Field = "",
    sure: _Field = "",
) -> Response:
    """Perform one action on the user; a refusal is shown on the page."""
    operator.must(MAY_ADMINISTER if action == "delete_user" else MAY_MANAGE)
    spoken = language(request)
    who, mail = printable(user_id.strip()), printable(email.strip()) or None
    if action == "delete_user" and not sure:
        said = text(spoken, "not_sure", sure=text(spoken, "sure"))
        return await run_in_threadpool(_page, request, operator, who, error=said)
    validator: Validator = request.app.state.validator

    def change() -> Response:
        try:
            match action:
                case "create_user":
                    validator.create_user(
                        who, email=mail, language=chosen_language, actor=operator.name
                    )
                case "set_user":
                    validator.set_user(
                        who,
                        email=mail,
                        language=chosen_language,
                        notify_on_use=bool(notify),
                        actor=operator.name,
                    )
                case "set_pin":
                    validator.set_pin(who, Secret(pin.encode()), actor=operator.name)
                case "no_pin":
                    validator.set_pin(who, None, actor=operator.name)
                case "app_letter":
                    letter = validator.app.issue_letter(who, actor=operator.name)
                    return _page(request, operator, who, letter=letter)
                case "lift_report":
                    validator.app.lift_report_for(who, actor=operator.name)
                case "delete_user":
                    validator.delete_user(who, actor=operator.name)
        except KodebrikError as error:
            if action == "create_user":
                raise
            return _page(request, operator, who, refused=error)
        if action == "delete_user":
            return redirect("/admin/users?done=delete_user")
        return redirect("/admin/user?" + urlencode({"user_id": who, "done": action}))

    return await run_in_threadpool(change)


def _page(
    request: Request,
    operator: Operator,
    user_id: str,
    *,
    done: str = "",
    error: str = "",
    refused: KodebrikError | None = None,
    letter: ActivationCode | None = None,
) -> Response:
    validator: Validator = request.app.state.validator
    user = validator.user(user_id)
    return show(
        request,
        operator,
        "administration/user.html",
        422 if error or refused else 200,
        user=user,
        tokens=validator.tokens(user_id=user.user_id),
        report=validator.app.report(user.user_id),
        may_care=operator.may(MAY_MANAGE),
        may_rule=operator.may(MAY_ADMINISTER),
        done=done,
        error=error,
        refused=refused,
        letter=letter,
    )
