"""Signing in to an application with the app: the user approves, in the application's registered
name, to sign in there. The pages of `openid_pages.py` lead here.
"""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request, Response

from host_tools.messages import catalogue
from host_tools.secret import Secret
from host_tools.validator.app_records import Approval, ApprovalState
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.openid.grant import CodeGrant
from host_tools.validator.openid.provider import AUTHORIZE, Provider
from host_tools.validator.records import SignIn
from host_tools.validator.rest.approvals import LONGEST_WAIT
from host_tools.validator.service import Validator
from host_tools.validator.site import openid_pages
from host_tools.validator.site.by_app.asking import ending, goes_on
from host_tools.validator.site.cookies import OPENID, check_form
from host_tools.validator.site.openid_pages import asker_of, grant_of
from host_tools.validator.site.pages import language, redirect
from host_tools.validator.site.texts import text

router = APIRouter(route_class=StrictRoute, include_in_schema=False)

_FINISH, _STATE = "/openid/sign-in/app/finish", "/openid/sign-in/app/state"
_Field = Annotated[str, Form(max_length=200)]


@router.post(openid_pages.APP)
def ask(request: Request, csrf: _Field = "") -> Response:
    """Ask for an approval in the app, and go on to the page that waits for it."""
    visitor = OPENID.read(request)
    check_form(visitor, csrf)
    grant, pending = grant_of(request), _pending(request, visitor)
    if visitor is None or pending is None:
        return _begin_again(request)
    if not asker_of(grant).ask(request, visitor, pending.user_id):
        return _code_form(request, grant, visitor, pending, "app_too_many")
    return redirect(f"{openid_pages.APP}?{request.url.query}")


@router.get(openid_pages.APP)
def wait(request: Request) -> Response:
    """Show the digits, and wait."""
    grant, visitor = grant_of(request), OPENID.read(request)
    pending = _pending(request, visitor)
    approval = None if visitor is None else asker_of(grant).find(request, visitor)
    if visitor is None or pending is None or approval is None:
        return _begin_again(request)
    if not goes_on(approval):
        return _code_form(request, grant, visitor, pending, ending(approval))
    return _waiting(request, grant, visitor, approval)


@router.get(_STATE)
async def state(
    request: Request, wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = 0.0
) -> Response:
    """Give the state of the approval, when it no longer waits or after so many seconds."""
    grant = await run_sync(grant_of, request)
    return await asker_of(grant).state(request, OPENID.read(request), wait)


@router.post(_FINISH)
def finish(request: Request, csrf: _Field = "", choice: _Field = "") -> Response:
    """Send who has approved back to the application; or wait longer; or take the approval back and
    use a code."""
    visitor = OPENID.read(request)
    check_form(visitor, csrf)
    grant, pending = grant_of(request), _pending(request, visitor)
    asker = asker_of(grant)
    approval = None if visitor is None else asker.find(request, visitor)
    if visitor is None or pending is None or approval is None:
        return _begin_again(request)
    if choice == "code":
        asker.take_back(request, visitor)
        return redirect(f"{openid_pages.CODE}?{request.url.query}")
    if choice == "longer":
        asker.wait_longer(request, visitor)
        return redirect(f"{openid_pages.APP}?{request.url.query}")
    if approval.state is ApprovalState.WAITING:
        return _waiting(request, grant, visitor, approval, text(language(request), "app_not_yet"))
    validator: Validator = request.app.state.validator
    provider: Provider = request.app.state.openid
    signed_in = validator.openid.open_session_by_app(
        visitor, asker.party.id, approval.id, seconds=60.0 * provider.settings.session_minutes
    )
    if signed_in is None:
        return _code_form(request, grant, visitor, pending, ending(approval))
    asker.was_right(request)
    return openid_pages.goes_back(request, grant, *signed_in)


def _pending(request: Request, visitor: Secret | None) -> SignIn | None:
    """Give the sign-in of a visitor who has given their user-ID."""
    validator: Validator = request.app.state.validator
    return None if visitor is None else validator.sign_in(visitor)


def _begin_again(request: Request) -> Response:
    return redirect(f"{AUTHORIZE}?{request.url.query}")


def _code_form(
    request: Request, grant: CodeGrant, visitor: Secret, pending: SignIn, said: str
) -> Response:
    notice = text(language(request), said)
    number = pending.challenge
    return openid_pages.show(request, "code", grant, visitor, 422, notice=notice, number=number)


def _waiting(
    request: Request, grant: CodeGrant, visitor: Secret, approval: Approval, said: str = ""
) -> Response:
    """Show the digits with what the app asks, in the page's language."""
    query, name = request.url.query, asker_of(grant).party.name
    return openid_pages.form_page(
        request,
        "openid/in_app.html",
        visitor,
        grant.redirect_uri,
        approval=approval,
        what=catalogue.text(language(request), "approval.sign-in", party=name),
        said=said,
        here=f"{openid_pages.APP}?{query}",
        finish=f"{_FINISH}?{query}",
        state=f"{_STATE}?{query}",
    )
