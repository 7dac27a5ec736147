"""Errors as HTTP answers: JSON `{"error": …, "hint": …}`, or a page where a browser asked.

No answer repeats what was sent: that may be a code.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from host_tools.errors import KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.validator.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from host_tools.validator.rest import privacyidea_answers
from host_tools.validator.server.security_headers import add_security_headers
from host_tools.validator.site.admin_session import NotSignedInError, redirect_to_login
from host_tools.validator.site.pages import error_page, wants_page

log = logging.getLogger("kodebrik.api")


# The HTTP status of each class of refusal; any other error is the server's own (500).
_STATUS: dict[type[KodebrikError], int] = {
    InvalidError: 422,
    NotFoundError: 404,
    ConflictError: 409,
    UnavailableError: 503,
}
_HINT = "See /openapi.json for what is taken here."


def status_of(error: KodebrikError) -> int:
    """Give the HTTP status of an error of the validator."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)


def install(app: FastAPI) -> None:
    """Install the handlers that turn every error into JSON, or into a page for a browser."""
    app.add_exception_handler(KodebrikError, _kodebrik_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(NotSignedInError, redirect_to_login)
    app.add_exception_handler(Exception, _defect)


def _answer(
    request: Request,
    status: int,
    message: str,
    hint: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    if request.url.path.startswith(
        privacyidea_answers.PREFIX
    ):  # privacyIDEA's plug-ins read no other form
        number = privacyidea_answers.POLICY if status < 500 else privacyidea_answers.SERVER  # noqa: PLR2004 - HTTP's server errors
        return JSONResponse(privacyidea_answers.error(number, message), status, headers=headers)
    if wants_page(request):
        answer = error_page(request, status, message, hint)
        answer.headers.update(headers or {})
        return answer
    return JSONResponse({"error": message, "hint": hint}, status, headers=headers)


def _kodebrik_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, KodebrikError)  # noqa: S101 - install() registered it for these alone
    return _answer(request, status_of(error), error.message, error.hint)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    hint = "" if wants_page(request) else _HINT
    detail = error.detail
    if detail == HTTPStatus.NOT_FOUND.phrase:
        detail = Message("page-not-found")  # the framework's own, for an unknown address
    return _answer(request, error.status_code, detail, hint, error.headers)


def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return _answer(request, 422, f"{where}: {first['msg']}.", _HINT)


def _defect(request: Request, error: Exception) -> Response:
    log.error(
        "A request failed: %s.", type(error).__name__
    )  # starlette raises it again, for uvicorn's log
    message, hint = Message("server-failed"), Message("server-failed-hint")
    return add_security_headers(_answer(request, 500, message, hint))
