"""Requests that say everything once: a name that is given twice in a query, a form or a JSON object
is refused, because whoever reads the request elsewhere (a proxy, a log, the next version) may take
the other value.

Routes of a router with `route_class=StrictRoute` get such a request (FastAPI, "Custom Request and
APIRoute class"). With `route_class=ApiRoute` they refuse query fields that they do not have, too: a
filter with a typing error would else be a list without a filter.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect

from host_tools.messages.catalogue import Message


class StrictRequest(Request):
    """A request in which no name is given twice; HTTP error 422 for one in which it is."""

    _object: Any = None

    async def body(self) -> bytes:
        """Give the body; as Request does, but most bodies come in one piece."""
        if self._stream_consumed or hasattr(self, "_body"):
            return await super().body()
        first = await self._receive()
        if first["type"] != "http.request":
            raise ClientDisconnect
        rest = []
        if first.get("more_body", False):
            rest = [part async for part in self.stream()]
        self._stream_consumed = True
        self._body = b"".join([first.get("body", b""), *rest])
        return self._body

    async def json(self) -> Any:
        """Give the JSON body; json.JSONDecodeError when it is none."""
        if self._object is None:
            body = await self.body()
            text = body.decode(json.detect_encoding(body), "surrogatepass")
            self._object = _JSON.decode(text)
        return self._object

    async def form(self, **limits: Any) -> FormData:  # type: ignore[override]
        """Give the form."""
        parsed = await super().form(**limits)
        await refuse_doubled_fields(parsed)
        return parsed


class StrictRoute(APIRoute):
    """A route whose handler gets a request of `request_class`."""

    request_class = StrictRequest

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            self.check_query([name for name, _ in request.query_params.multi_items()])
            return await handle(self.request_class(request.scope, request.receive))

        return handle_strictly

    def check_query(self, names: Sequence[str]) -> None:
        """Raise HTTP error 422 for names of query fields that are not as they must be."""
        refuse_doubled(names)


class ApiRoute(StrictRoute):
    """A route for programs: its query has no fields but its own."""

    def check_query(self, names: Sequence[str]) -> None:
        """Do as StrictRoute does, and refuse what is not a field of the query."""
        super().check_query(names)
        if not self._fields.issuperset(names):
            raise HTTPException(422, Message("request-name-unknown"))

    @cached_property
    def _fields(self) -> set[str]:
        return _query_fields(self.dependant)


def _query_fields(dependant: Dependant) -> set[str]:
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_query_fields(inner) for inner in dependant.dependencies))


def refuse_doubled(names: Iterable[str]) -> None:
    """Raise HTTP error 422 when a name occurs twice. The answer does not repeat the name, which may
    be a code in a wrong place."""
    given = list(names)
    if len(set(given)) < len(given):
        raise HTTPException(422, Message("request-name-twice"))


async def refuse_doubled_fields(form: FormData) -> None:
    """Do as refuse_doubled() with a form's fields, and close the uploads of one that is refused."""
    try:
        refuse_doubled(name for name, _ in form.multi_items())
    except HTTPException:
        await form.close()
        raise


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        refuse_doubled(name for name, _ in pairs)
    return found


_JSON = json.JSONDecoder(object_pairs_hook=_once)  # json.loads() makes one for each text
