"""Pages for users: the sign-in demo (user-ID, request, code, result) and the activation of their
token.

Wrong codes, unknown users and blocked tokens get the same answers. Every visitor is shown a random
number; it becomes a challenge of the user's OCRA token only when a response is submitted.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request, Response

from host_tools.secret import Secret
from host_tools.validator.http.authentication import BEGIN_SIGN_IN, GUESS, ApiKeyAuthenticator
from host_tools.validator.http.fields import printable
from host_tools.validator.http.metrics import timed_check
from host_tools.validator.http.settings import Settings
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.letters import typed_serial
from host_tools.validator.records import SignIn
from host_tools.validator.rule import opaque_ids
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.service import Validator
from host_tools.validator.site.cookies import SIGN_IN, check_form, form_token
from host_tools.validator.site.pages import language, page, redirect
from host_tools.validator.site.pending_sign_in import LIMITS, shown_number
from host_tools.validator.site.texts import text

router = APIRouter(route_class=StrictRoute, include_in_schema=False)
activation_router = APIRouter(route_class=StrictRoute, include_in_schema=False)

OVER = "/sign-in?over=true"  # where a page leads whose sign-in is not open, or no more
_ACTOR = "web site"
_Field = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True)
class Visit:
    """A visitor: the id in their cookie, and the state of their sign-in."""

    session_id: Secret = field(repr=False)
    sign_in: SignIn | None = None


def find_visit(request: Request) -> Visit:
    """Give the visitor of a request; a request without a cookie gets a new id."""
    session_id = SIGN_IN.read(request)
    if session_id is None:
        return Visit(opaque_ids.draw())
    validator: Validator = request.app.state.validator
    return Visit(session_id, validator.sign_in(session_id))


def show(
    request: Request, template: str, session_id: Secret, status: int = 200, **values: Any
) -> Response:
    """Show a page to a visitor, who keeps their cookie."""
    answer = page(request, template, status, csrf=form_token(session_id), **values)
    SIGN_IN.write(request, answer, session_id)
    return answer


@router.get("/sign-in")
def ask_user(request: Request, cancelled: bool = False, over: bool = False) -> Response:
    """Show step 1, the form for the user-ID. Whose sign-in is over is told so, or shown that it was
    approved."""
    signed_in = find_visit(request).sign_in if over else None
    if signed_in is not None and signed_in.approved:
        return redirect("/sign-in/done")
    notice = text(language(request), "cancelled") if cancelled else ""
    refusal = text(language(request), "sign_in_over") if over else ""
    visitor = SIGN_IN.read(request) or opaque_ids.draw()
    return _show_user_form(request, visitor, notice=notice, refusal=refusal)


@router.post("/sign-in")
def take_user(request: Request, csrf: _Field = "", user_id: _Field = "") -> Response:
    """Store the user-ID, known or not, in a new session and go on to step 2."""
    visitor = SIGN_IN.read(request)
    check_form(visitor, csrf)
    if visitor is None or not user_id.strip():
        error = text(language(request), "user_id_missing")
        return _show_user_form(request, visitor or opaque_ids.draw(), 422, error=error)
    authenticator: ApiKeyAuthenticator = request.app.state.authenticator
    authenticator.count_guess(request, BEGIN_SIGN_IN)
    validator: Validator = request.app.state.validator
    validator.close_session(visitor)
    opened = validator.open_sign_in(printable(user_id.strip()), shown_number(), LIMITS)
    answer = redirect("/sign-in/approve")
    SIGN_IN.write(request, answer, opened)
    return answer


def _show_user_form(
    request: Request,
    session_id: Secret,
    status: int = 200,
    *,
    notice: str = "",
    refusal: str = "",
    error: str = "",
) -> Response:
    said = {"notice": notice, "refusal": refusal, "error": error}
    return show(request, "sign_in.html", session_id, status, **said)


@router.get("/sign-in/approve")
def ask_code(request: Request) -> Response:
    """Show step 2: the request to approve, and the form for the code."""
    visit = find_visit(request)
    if visit.sign_in is None or visit.sign_in.approved:
        return redirect(OVER)
    return show_code_form(request, visit)


@router.post("/sign-in/approve")
async def take_code(
    request: Request,
    csrf: _Field = "",
    code: _Field = "",
    pin: _Field = "",
    choice: _Field = "approve",
) -> Response:
    """Check the code; every refusal gets the same answer."""
    visit = await run_sync(find_visit, request)
    check_form(visit.session_id, csrf)
    validator: Validator = request.app.state.validator
    if choice == "cancel":
        await run_sync(validator.close_session, visit.session_id)
        return redirect("/sign-in?cancelled=true")
    if visit.sign_in is None or visit.sign_in.approved:
        return redirect(OVER)
    error = "code_missing"
    if code.strip():
        authenticator: ApiKeyAuthenticator = request.app.state.authenticator
        await run_sync(authenticator.count_guess, request)
        settings: Settings = request.app.state.settings
        if await _is_accepted(validator, visit.sign_in, code, pin, settings.pin_before_lock):
            await run_sync(authenticator.give_back, request, GUESS, BEGIN_SIGN_IN)
            approved = await run_sync(validator.approve_sign_in, visit.session_id, LIMITS)
            answer = redirect("/sign-in/done")
            if approved is not None:
                SIGN_IN.write(request, answer, approved)
            return answer
        error = "refused_code"
    return show_code_form(request, visit, text(language(request), error))


def show_code_form(request: Request, visit: Visit, error: str = "", notice: str = "") -> Response:
    """Show step 2 with what is wrong with the code, or else is to be said, if anything."""
    number = "" if visit.sign_in is None else visit.sign_in.challenge
    status = 422 if error or notice else 200
    said = {"error": error, "notice": notice, "number": number}
    return show(request, "approve.html", visit.session_id, status, **said)


@router.get("/sign-in/done")
def done(request: Request) -> Response:
    """Show step 3: the request that was approved."""
    visit = find_visit(request)
    if visit.sign_in is None or not visit.sign_in.approved:
        return redirect("/sign-in")
    return show(request, "approved.html", visit.session_id)


async def _is_accepted(
    validator: Validator, sign_in: SignIn, code: str, pin: str, pin_before_lock: bool
) -> bool:
    asked = CheckRequest(
        code,
        user_id=sign_in.user_id,
        challenge=sign_in.challenge,
        pin=pin or None,
        actor=_ACTOR,
        issue_challenge=True,
        pin_before_lock=pin_before_lock,
    )
    return (await timed_check(validator, asked)).public().accepted


@activation_router.get("/activate")
def ask_activation(request: Request) -> Response:
    """Show the form of the activation letter."""
    return show(
        request,
        "activate.html",
        SIGN_IN.read(request) or opaque_ids.draw(),
        error="",
        given={"user_id": "", "serial": ""},
    )


@activation_router.post("/activate")
def take_activation(
    request: Request,
    csrf: _Field = "",
    user_id: _Field = "",
    serial: _Field = "",
    activation_code: _Field = "",
    code: _Field = "",
    second_code: _Field = "",
) -> Response:
    """Activate the token; the answer to a failure does not tell which value was wrong."""
    visitor = SIGN_IN.read(request) or opaque_ids.draw()
    check_form(visitor, csrf)
    authenticator: ApiKeyAuthenticator = request.app.state.authenticator
    authenticator.count_guess(request)
    codes = [one for one in (code, second_code) if one.strip()]
    validator: Validator = request.app.state.validator
    if validator.activate_by_user(
        printable(typed_serial(serial)),
        codes,
        activation_code,
        user_id=printable(user_id.strip()),
        actor=_ACTOR,
    ):
        authenticator.give_back(request, GUESS)
        return redirect("/activate/done")
    given = {"user_id": user_id, "serial": serial}
    error = text(language(request), "not_activated")
    return show(request, "activate.html", visitor, 422, error=error, given=given)


@activation_router.get("/activate/done")
def activated(request: Request) -> Response:
    """Show that the token is activated, and where to sign in."""
    return page(request, "activated.html")
