"""The OpenID provider's pages: signing in to an application with user-ID and code (with the
app: by_app/openid.py), and signing out.

The application's request stands in the address of every page, and each page validates it anew. Only
a request that is right redirects, and only to an address that is registered; its errors go there
too. Any other request gets an error page.
"""

from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from anyio.to_thread import run_sync
from authlib.oauth2 import OAuth2Error
from fastapi import APIRouter, FastAPI, Form, Request, Response

from host_tools.messages.catalogue import Message
from host_tools.secret import Secret
from host_tools.validator.http.authentication import BEGIN_SIGN_IN, GUESS, ApiKeyAuthenticator
from host_tools.validator.http.content_policy import POLICY, content_policy
from host_tools.validator.http.fields import LONGEST_NAME, printable
from host_tools.validator.http.metrics import timed_check
from host_tools.validator.http.settings import Settings
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.openid.authentication import BY_APP, reached
from host_tools.validator.openid.grant import CodeGrant
from host_tools.validator.openid.messages import ProviderAnswer, ProviderRequest
from host_tools.validator.openid.provider import AUTHORIZE, LOGOUT, Provider
from host_tools.validator.records import OpenIdSession
from host_tools.validator.rule import opaque_ids
from host_tools.validator.rule.verdict import CheckRequest, Verdict
from host_tools.validator.service import Validator
from host_tools.validator.site.by_app.asking import Asker
from host_tools.validator.site.cookies import OPENID, check_form, form_token
from host_tools.validator.site.pages import error_page, language, page, redirect
from host_tools.validator.site.pending_sign_in import LIMITS, shown_number
from host_tools.validator.site.texts import text

router = APIRouter(route_class=StrictRoute, include_in_schema=False)

CODE, APP = "/openid/sign-in/code", "/openid/sign-in/app"
_USER, _LEAVE = "/openid/sign-in", "/openid/logout/confirmed"
_Field = Annotated[str, Form(max_length=200)]


def install(app: FastAPI) -> None:
    """Answer requests that the provider refuses."""
    app.add_exception_handler(OAuth2Error, _refusal)


@router.get(AUTHORIZE)
def authorize(request: Request) -> Response:
    """Answer at once for who has signed in already; else ask for the user-ID."""
    provider: Provider = request.app.state.openid
    grant = grant_of(request)
    session = provider.enough(grant, _session(request))
    if session is not None:
        return _sent_back(provider.authorize(grant, session))
    hint = printable(grant.request.values.get("login_hint", ""))[:LONGEST_NAME]
    return show(request, "user", grant, OPENID.read(request) or opaque_ids.draw(), user_id=hint)


@router.post(AUTHORIZE)
async def authorize_by_form(request: Request) -> Response:
    """Take a request that came as a form (OpenID Connect Core, section 3.1.2.1) by its address."""
    return await _as_address(request, AUTHORIZE)


@router.post(_USER)
def take_user(
    request: Request, csrf: _Field = "", user_id: _Field = "", choice: _Field = ""
) -> Response:
    """Store the user-ID, known or not, in a new sign-in, and go on to the code."""
    visitor = OPENID.read(request)
    check_form(visitor, csrf)
    grant = grant_of(request)
    if choice == "cancel":
        return _cancelled(request, grant)
    if visitor is None or not user_id.strip():
        said = text(language(request), "user_id_missing")
        return show(request, "user", grant, visitor or opaque_ids.draw(), 422, error=said)
    authenticator: ApiKeyAuthenticator = request.app.state.authenticator
    authenticator.count_guess(request, BEGIN_SIGN_IN)
    validator: Validator = request.app.state.validator
    validator.close_session(visitor)
    validator.openid.close_session(visitor)
    opened = validator.open_sign_in(printable(user_id.strip()), shown_number(), LIMITS)
    answer = redirect(f"{CODE}?{request.url.query}")
    OPENID.write(request, answer, opened)
    return answer


