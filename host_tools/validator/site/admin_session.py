"""Who is signed in to the administration: an API key, kept sealed in the browser's cookie and asked
about each time."""

from dataclasses import dataclass
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from host_tools.validator.http.authentication import READ, Caller, Callers, client_address
from host_tools.validator.http.rate_limits import neighbourhood
from host_tools.validator.records import Role
from host_tools.validator.service import Validator
from host_tools.validator.site.cookies import LIFETIME, Seal, check_form, new_token
from host_tools.validator.site.pages import go, language, page
from host_tools.validator.site.texts import text

router = APIRouter()

_Field = Annotated[str, Form(max_length=200)]


class LogInFirst(Exception):  # noqa: N818 - it is no error, it is where to go
    """Nobody is signed in."""


@dataclass(frozen=True)
class Operator:
    """Who is signed in, the token of their forms, and the name of their session."""

    name: str
    role: Role
    csrf: str
    session: str

    def may(self, roles: frozenset[Role]) -> bool:
        """Say whether the role is among `roles`."""
        return self.role in roles

    def must(self, roles: frozenset[Role]) -> None:
        """HTTP error 403 unless the role is among `roles`."""
        if not self.may(roles):
            raise HTTPException(403, f"The role {self.role} may not do this.")


def _seal(request: Request) -> Seal:
    validator: Validator = request.app.state.validator
    return Seal(validator.session_key(), "administration")


def _session(request: Request) -> dict[str, Any] | None:
    """Give what the cookie of somebody who is signed in holds, unless they have signed out
    since."""
    session = _seal(request).read(request)
    validator: Validator = request.app.state.validator
    return (
        None
        if session is None or "key" not in session or validator.has_ended(session["session"])
        else session
    )


async def signed_in(request: Request) -> Operator | None:
    """Give who is signed in, if anybody is."""
    session = await run_sync(_session, request)
    callers: Callers = request.app.state.callers
    caller = None if session is None else await callers.owner(session["key"])
    if session is None or caller is None or caller.role not in READ:
        return None
    return Operator(caller.name, caller.role, session["csrf"], session["session"])


async def _operator(request: Request) -> Operator:
    operator = await signed_in(request)
    if operator is None:
        raise LogInFirst
    return operator


SignedIn = Annotated[Operator, Depends(_operator)]


async def _sent(request: Request, operator: SignedIn, csrf: _Field = "") -> Operator:
    check_form({"csrf": operator.csrf}, csrf)
    return operator


Sent = Annotated[Operator, Depends(_sent)]  # of a form that came from its own page


def log_in_first(request: Request, _: Exception) -> Response:
    """Answer LogInFirst."""
    return go("/admin/login")


def show(
    request: Request, operator: Operator, template: str, status: int = 200, **values: Any
) -> HTMLResponse:
    """Answer with a page of the administration."""
    return page(request, template, status, operator=operator, csrf=operator.csrf, **values)


@router.get("/admin/login")
def ask_key(request: Request) -> Response:
    """Ask for the API key."""
    return _form(request)


@router.post("/admin/login")
async def take_key(request: Request, csrf: _Field = "", key: _Field = "") -> Response:
    """Open a session for the owner of the key."""
    session = (await run_sync(_seal, request)).read(request)
    if session is None:
        return await run_sync(_form, request)
    check_form(session, csrf)
    callers: Callers = request.app.state.callers
    address = neighbourhood(client_address(request))
    callers.guesses.take(address, cost=0)
    caller: Caller | None = await callers.owner(key.strip())
    if caller is None:
        callers.guesses.wait(address)
        return await run_sync(_form, request, "wrong_key")
    if caller.role not in READ:
        return await run_sync(_form, request, "not_for_checkers")
    answer = go("/admin")
    # With a fresh name and a fresh token for its forms.
    (await run_sync(_seal, request)).write(
        request, answer, {"key": key.strip(), "session": new_token()}
    )
    return answer


@router.post("/admin/logout")
def log_out(request: Request, operator: Sent) -> Response:
    """End the session: whoever has a copy of its cookie is out too."""
    validator: Validator = request.app.state.validator
    validator.end_session(operator.session, LIFETIME)
    answer = go("/admin/login")
    _seal(request).drop(request, answer)
    return answer


def _form(request: Request, error: str = "") -> Response:
    session = _seal(request).read(request) or {}
    content = {"csrf": session.get("csrf") or new_token()}
    said = text(language(request), error) if error else ""
    answer = page(
        request,
        "administration/login.html",
        422 if error else 200,
        csrf=content["csrf"],
        error=said,
    )
    _seal(request).write(request, answer, content)
    return answer
