"""Multipart forms whose files stay in memory: files to import hold secrets in the clear, which must
not pass through a temporary file on the disk.

Starlette moves a file to the disk when it exceeds its parser's `spool_max_size`. Routes of a router
with `route_class=UploadRoute` get a request that parses with another limit (FastAPI, "Custom
Request and APIRoute class"); rate_limits.BodyLimit bounds the memory.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser


class _MemoryParser(MultiPartParser):
    spool_max_size = 2**30  # bytes; more than any request may have


class UploadRequest(Request):
    """A request whose uploaded files are held in memory."""

    _parsed: FormData | None = None

    async def form(self, **limits: Any) -> FormData:  # type: ignore[override]
        """Give the form; HTTP error 400 for one that cannot be read."""
        if not self.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            return await super().form(**limits)
        if self._parsed is None:
            try:
                self._parsed = await _MemoryParser(self.headers, self.stream(), **limits).parse()
            except MultiPartException as error:
                raise HTTPException(400, error.message) from None
        return self._parsed


class UploadRoute(APIRoute):
    """A route whose handler gets an UploadRequest."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def handle_upload(request: Request) -> Response:
            return await handle(UploadRequest(request.scope, request.receive))

        return handle_upload