@router.get(CODE)
def ask_code(request: Request) -> Response:
    """Ask for the code, with the name of the application that it is for."""
    grant = grant_of(request)
    visitor = OPENID.read(request)
    validator: Validator = request.app.state.validator
    pending = None if visitor is None else validator.sign_in(visitor)
    if visitor is None or pending is None:
        return redirect(f"{AUTHORIZE}?{request.url.query}")
    return show(request, "code", grant, visitor, number=pending.challenge)


@router.post(CODE)
async def take_code(
    request: Request,
    csrf: _Field = "",
    code: _Field = "",
    pin: _Field = "",
    choice: _Field = "sign-in",
) -> Response:
    """Check the code, and send who gave a right one back to the application. Every refusal of a
    code gets the same answer."""
    visitor = OPENID.read(request)
    check_form(visitor, csrf)
    grant = await run_sync(grant_of, request)
    if choice == "cancel":
        return await run_sync(_cancelled, request, grant)
    validator: Validator = request.app.state.validator
    pending = None if visitor is None else await run_sync(validator.sign_in, visitor)
    if visitor is None or pending is None:
        return redirect(f"{AUTHORIZE}?{request.url.query}")
    error = "code_missing"
    if code.strip():
        verdict = await _checked(request, grant, pending.user_id, pending.challenge, code, pin)
        if verdict.accepted and verdict.serial is not None:
            authenticator: ApiKeyAuthenticator = request.app.state.authenticator
            await run_sync(authenticator.give_back, request, GUESS, BEGIN_SIGN_IN)
            signed_in = await run_sync(
                _signed_in, request, visitor, pending.user_id, verdict.serial, bool(pin)
            )
            if signed_in is not None:
                return await run_sync(goes_back, request, grant, *signed_in)
        error = "refused_code"
    said = text(language(request), error)
    return show(request, "code", grant, visitor, 422, error=said, number=pending.challenge)


@router.get(LOGOUT)
def log_out(request: Request) -> Response:
    """Sign out who is named by the application; ask anybody else first."""
    provider: Provider = request.app.state.openid
    ending = provider.end_of_session(_asked(request, LOGOUT))
    session = _session(request)
    if session is None or (
        ending.client is not None and provider.subject(ending.client, session) == ending.subject
    ):
        return _left(request, ending.address)
    visitor = OPENID.read(request) or opaque_ids.draw()
    return form_page(
        request,
        "openid/leave.html",
        visitor,
        ending.address,
        action=f"{_LEAVE}?{request.url.query}",
        here=f"{LOGOUT}?{request.url.query}",
    )


@router.post(LOGOUT)
async def log_out_by_form(request: Request) -> Response:
    """Take a request that came as a form by its address."""
    return await _as_address(request, LOGOUT)


@router.post(_LEAVE)
def leave(request: Request, csrf: _Field = "") -> Response:
    """Sign out who has confirmed it."""
    check_form(OPENID.read(request), csrf)
    provider: Provider = request.app.state.openid
    ending = provider.end_of_session(_asked(request, LOGOUT))
    return _left(request, ending.address)


def _asked(request: Request, path: str) -> ProviderRequest:
    provider: Provider = request.app.state.openid
    return provider.request("GET", path, dict(request.query_params))


def asker_of(grant: CodeGrant) -> Asker:
    """Give the application as who asks for approvals, in its registered name."""
    party = grant.request.client.party
    return Asker(party, party.id)


def grant_of(request: Request) -> CodeGrant:
    """Validate the application's request in the address."""
    provider: Provider = request.app.state.openid
    return provider.authorization(_asked(request, AUTHORIZE))


def _session(request: Request) -> OpenIdSession | None:
    session_id = OPENID.read(request)
    validator: Validator = request.app.state.validator
    return None if session_id is None else validator.openid.session(session_id)


async def _as_address(request: Request, path: str) -> Response:
    """Redirect (303) to a page with a form's fields in its address. The form came from another
    site, so without the session's cookie; what follows has it."""
    form = await request.form()
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    return redirect(f"{path}?{urlencode(fields, errors='replace')}")


