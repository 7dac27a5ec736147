"""Signing in to the administration with an API key, and the session that it opens."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from host_tools.messages.catalogue import Message
from host_tools.secret import Secret
from host_tools.validator.http.authentication import (
    MAY_READ,
    ApiKeyAuthenticator,
)
from host_tools.validator.http.settings import Settings
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.records import ApiKey, Role
from host_tools.validator.rule import opaque_ids
from host_tools.validator.service import Validator
from host_tools.validator.site.cookies import ADMINISTRATION, check_form, form_token
from host_tools.validator.site.pages import language, page, redirect
from host_tools.validator.site.texts import text, word

router = APIRouter(route_class=StrictRoute, include_in_schema=False)

_Field = Annotated[str, Form(max_length=200)]


class NotSignedInError(Exception):
    """The request for a page of the administration has no open session."""


@dataclass(frozen=True)
class Operator:
    """Who is signed in to the administration: name and role of their API key, and their session."""

    name: str
    role: Role
    session_id: Secret = field(repr=False)

    def may(self, roles: frozenset[Role]) -> bool:
        """Say whether the operator's role is among `roles`."""
        return self.role in roles

    def must(self, roles: frozenset[Role]) -> None:
        """Raise HTTP error 403 unless the operator's role is among `roles`."""
        if not self.may(roles):
            raise HTTPException(403, Message("role-forbidden", role=word(f"role_{self.role}")))


async def signed_in(request: Request) -> Operator | None:
    """Give the operator of the request's session, None without one; the session's idle time starts
    anew."""
    session_id = ADMINISTRATION.read(request)
    if session_id is None:
        return None
    validator: Validator = request.app.state.validator
    settings: Settings = request.app.state.settings
    key: ApiKey | None = await run_sync(
        validator.session_owner, session_id, settings.session_limits
    )
    if key is None or key.role not in MAY_READ:
        return None
    return Operator(key.name, key.role, session_id)


async def _operator(request: Request) -> Operator:
    operator = await signed_in(request)
    if operator is None:
        raise NotSignedInError
    return operator


SignedIn = Annotated[Operator, Depends(_operator)]


async def _form_sender(operator: SignedIn, csrf: _Field = "") -> Operator:
    check_form(operator.session_id, csrf)
    return operator


SignedInForm = Annotated[Operator, Depends(_form_sender)]  # with a form from its own page


def redirect_to_login(request: Request, _: Exception) -> Response:
    """Answer NotSignedInError."""
    return redirect("/admin/login")


def show(
    request: Request, operator: Operator, template: str, status: int = 200, **values: Any
) -> HTMLResponse:
    """Answer with a page of the administration."""
    return page(request, template, status, **page_values(request, operator), **values)


def page_values(request: Request, operator: Operator) -> dict[str, Any]:
    """Give the values that the templates of all administration pages need."""
    settings: Settings = request.app.state.settings
    return {
        "operator": operator,
        "csrf": form_token(operator.session_id),
        "idle_seconds": round(settings.session_limits.idle),
    }


@router.get("/admin/login")
def ask_key(request: Request) -> Response:
    """Show the form that asks for the API key."""
    return _form(request)


@router.post("/admin/login")
async def take_key(request: Request, csrf: _Field = "", key: _Field = "") -> Response:
    """Open a session with a new id for the owner of the API key."""
    visitor = ADMINISTRATION.read(request)
    if visitor is None:
        return _form(request)
    check_form(visitor, csrf)
    authenticator: ApiKeyAuthenticator = request.app.state.authenticator
    caller = await authenticator.owner(request, key.strip())
    if caller is None:
        return _form(request, "wrong_key")
    if caller.role not in MAY_READ:
        return _form(request, "not_for_checkers")
    validator: Validator = request.app.state.validator
    settings: Settings = request.app.state.settings
    opened = await run_sync(validator.open_session, key.strip(), settings.session_limits)
    if opened is None:  # revoked within the last second
        return _form(request, "wrong_key")
    answer = redirect("/admin")
    ADMINISTRATION.write(request, answer, opened[0])
    return answer


@router.post("/admin/session", status_code=204)
def extend_session(operator: SignedInForm) -> None:
    """Answer a request to stay signed in; its session check has already renewed the session."""


@router.post("/admin/logout")
def log_out(request: Request, operator: SignedInForm) -> Response:
    """Close the session in the database, so that copies of its cookie are worthless too."""
    validator: Validator = request.app.state.validator
    validator.close_session(operator.session_id)
    answer = redirect("/admin/login")
    ADMINISTRATION.delete(request, answer)
    return answer


def _form(request: Request, error: str = "") -> Response:
    visitor = ADMINISTRATION.read(request) or opaque_ids.draw()
    answer = page(
        request,
        "administration/login.html",
        422 if error else 200,
        csrf=form_token(visitor),
        error=text(language(request), error) if error else "",
    )
    ADMINISTRATION.write(request, answer, visitor)
    return answer
