"""Headers that every answer carries: nothing is cached, framed, sniffed or fetched from elsewhere
(OWASP ASVS 5 V3)."""

from collections.abc import Sequence

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from host_tools.validator.http.content_policy import POLICY, content_policy

_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
_NO_STORE = (b"cache-control", b"no-store")
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")  # seconds: a year


def add_security_headers(answer: Response) -> Response:
    """Add the headers to the answer to an unexpected error, which is made outside of all
    middleware."""
    answer.raw_headers += [_policy(()), *_HEADERS, _NO_STORE]
    return answer


class SecurityHeaders:
    """ASGI middleware that adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, framed_by: Sequence[str]) -> None:
        """Wrap `app`, whose pages may be frames on pages of the origins `framed_by`."""
        self._app, self._policy = app, _policy(framed_by)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the start of the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *_HEADERS]
                if self._policy[0] not in (name for name, _ in message["headers"]):
                    headers.append(self._policy)
                if not scope["path"].startswith("/static/"):
                    headers.append(_NO_STORE)
                if scope["scheme"] == "https":
                    headers.append(_STRICT_TRANSPORT)
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, with_headers)


def _policy(framed_by: Sequence[str]) -> tuple[bytes, bytes]:
    return POLICY.lower().encode(), content_policy(framed_by=framed_by).encode()