async def _checked(
    request: Request, grant: CodeGrant, user_id: str, number: str, code: str, pin: str
) -> Verdict:
    authenticator: ApiKeyAuthenticator = request.app.state.authenticator
    await run_sync(authenticator.count_guess, request)
    settings: Settings = request.app.state.settings
    asked = CheckRequest(
        code,
        user_id=user_id,
        challenge=number,
        pin=pin or None,
        actor=f"openid {grant.request.client.client_id}",
        issue_challenge=True,
        pin_before_lock=settings.pin_before_lock,
    )
    return await timed_check(request.app.state.validator, asked)


def _signed_in(
    request: Request, visitor: Secret, user_id: str, serial: str, with_pin: bool
) -> tuple[Secret, OpenIdSession] | None:
    validator: Validator = request.app.state.validator
    provider: Provider = request.app.state.openid
    seconds = 60.0 * provider.settings.session_minutes
    return validator.openid.open_session(
        visitor, user_id, serial, with_pin=with_pin, seconds=seconds
    )


def goes_back(
    request: Request, grant: CodeGrant, session_id: Secret, session: OpenIdSession
) -> Response:
    """Send who has signed in back to the application, with the cookie of the session."""
    provider: Provider = request.app.state.openid
    answer = _sent_back(provider.authorize(grant, session))
    OPENID.write(request, answer, session_id)
    return answer


def _cancelled(request: Request, grant: CodeGrant) -> Response:
    """Send the user back without a code; the sign-in that was begun is closed."""
    visitor = OPENID.read(request)
    if visitor is not None:
        asker_of(grant).take_back(request, visitor)
        validator: Validator = request.app.state.validator
        validator.close_session(visitor)
    provider: Provider = request.app.state.openid
    return _sent_back(provider.cancel(grant))


def _left(request: Request, address: str | None) -> Response:
    """Close the session, and go back to the application where it may be gone back to."""
    visitor = OPENID.read(request)
    if visitor is not None:
        validator: Validator = request.app.state.validator
        validator.openid.close_session(visitor)
    answer: Response = page(request, "openid/left.html") if address is None else redirect(address)
    OPENID.delete(request, answer)
    return answer


def _sent_back(answer: ProviderAnswer) -> Response:
    """Redirect to the application with 303: a browser never sends the code of a form on to it."""
    assert answer.location is not None  # noqa: S101 - every answer to a valid request has one
    return redirect(answer.location)


def _refusal(request: Request, error: Exception) -> Response:
    """Answer OAuth2Error: send it to the application, if its address is known to be right; else
    show it."""
    assert isinstance(error, OAuth2Error)  # noqa: S101 - install() registered it for these alone
    provider: Provider = request.app.state.openid
    if error.redirect_uri:
        return _sent_back(provider.refuse(error))
    hint = Message("openid-request-hint", reason=f"{error.error}: {error.description}")
    return error_page(request, 400, Message("openid-request-refused"), hint)


def show(
    request: Request, step: str, grant: CodeGrant, visitor: Secret, status: int = 200, **values: Any
) -> Response:
    """Show the page that asks for the user-ID ("user") or the code ("code")."""
    query = request.url.query
    action, here = (_USER, AUTHORIZE) if step == "user" else (CODE, CODE)
    given = {"error": "", "user_id": "", "number": "", "notice": ""} | values
    wanted = grant.request.values.get("acr_values", "")
    app_action = f"{APP}?{query}" if reached(BY_APP, wanted) else ""
    return form_page(
        request,
        f"openid/{step}.html",
        visitor,
        grant.redirect_uri,
        status,
        application=grant.request.client.registered.name,
        action=f"{action}?{query}",
        here=f"{here}?{query}",
        app_action=app_action,
        **given,
    )


def form_page(
    request: Request,
    template: str,
    visitor: Secret,
    address: str | None,
    status: int = 200,
    **values: Any,
) -> Response:
    """Show a page whose form may be answered by a redirect to an application's address."""
    answer = page(request, template, status, csrf=form_token(visitor), **values)
    targets = []
    if address is not None:
        parts = urlsplit(address)
        targets.append(f"{parts.scheme}://{parts.netloc}")
    answer.headers[POLICY] = content_policy(*targets)
    OPENID.write(request, answer, visitor)
    return answer
