"""Limits on what one client may send: requests in time (token buckets) and bytes in one request.

The buckets live in one worker's memory, which they protect. Limits for guesses hold for all workers
and are the validator's (operations/guesses.py).
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from host_tools.messages import catalogue
from host_tools.validator.http.refusals import Refusal

_IPV6_PREFIX = 64  # bits of the network that one IPv6 client is assigned
_MAX_BUCKETS = 10_000  # clients remembered; the one unseen for longest is forgotten first


def network_prefix(address: str) -> str:
    """Give the network whose addresses share one limit: an IPv4 address itself, the /64 network of
    an IPv6 address."""
    try:
        number = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(number, IPv6Address):
        return address
    if number.ipv4_mapped is not None:
        return str(number.ipv4_mapped)
    return str(IPv6Address(int(number) >> _IPV6_PREFIX << _IPV6_PREFIX))


class RateLimit:
    """One token bucket for each name: `rate` a second, up to `burst` at once."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` in seconds."""
        self._rate, self._burst, self._clock = rate, burst, clock
        # name to tokens left and when
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> None:
        """Take a token; raise HTTP error 429 with Retry-After when there is none."""
        now = self._clock()
        left, at = self._levels.get(name, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        if left < 1:
            after = str(int((1 - left) / self._rate) + 1)
            raise HTTPException(
                429,
                catalogue.Message("requests-too-many", seconds=after),
                headers={"Retry-After": after},
            )
        self._levels[name] = (left - 1, now)
        self._levels.move_to_end(name)
        if len(self._levels) > _MAX_BUCKETS:
            self._levels.popitem(last=False)


@dataclass(frozen=True, slots=True)
class UploadLimit:
    """Paths whose requests may have up to `limit` bytes when `allowed(request)` is true; otherwise
    the general limit applies."""

    paths: tuple[str, ...]
    limit: int
    allowed: Callable[[Request], Awaitable[bool]]


class BodyLimit:
    """ASGI middleware that answers 413 to a request longer than its limit, with or without
    Content-Length.

    A body is read into memory before a route authenticates its sender, so the permission for long
    bodies is checked here.
    """

    def __init__(self, app: ASGIApp, limit: int, uploads: UploadLimit) -> None:
        """`limit` in bytes."""
        self._app, self._limit, self._uploads = app, limit, uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer 413 when its body exceeds the limit."""
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
        message = _too_long(limit)
        refusal = Refusal(
            error=message, hint=catalogue.Message("request-too-long-hint"), id=message.identifier
        )
        body = refusal.model_dump_json().encode()
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _too_long(limit: int) -> catalogue.Message:
    return catalogue.Message("request-too-long", most=limit)
