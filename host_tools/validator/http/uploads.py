"""Multipart forms whose files stay in memory: files to import hold secrets in the clear, which must
not pass through a temporary file on the disk.

Starlette moves a file to the disk when it exceeds its parser's `spool_max_size`. Routes of a router
with `route_class=UploadRoute` get a request that parses with another limit (FastAPI, "Custom
Request and APIRoute class"); rate_limits.BodyLimit bounds the memory.
"""

from typing import Any

from fastapi import HTTPException
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser

from host_tools.validator.http.strict_requests import (
    ApiRoute,
    StrictRequest,
    refuse_doubled_fields,
)


class _MemoryParser(MultiPartParser):
    spool_max_size = 2**30  # bytes; more than any request may have


class UploadRequest(StrictRequest):
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
            await refuse_doubled_fields(self._parsed)
        return self._parsed


class UploadRoute(ApiRoute):
    """A route whose handler gets an UploadRequest."""

    request_class = UploadRequest
