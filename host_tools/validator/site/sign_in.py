"""What end users see: the sign-in demo (user-ID, what is approved, code, done) and the activation
of their token.

Every answer is the same for a wrong code, an unknown user and a blocked token. For OCRA tokens a
number is drawn and shown to everyone alike, known or not; it becomes a challenge of the user's
token only when a response comes in.
"""

import secrets
from functools import partial
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request, Response

from host_tools.validator.http.authentication import Callers, client_address
from host_tools.validator.http.fields import printable
from host_tools.validator.http.metrics import timed_check
from host_tools.validator.http.rate_limits import neighbourhood
from host_tools.validator.rule.verdict import CheckRequest
from host_tools.validator.service import Validator
from host_tools.validator.site.cookies import Seal, check_form, new_token
from host_tools.validator.site.pages import go, language, page
from host_tools.validator.site.texts import text

router = APIRouter()
activation_router = APIRouter()

_ACTOR = "web site"
_NUMBER_DIGITS = 8  # what a suite with QN08 asks for, RFC 6287 section 6.3
_Field = Annotated[str, Form(max_length=200)]


def _seal(request: Request) -> Seal:
    validator: Validator = request.app.state.validator
    return Seal(validator.session_key(), "sign-in")


def _visit(request: Request) -> dict[str, Any]:
    """Give what the visitor's cookie holds, or a new visit."""
    return _seal(request).read(request) or {"csrf": new_token()}


def _show(
    request: Request, template: str, visit: dict[str, Any], status: int = 200, **values: Any
) -> Response:
    answer = page(request, template, status, csrf=visit["csrf"], **values)
    _seal(request).write(request, answer, visit)
    return answer


@router.get("/sign-in")
def ask_user(request: Request, cancelled: bool = False) -> Response:
    """Step 1: who are you?"""
    notice = text(language(request), "cancelled") if cancelled else ""
    return _show(
        request,
        "sign_in.html",
        {"csrf": _visit(request)["csrf"]},
        notice=notice,
        error="",
        user_id="",
    )


@router.post("/sign-in")
def take_user(request: Request, csrf: _Field = "", user_id: _Field = "") -> Response:
    """Keep the user-ID, whoever it is, and go on."""
    visit = _visit(request)
    check_form(visit, csrf)
    if not user_id.strip():
        error = text(language(request), "user_id_missing")
        return _show(request, "sign_in.html", visit, 422, notice="", error=error, user_id="")
    # No zero in front: a number is one question however many zeros it begins with.
    number = str(10 ** (_NUMBER_DIGITS - 1) + secrets.randbelow(9 * 10 ** (_NUMBER_DIGITS - 1)))
    answer = go("/sign-in/approve")
    _seal(request).write(
        request, answer, visit | {"user_id": printable(user_id.strip()), "number": number}
    )
    return answer


@router.get("/sign-in/approve")
def ask_code(request: Request) -> Response:
    """Step 2: what is approved, and the code for it."""
    visit = _visit(request)
    if "user_id" not in visit:
        return go("/sign-in")
    return _show(request, "approve.html", visit, error="", number=visit["number"])


@router.post("/sign-in/approve")
async def take_code(
    request: Request,
    csrf: _Field = "",
    code: _Field = "",
    pin: _Field = "",
    choice: _Field = "approve",
) -> Response:
    """Check the code; all that is refused is refused alike."""
    visit = await run_sync(_visit, request)
    check_form(visit, csrf)
    if choice == "cancel":
        return go("/sign-in?cancelled=true")
    if "user_id" not in visit:
        return go("/sign-in")
    error = "code_missing"
    if code.strip():
        callers: Callers = request.app.state.callers
        callers.guesses.take(neighbourhood(client_address(request)))
        if await _accepted(request.app.state.validator, visit, code, pin):
            answer = go("/sign-in/done")
            (await run_sync(_seal, request)).write(
                request, answer, {"csrf": visit["csrf"], "done": True}
            )
            return answer
        error = "refused_code"
    said = text(language(request), error)
    return await run_sync(
        partial(_show, request, "approve.html", visit, 422, error=said, number=visit["number"])
    )


@router.get("/sign-in/done")
def done(request: Request) -> Response:
    """Step 3: what was approved."""
    visit = _visit(request)
    return _show(request, "approved.html", visit) if visit.get("done") else go("/sign-in")


async def _accepted(validator: Validator, visit: dict[str, Any], code: str, pin: str) -> bool:
    asked = CheckRequest(
        code,
        user_id=visit["user_id"],
        challenge=visit["number"],
        pin=pin or None,
        actor=_ACTOR,
        issue_challenge=True,
    )
    return (await timed_check(validator, asked)).public().accepted


@activation_router.get("/activate")
def ask_activation(request: Request) -> Response:
    """Show the form of the activation letter."""
    return _show(
        request,
        "activate.html",
        _visit(request),
        done=False,
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
    """Activate, or say that something is not right: never what."""
    visit = _visit(request)
    check_form(visit, csrf)
    callers: Callers = request.app.state.callers
    callers.guesses.take(neighbourhood(client_address(request)))
    codes = [one for one in (code, second_code) if one.strip()]
    validator: Validator = request.app.state.validator
    if validator.activate_by_user(
        printable(serial.strip()),
        codes,
        activation_code,
        user_id=printable(user_id.strip()),
        actor=_ACTOR,
    ):
        return _show(request, "activate.html", visit, done=True, error="", given={})
    given = {"user_id": user_id, "serial": serial}
    error = text(language(request), "not_activated")
    return _show(request, "activate.html", visit, 422, done=False, error=error, given=given)
