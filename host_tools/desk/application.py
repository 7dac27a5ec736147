"""The desk's web application: the API and the page, for this machine alone.

Each token has the API at /tokens/N, N from 1; the first has it at / too.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from firmware.version import VERSION
from host_tools.desk import api, page, stream
from host_tools.desk.token import DeskToken
from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages import catalogue, validation_errors
from host_tools.validator.http.refusals import Refusal
from host_tools.web_pages import asked_language

if TYPE_CHECKING:
    from host_tools.desk.bank import Bank

_DESCRIPTION = (
    "An emulated token: its keys, display, voice, power, clock and cable. Every action is answered "
    "when the firmware waits again. `Authorization: Bearer SECRET`, with what follows the # in the "
    "page's URL."
)
_HOSTS = ("127.0.0.1", "localhost")
_OPEN = api.PREFIX + "/openapi.json"  # it says nothing of the token
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; frame-src {}"
)
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]
_STATUS: dict[int, int] = {
    ExitCode.BAD_INPUT: 422,
    ExitCode.CONFLICT: 409,
    ExitCode.NOT_FOUND: 404,
}  # any other: the token has failed


def create_app(desks: Sequence[DeskToken], secret: str, bank: "Bank | None" = None) -> FastAPI:
    """Make the application for tokens that run; whoever knows `secret` may use them. A `bank` lies
    beside them on the page."""
    app = _application(desks[0])
    app.state.desks, app.state.secret, app.state.bank = desks, secret, bank
    app.include_router(page.router)
    if bank is not None:
        app.include_router(bank.router)
    for number, desk in enumerate(desks, 1):
        part = _application(desk)
        part.state.secret = secret
        app.mount(page.address(number), part)
    app.mount("/static", StaticFiles(packages=[("host_tools.desk", "static")]))
    app.add_middleware(Guard, secret, bank.origins if bank else ())
    return app


def _application(desk: DeskToken) -> FastAPI:
    """Make the application that has one token's API."""
    app = FastAPI(
        title="kodebrik desk",
        version=VERSION,
        description=_DESCRIPTION,
        openapi_url=_OPEN,
        docs_url=None,  # its pages fetch scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.desk = desk
    app.include_router(api.router)
    app.include_router(stream.router)
    app.add_exception_handler(KodebrikError, _kodebrik_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    return app


class Guard:
    """ASGI middleware: refuses requests by another host's name, and those to the API without the
    secret, before their body is read; adds the security headers to every answer. A page may show
    `frames` alone.

    What a page elsewhere has a browser ask for, by a name that it lets point here, has that name.
    """

    def __init__(self, app: ASGIApp, secret: str, frames: Sequence[str]) -> None:
        """Wrap `app`."""
        self._app, self._expected = app, f"Bearer {secret}".encode()
        policy = _POLICY.format(" ".join(frames) or "'none'")
        self._headers = [(b"content-security-policy", policy.encode()), *_HEADERS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        refused = self._refused(scope) if scope["type"] == "http" else None
        await (refused or self._app)(scope, receive, with_headers)

    def _refused(self, scope: Scope) -> JSONResponse | None:
        headers, path = Headers(scope=scope), scope["path"]
        host = headers.get("host", "")
        if host.partition(":")[0] not in _HOSTS:
            return _refusal(headers, 400, catalogue.Message("desk-host", host=host))
        given = headers.get("authorization", "").encode("latin-1")
        guarded = api.PREFIX + "/" in path and not path.endswith(_OPEN)
        if guarded and not secrets.compare_digest(given, self._expected):
            message = catalogue.Message("desk-unauthorised")
            return _refusal(headers, 401, message, {"WWW-Authenticate": "Bearer"})
        return None


def _refusal(
    asked: Headers,
    status: int,
    message: str,
    headers: Mapping[str, str] | None = None,
    hint: str = "",
) -> JSONResponse:
    """Refuse a request with the headers `asked`, in the language that they ask for, or else in that
    of the command."""
    identifier = message.identifier if isinstance(message, catalogue.Message) else ""
    language = asked_language(asked)
    error, hint = (
        said.text(language) if language and isinstance(said, catalogue.Message) else said
        for said in (message, hint or catalogue.Message("desk-hint"))
    )
    refusal = Refusal(error=error, hint=hint, id=identifier)
    return JSONResponse(refusal.model_dump(), status, headers=headers)


def _kodebrik_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, KodebrikError)  # noqa: S101 - it is registered for these alone
    status = _STATUS.get(error.exit_code, 503)
    return _refusal(request.headers, status, error.message, hint=error.hint)


def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    known = {
        400: catalogue.Message("desk-unreadable"),
        404: catalogue.Message("page-not-found"),
        405: catalogue.Message("method-not-allowed"),
    }
    detail = error.detail
    if not isinstance(detail, catalogue.Message):
        detail = known.get(error.status_code) or catalogue.Message("request-refused", reason=detail)
    return _refusal(request.headers, error.status_code, detail, error.headers)


def _validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    first = error.errors()[0]
    kind = request.headers.get("content-type", "")
    if first["loc"] == ("body",) and first["type"] != "missing" and "json" not in kind:
        message = catalogue.Message("desk-content-type", kind=kind or "bytes")
        return _refusal(request.headers, 422, message)
    where = ".".join(str(part) for part in first["loc"]) or "body"
    what = validation_errors.fault(first)
    message = catalogue.Message("request-invalid", where=where, what=what)
    return _refusal(request.headers, 422, message)
