"""Errors as HTTP answers: JSON `{"error": …, "hint": …, "id": …}`, or a page where a browser asked.
The texts are English, or in the language that Accept-Language asks for.

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
from host_tools.messages.catalogue import ENGLISH, Message
from host_tools.messages.validation_errors import fault
from host_tools.validator.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    SessionEndedError,
    TooManyRequestsError,
    UnavailableError,
)
from host_tools.validator.fault_log import FaultLog
from host_tools.validator.http.refusals import Refusal
from host_tools.validator.rest import privacyidea_answers
from host_tools.validator.server.security_headers import add_security_headers
from host_tools.validator.site.admin_session import NotSignedInError, redirect_to_login
from host_tools.validator.site.pages import error_page, spoken, wants_page
from host_tools.web_pages import asked_language

log = logging.getLogger("kodebrik.api")


# The HTTP status of each class of refusal; any other error is the server's own (500).
_STATUS: dict[type[KodebrikError], int] = {
    InvalidError: 422,
    NotFoundError: 404,
    ConflictError: 409,
    SessionEndedError: 401,
    TooManyRequestsError: 429,
    UnavailableError: 503,
}


def status_of(error: KodebrikError) -> int:
    """Give the HTTP status of an error of the validator."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)


def install(app: FastAPI) -> None:
    """Install the handlers that turn every error into JSON, or into a page for a browser."""
    app.state.faults = FaultLog(log)
    app.add_exception_handler(KodebrikError, _kodebrik_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(NotSignedInError, redirect_to_login)
    app.add_exception_handler(Exception, _defect)


def _answer(
    request: Request,
    status: int,
    message: Message,
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
    asked = asked_language(request.headers) or ENGLISH
    refusal = Refusal(error=message.text(asked), hint=spoken(asked, hint)[0], id=message.identifier)
    return JSONResponse(refusal.model_dump(), status, headers=headers)


def _kodebrik_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, KodebrikError)  # noqa: S101 - install() registered it for these alone
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        faults: FaultLog = request.app.state.faults
        faults.note(error)
    headers = None
    if isinstance(error, TooManyRequestsError):
        headers = {"Retry-After": str(error.seconds)}
    return _answer(request, status, error.message, error.hint, headers)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    hint = "" if wants_page(request) else _hint(error.status_code)
    return _answer(request, error.status_code, _detail(error), hint, error.headers)


def _hint(status: int) -> Message:
    """Give what to do; whoever has no valid API key cannot read the API's description either."""
    return Message("api-key-hint" if status == HTTPStatus.UNAUTHORIZED else "request-hint")


def _detail(error: HTTPException) -> Message:
    detail = error.detail
    if isinstance(detail, Message):
        return detail
    if detail == HTTPStatus.NOT_FOUND.phrase:
        return Message("page-not-found")
    if detail == HTTPStatus.METHOD_NOT_ALLOWED.phrase:
        return Message("method-not-allowed")
    return Message("request-refused", reason=detail)


def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    message = Message("request-invalid", where=where, what=fault(first))
    return _answer(request, 422, message, Message("request-hint"))


def _defect(request: Request, error: Exception) -> Response:
    # starlette raises it again, for uvicorn's log
    log.error("A request failed: %s.", type(error).__name__)
    message, hint = Message("server-failed"), Message("server-failed-hint")
    return add_security_headers(_answer(request, 500, message, hint))
