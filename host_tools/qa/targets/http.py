"""HTTP to a server: JSON, errors as KodebrikError, and the server's clock by its Date header."""

import ipaddress
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import cause

_TIMEOUT = 20.0  # seconds
_DATE_HALF = 0.5  # seconds, half of what a Date header rounds down by


@dataclass(frozen=True)
class Reply:
    """A server's answer: status, JSON (None when there is none), and the seconds it took."""

    status: int
    body: Any
    took: float


class HttpClient:
    """A client of the server at `url`. May be used from several threads."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        """Send `headers` with every request; they may hold a key, so only https or the loopback is
        allowed."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise KodebrikError("server-url-invalid", ExitCode.USAGE, url=url)
        if parts.scheme == "http" and not _loopback(parts.hostname):
            raise KodebrikError("server-url-insecure", ExitCode.USAGE, url=url)
        self.url = url.rstrip("/")
        self.headers = headers
        self.ahead: float | None = None  # seconds that the server's clock was ahead last
        limits = httpx2.Limits(max_connections=64, max_keepalive_connections=64)
        self._client = httpx2.Client(timeout=_TIMEOUT, limits=limits)

    def ask(self, method: str, path: str, **arguments: Any) -> Reply:
        """Send a request with httpx2's arguments; KodebrikError when there is no answer."""
        sent, began = time.time(), time.perf_counter()
        try:
            response = self._client.request(
                method, self.url + path, headers=self.headers, **arguments
            )
        except httpx2.HTTPError as error:
            raise KodebrikError(
                "server-silent", ExitCode.SILENT, url=self.url, reason=cause(error)
            ) from None
        took = time.perf_counter() - began
        if "date" in response.headers:
            told = parsedate_to_datetime(response.headers["date"]).timestamp() + _DATE_HALF
            self.ahead = told - (sent + took / 2)
        try:
            body = response.json() if response.content else None
        except ValueError:
            body = None
        return Reply(response.status_code, body, took)

    def refused(self, what: str, reply: Reply) -> KodebrikError:
        """Make the error for a server's refusal `reply`; `what` names the request."""
        body = reply.body if isinstance(reply.body, dict) else {}
        told = (
            body.get("error")
            or (body.get("result") or {}).get("error", {}).get("message")
            or Message("server-no-reason")
        )
        hint = body.get("hint") or Message("server-refused-hint")
        return KodebrikError(
            "server-refused",
            ExitCode.NOT_READY,
            what=what,
            status=reply.status,
            reason=told,
            advice=hint,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
