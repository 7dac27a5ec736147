"""Routes for what is asked most: FastAPI describes them, and plain ASGI answers them, because
FastAPI's solver of dependencies costs several times as much as a check, and the way through the
router and its handlers of errors as much as a tenth of one.

The endpoint of such a route has three parameters: the request; a model of what was given, which is
read of the JSON body, or as its annotation says of the query (`Query()`) or of a form or JSON body
(`Form()`); and who asks, found by a dependency that takes the request alone. The description is
made of the same signature.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Annotated, Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.params import Form, Query
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from host_tools.errors import KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.validator.http.strict_requests import StrictRequest, StrictRoute, refuse_doubled

_MAX_FIELDS = 1000  # of a form, as in starlette
_FAULT = "kodebrik.fault"  # in the scope of a request that could not be answered

Read = Callable[[StrictRequest], Awaitable[object]]


class DirectRoute(StrictRoute):
    """A route that calls its endpoint without FastAPI's solver."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Do as APIRoute does, but for the call."""
        super().__init__(path, endpoint, **options)
        given, asker = _parameters(endpoint)
        model, *marks = get_args(given) if get_origin(given) is Annotated else (given,)
        self._validate = model.__pydantic_validator__.validate_python
        self._in_query = any(isinstance(mark, Query) for mark in marks)
        self._read: Read = _form if any(isinstance(mark, Form) for mark in marks) else _json
        self._find_asker = asker.__metadata__[0].dependency
        self.app = self._respond

    async def answer(self, request: StrictRequest) -> Response:
        """Give the answer to a request."""
        query = _once(request.query_params.multi_items()) if request["query_string"] else {}
        asker = await self._find_asker(request)
        given = query if self._in_query else await self._read(request)
        try:
            fields = self._validate(given, from_attributes=True)
        except ValidationError as error:
            where = "query" if self._in_query else "body"
            faults = error.errors(include_url=False, include_input=False)
            raise _invalid({**fault, "loc": (where, *fault["loc"])} for fault in faults) from None
        answer: BaseModel | Response = await self.endpoint(request, fields, asker)
        if isinstance(answer, Response):
            return answer
        text = answer.model_dump_json(exclude_unset=self.response_model_exclude_unset)
        return Response(text, media_type="application/json")

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _FAULT in scope:
            raise scope[_FAULT]
        answer = await self.answer(StrictRequest(scope, receive))
        await answer(scope, receive, send)


class DirectRoutes:
    """ASGI middleware that has direct routes answer without the router. A fault goes the router's
    way, on which it becomes an answer."""

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        """Of the `routes`, those are meant that are direct."""
        self._app = app
        self._routes = {
            (method, route.path): route
            for route in routes
            if isinstance(route, DirectRoute)
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        route = self._routes.get((scope["method"], scope["path"])) if "method" in scope else None
        if route is not None:
            try:
                answer = await route.answer(StrictRequest(scope, receive))
            except (KodebrikError, HTTPException, RequestValidationError) as fault:
                scope[_FAULT] = fault
            else:
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _parameters(endpoint: Callable[..., Any]) -> tuple[Any, Any]:
    """Give the annotations of the endpoint's second and third parameter."""
    hints = get_type_hints(endpoint, include_extras=True)
    _, given, asker = (hint for name, hint in hints.items() if name != "return")
    return given, asker


async def _json(request: StrictRequest) -> object:
    body = await request.body()
    if not body:
        raise _invalid([{"type": "missing", "loc": ("body",), "msg": "Field required"}])
    if not _is_json(request):
        return body
    try:
        return await request.json()
    except json.JSONDecodeError as error:
        fault = {"type": "json_invalid", "loc": ("body", error.pos), "msg": "JSON decode error"}
        raise _invalid([fault | {"ctx": {"error": error.msg}}]) from None
    except (UnicodeDecodeError, RecursionError):
        raise HTTPException(400, Message("request-not-json")) from None


async def _form(request: StrictRequest) -> object:
    kind = _media_type(request)
    if kind == "application/x-www-form-urlencoded":
        text = (await request.body()).decode("latin-1")
        try:
            return _once(parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS))
        except ValueError:
            raise HTTPException(400, Message("request-too-many-fields", most=_MAX_FIELDS)) from None
    if _is_json(request):
        try:
            return await request.json()
        except (ValueError, RecursionError):
            raise HTTPException(400, Message("request-not-json")) from None
    form = await request.form()
    try:
        return dict(form)
    finally:
        await form.close()


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_json(request: Request) -> bool:
    kind, _, subtype = _media_type(request).partition("/")
    return kind == "application" and (subtype == "json" or subtype.endswith("+json"))


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    given = list(pairs)
    refuse_doubled(name for name, _ in given)
    return dict(given)


def _invalid(faults: Iterable[dict[str, Any]]) -> RequestValidationError:
    return RequestValidationError(list(faults))
