"""Limits on what one client may send: requests in time (token buckets) and bytes in one request.

The buckets live in one worker's memory; the lock after wrong codes, which every worker shares, is the validator's.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MAX_BUCKETS = 10_000  # clients remembered; the one unseen for longest is forgotten first


class Buckets:
    """One token bucket for each name: `rate` a second, up to `burst` at once."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` in seconds."""
        self._rate, self._burst, self._clock = rate, burst, clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()  # name to tokens left and when

    def wait(self, name: str, cost: float = 1.0) -> float:
        """Take `cost`, or give the seconds until there is enough. `cost` 0 only asks whether one more would go."""
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
            raise HTTPException(429, f"Too many requests; try again in {after} s.", headers={"Retry-After": after})


class BodyLimit:
    """ASGI middleware: a request longer than its limit gets 413, whether or not it says its length beforehand."""

    def __init__(self, app: ASGIApp, limit: int, exceptions: dict[str, int]) -> None:
        """`limit` in bytes; `exceptions` are other limits of single paths."""
        self._app, self._limit, self._exceptions = app, limit, exceptions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._exceptions.get(scope["path"], self._limit)
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
    return f"The request is longer than {limit:,} bytes, the most that is taken here."
