"""Limits on what one client may send: requests in time (token buckets) and bytes in one request.

The buckets live in one worker's memory; the lock after wrong codes, which every worker shares, is
the validator's.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from host_tools.messages import catalogue

_SITE = 64  # bits of an IPv6 address that one client shares: the others are its own to choose
_MAX_BUCKETS = 10_000  # clients remembered; the one unseen for longest is forgotten first


def network_prefix(address: str) -> str:
    """Give what is counted together with an address: itself, of IPv6 its network of 64 bits."""
    try:
        number = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(number, IPv6Address):
        return address
    if number.ipv4_mapped is not None:
        return str(number.ipv4_mapped)
    return str(IPv6Address(int(number) >> _SITE << _SITE))


class RateLimit:
    """One token bucket for each name: `rate` a second, up to `burst` at once."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` in seconds."""
        self._rate, self._burst, self._clock = rate, burst, clock
        self._levels: OrderedDict[str, tuple[float, float]] = (
            OrderedDict()
        )  # name to tokens left and when

    def wait(self, name: str, cost: float = 1.0) -> float:
        """Take `cost`, or give the seconds until there is enough. `cost` 0 only asks whether one
        more would go."""
        now = self._clock()
        left, at = self._levels.get(name, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        wanted = cost or 1.0
        if left < wanted:
            return (wanted - left) / self._rate
        self._levels[name] = (left - cost, now)
        self._levels.move_to_end(name)
        if len(self._levels) > _MAX_BUCKETS:
            self._levels.popitem(last=False)
        return 0.0

    def take(self, name: str, cost: float = 1.0) -> None:
        """As wait(), but too many are an HTTP error 429 that says when to come again."""
        seconds = self.wait(name, cost)
        if seconds > 0:
            after = str(int(seconds) + 1)
            raise HTTPException(
                429,
                catalogue.Message("requests-too-many", seconds=after),
                headers={"Retry-After": after},
            )


@dataclass(frozen=True, slots=True)
class UploadLimit:
    """Paths that take up to `limit` bytes, of those for whom `allowed` says so; of anybody else as
    much as any path."""

    paths: tuple[str, ...]
    limit: int
    allowed: Callable[[Request], Awaitable[bool]]


class BodyLimit:
    """ASGI middleware: a request longer than its limit gets 413, whether or not it says its length
    beforehand.

    A body is read into memory before a route looks at who sent it, so who may send a long one is
    asked here.
    """

    def __init__(self, app: ASGIApp, limit: int, uploads: UploadLimit) -> None:
        """`limit` in bytes."""
        self._app, self._limit, self._uploads = app, limit, uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit
        if scope["path"] in self._uploads.paths and await self._uploads.allowed(Request(scope)):
            limit = self._uploads.limit
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > limit:
                await self._refuse(scope, send, limit)
                return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413, _too_long(limit))
            return message

        await self._app(scope, counted, send)

    @staticmethod
    async def _refuse(scope: Scope, send: Send, limit: int) -> None:
        refusal = {"error": _too_long(limit), "hint": "Send less at once."}
        body = json.dumps(refusal).encode()
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _too_long(limit: int) -> str:
    return catalogue.Message("request-too-long", most=limit)
