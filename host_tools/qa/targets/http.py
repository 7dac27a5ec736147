"""HTTP to a server: JSON, errors as KodebrikError, and the server's clock by its Date header."""

import ipaddress
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.messages.system_errors import cause, speaks_no_tls

_TIMEOUT = 20.0  # seconds
_LAST_PORT = 65535
_TRIES = 3  # requests that are asked for the server's clock while it seems to be off


@dataclass(frozen=True)
class Reply:
    """A server's answer: status, JSON (None when there is none), the seconds it took, and by how
    many seconds the server's clock is ahead (None when it does not tell)."""

    status: int
    body: Any
    took: float
    ahead: float | None


class HttpClient:
    """A client of the server at `url`. May be used from several threads."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        """Send `headers` with every request; they may hold a key, so only https or the loopback is
        allowed."""
        try:
            parts = httpx2.URL(url)
            parts.host.encode("idna")  # as the system does that looks it up
        except (httpx2.InvalidURL, ValueError):
            raise KodebrikError("server-url-invalid", ExitCode.USAGE, url=url) from None
        if (
            parts.scheme not in ("http", "https")
            or not parts.host
            or (parts.port or 0) > _LAST_PORT
        ):
            raise KodebrikError("server-url-invalid", ExitCode.USAGE, url=url)
        if parts.scheme == "http" and not _loopback(parts.host):
            raise KodebrikError("server-url-insecure", ExitCode.USAGE, url=url)
        self.url = url.rstrip("/")
        self.headers = headers
        limits = httpx2.Limits(max_connections=64, max_keepalive_connections=64)
        self._client = httpx2.Client(timeout=_TIMEOUT, limits=limits)

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **arguments: Any
    ) -> Reply:
        """Send a request, with `headers` more and httpx2's arguments; KodebrikError when there is
        no answer."""
        sent, began = time.time(), time.perf_counter()
        try:
            response = self._client.request(
                method, self.url + path, headers={**self.headers, **(headers or {})}, **arguments
            )
        except httpx2.HTTPError as error:
            if speaks_no_tls(error):
                raise KodebrikError("server-without-tls", ExitCode.SILENT, url=self.url) from None
            raise KodebrikError(
                "server-silent", ExitCode.SILENT, url=self.url, reason=cause(error)
            ) from None
        took = time.perf_counter() - began
        ahead = None
        if "date" in response.headers:
            told = parsedate_to_datetime(response.headers["date"]).timestamp()
            ahead = seconds_ahead(told, sent, sent + took)
        try:
            body = response.json() if response.content else None
        except ValueError:
            body = None
        return Reply(response.status_code, body, took, ahead)

    def clock_ahead(self, path: str) -> float | None:
        """Give by how many seconds the server's clock is ahead, None when it does not tell: the
        least of a few answers, for a busy server may send the Date of a while ago."""
        seen = []
        for _ in range(_TRIES):
            ahead = self.ask("GET", path).ahead
            if not ahead:
                return ahead
            seen.append(ahead)
        return min(seen, key=abs)

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


def seconds_ahead(told: float, sent: float, received: float) -> float:
    """Give by how many seconds a server's clock is ahead at least: negative when it is behind, 0
    when the duration of the request explains the difference.

    `told` is the answer's Date, which has whole seconds; `sent` and `received` are our times of the
    request and the answer.
    """
    if told > received:
        return told - received
    return min(0.0, told + 1 - sent)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
