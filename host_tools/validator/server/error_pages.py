"""Every refusal as JSON `{"error": …, "hint": …}`, and none of them says again what was sent: that
may be a code."""

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from host_tools.errors import ExitCode, KodebrikError
from host_tools.validator.rest import privacyidea_answers
from host_tools.validator.server.security_headers import protect
from host_tools.validator.site.admin_session import LogInFirst, log_in_first
from host_tools.validator.site.pages import error_page, wants_page

log = logging.getLogger("kodebrik.api")


class Refusal(BaseModel):
    """Why a request was not carried out, and what to do."""

    error: str
    hint: str


STATUS: dict[int, int] = {
    ExitCode.BAD_INPUT: 422,
    ExitCode.NOT_FOUND: 404,
    ExitCode.CONFLICT: 409,
    ExitCode.DATABASE: 503,
}
_HINT = "See /openapi.json for what is taken here."
_MEANINGS = {
    400: "The request cannot be read.",
    401: "There is no valid API key.",
    403: "The API key's role may not do this.",
    404: "There is no such token, user or key.",
    409: "The token or user is not in a state for this.",
    413: "The request is too long.",
    422: "What was given is not valid.",
    429: "Too many requests; Retry-After says when to come again.",
    503: "The database does not answer.",
}


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe refusals for OpenAPI; those that every route has are always there."""
    always = (400, 401, 403, 413, 422, 429, 503)
    return {
        n: {"model": Refusal, "description": _MEANINGS[n]} for n in sorted({*always, *statuses})
    }


def status_of(error: KodebrikError) -> int:
    """Give the HTTP status of a refusal of the validator; any other error is the server's own
    (500)."""
    return STATUS.get(error.exit_code, 500)


def install(app: FastAPI) -> None:
    """Give `app` one form for all errors: JSON, or a page where a person's browser asked."""
    app.add_exception_handler(KodebrikError, _kodebrik_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(LogInFirst, log_in_first)
    app.add_exception_handler(Exception, _defect)


def _answer(
    request: Request, status: int, refusal: Refusal, headers: Mapping[str, str] | None = None
) -> Response:
    if request.url.path.startswith(
        privacyidea_answers.PREFIX
    ):  # privacyIDEA's plug-ins read no other form
        number = privacyidea_answers.POLICY if status < 500 else privacyidea_answers.SERVER  # noqa: PLR2004 - HTTP's server errors
        return JSONResponse(
            privacyidea_answers.error(number, refusal.error), status, headers=headers
        )
    if wants_page(request):
        answer = error_page(request, status, refusal.error, refusal.hint)
        answer.headers.update(headers or {})
        return answer
    return JSONResponse(refusal.model_dump(), status, headers=headers)


def _kodebrik_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, KodebrikError)  # noqa: S101 - install() registered it for these alone
    return _answer(request, status_of(error), Refusal(error=error.message, hint=error.hint))


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    hint = "" if wants_page(request) else _HINT
    return _answer(
        request, error.status_code, Refusal(error=str(error.detail), hint=hint), error.headers
    )


def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return _answer(request, 422, Refusal(error=f"{where}: {first['msg']}.", hint=_HINT))


def _defect(request: Request, error: Exception) -> Response:
    log.error(
        "A request failed: %s.", type(error).__name__
    )  # starlette raises it again, for uvicorn's log
    hint = "This is a defect; please report it with the server's log."
    return protect(_answer(request, 500, Refusal(error="The server failed.", hint=hint)))
