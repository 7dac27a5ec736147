"""The sign-in demo with the app: the page shows two digits, waits with a spoken status, and
finishes by itself; without scripts, by a button.

Every visitor is shown digits, whether or not their user-ID exists or has a device.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from host_tools.validator.app_records import Approval, ApprovalState
from host_tools.validator.http.settings import SIGN_IN_PARTY, Settings
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.rest.approvals import LONGEST_WAIT
from host_tools.validator.service import Validator
from host_tools.validator.site.by_app.asking import Asker, ending, goes_on
from host_tools.validator.site.cookies import SIGN_IN, check_form
from host_tools.validator.site.pages import language, redirect
from host_tools.validator.site.pending_sign_in import LIMITS
from host_tools.validator.site.sign_in import OVER, Visit, find_visit, show, show_code_form
from host_tools.validator.site.texts import text

router = APIRouter(route_class=StrictRoute, include_in_schema=False)

_ACTOR = "web site"
# What the demo asks to approve: the example of the seeds.
_PAYMENT = {"amount": "2300.00", "currency": "DKK", "account": "9978 000123456"}
_Field = Annotated[str, Form(max_length=200)]


def _in_sign_in(request: Request) -> Visit | None:
    """Give the visitor of a request, None when no sign-in of theirs is open."""
    visit = find_visit(request)
    return None if visit.sign_in is None or visit.sign_in.approved else visit


Visitor = Annotated[Visit | None, Depends(_in_sign_in)]


@router.post("/sign-in/app")
def ask(request: Request, visit: Visitor, csrf: _Field = "") -> Response:
    """Ask for an approval in the app, and go on to the page that waits for it."""
    if visit is None or visit.sign_in is None:
        return redirect(OVER)
    check_form(visit.session_id, csrf)
    if not _asker(request).ask(request, visit.session_id, visit.sign_in.user_id, **_PAYMENT):
        return show_code_form(request, visit, notice=text(language(request), "app_too_many"))
    return redirect("/sign-in/app")


@router.get("/sign-in/app")
def wait(request: Request, visit: Visitor) -> Response:
    """Show the digits, and wait."""
    approval = None if visit is None else _asker(request).find(request, visit.session_id)
    if visit is None or approval is None:
        return redirect(OVER)
    if not goes_on(approval):
        return _ended(request, visit, approval)
    return _waiting(request, visit, approval)


@router.get("/sign-in/app/state")
async def state(
    request: Request,
    visit: Visitor,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = 0.0,
) -> Response:
    """Give the state of the approval, when it no longer waits or after so many seconds."""
    session_id = None if visit is None else visit.session_id
    return await _asker(request).state(request, session_id, wait)


@router.post("/sign-in/app/finish")
def finish(request: Request, visit: Visitor, csrf: _Field = "", choice: _Field = "") -> Response:
    """Finish the sign-in when it was approved; or wait longer; or take the approval back and use a
    code."""
    asker = _asker(request)
    approval = None if visit is None else asker.find(request, visit.session_id)
    if visit is None or approval is None:
        return redirect(OVER)
    check_form(visit.session_id, csrf)
    if choice == "code":
        asker.take_back(request, visit.session_id)
        return redirect("/sign-in/approve")
    if choice == "longer":
        asker.wait_longer(request, visit.session_id)
        return redirect("/sign-in/app")
    if approval.state is ApprovalState.WAITING:
        return _waiting(request, visit, approval, text(language(request), "app_not_yet"))
    validator: Validator = request.app.state.validator
    if not validator.app.use([SIGN_IN_PARTY], approval.id, actor=_ACTOR):
        return _ended(request, visit, approval)
    asker.was_right(request)
    fresh = validator.approve_sign_in(visit.session_id, LIMITS)
    answer = redirect("/sign-in/done")
    if fresh is not None:
        SIGN_IN.write(request, answer, fresh)
    return answer


def _asker(request: Request) -> Asker:
    settings: Settings = request.app.state.settings
    return Asker(settings.app.sign_in, _ACTOR)


def _waiting(request: Request, visit: Visit, approval: Approval, said: str = "") -> Response:
    return show(
        request,
        "in_app.html",
        visit.session_id,
        approval=approval,
        what=text(language(request), "transfer"),
        said=said,
        finish="/sign-in/app/finish",
        state="/sign-in/app/state",
    )


def _ended(request: Request, visit: Visit, approval: Approval) -> Response:
    return show_code_form(request, visit, notice=text(language(request), ending(approval)))
