"""uvicorn's HTTP/1.1 protocol with bounds on requests: the number and the size of the headers, and
the time in which headers and body must have arrived. rate_limits.BodyLimit bounds a body's size.

Without them a client that sends a byte now and then keeps a connection for ever ("slow loris"), and
one that never ends a header fills the memory before any route sees the request.
"""

import asyncio
import logging
import sys
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = logging.getLogger("kodebrik.http")

MAX_HEADERS = 100
MAX_HEADER_BYTES = 32 * 1024  # of the request line and all headers
HEADER_SECONDS = 10.0  # from the connection, or from the first byte of a later request
# A body of n bytes may take BODY_SECONDS + n / BODY_RATE seconds (as in Apache's mod_reqtimeout).
BODY_SECONDS = 20.0
BODY_RATE = 500  # bytes a second


_TLS_RECORD = b"\x16"  # the first byte of TLS (RFC 8446, section 5.1)


class _TooLargeError(Exception):
    """The headers exceed a bound; the parser then reports an error."""


class BoundedRequestsProtocol(HttpToolsProtocol):
    """A connection of a client. Whoever exceeds a bound is answered 431 or 408 and cut off."""

    _begun = _is_tls = False
    _in_headers = True
    _received = 0  # bytes since the request began, as long as its headers have not ended
    _size = 0  # bytes of the request line and the headers that have ended
    _body_from = 0.0  # the loop's time at which the body may begin
    _body = 0  # bytes of the body that have arrived
    _timer: asyncio.TimerHandle | None = None
    _refusal = HTTPStatus.BAD_REQUEST

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived."""
        if not self._begun:
            self._begun = True
            self._is_tls = data.startswith(_TLS_RECORD)
        if self._in_headers:
            self._received += len(data)
        super().data_received(data)
        if self._in_headers and self._received > MAX_HEADER_BYTES:
            self._cut_off(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._timer is None:  # most requests come whole, and need none
            self._await_rest()

    def on_message_begin(self) -> None:
        """Begin to count the headers of a request."""
        super().on_message_begin()
        self._size = 0

    def on_url(self, url: bytes) -> None:
        """Take a part of the request line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        if len(self.headers) >= MAX_HEADERS:
            self._refuse()
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to wait for the body."""
        self._in_headers, self._received = False, 0
        self._stop_timer()
        self._body_from, self._body = self.loop.time(), 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for the next request."""
        self._in_headers = True
        self._stop_timer()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer a request that cannot be parsed, or exceeds a bound, and close the connection."""
        if self._refusal is HTTPStatus.BAD_REQUEST:
            self._log_fault()
            super().send_400_response(msg)
        else:
            self._cut_off(self._refusal)

    def _log_fault(self) -> None:
        """Log whose request could not be parsed, and why; called while the parser's error is
        handled."""
        host = self.client[0] if self.client else "an unknown address"
        if self._is_tls:
            cause = "it speaks TLS, and this server plain HTTP"
        else:
            cause = str(sys.exc_info()[1] or "not HTTP").rstrip(".")
        log.warning("A request from %s was refused, for it is not valid HTTP: %s.", host, cause)

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > MAX_HEADER_BYTES:
            self._refuse()

    def _refuse(self) -> None:
        self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        raise _TooLargeError

    def _await_rest(self) -> None:
        """Wait for the rest of a request that has begun."""
        if not self._in_headers:
            self._await_body()
        elif self._received:
            self._await_headers()

    def _await_headers(self) -> None:
        self._timer = self.loop.call_later(
            HEADER_SECONDS, self._cut_off, HTTPStatus.REQUEST_TIMEOUT
        )

    def _await_body(self) -> None:
        """Cut the connection off when the body is late, and else look again when it may be."""
        if self.pipeline:  # it is not read before the earlier request is answered
            self._body_from = self.loop.time()
        end = self._body_from + BODY_SECONDS + self._body / BODY_RATE
        if self.loop.time() < end:
            self._timer = self.loop.call_at(end, self._await_body)
        else:
            self._cut_off(HTTPStatus.REQUEST_TIMEOUT)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _is_answering(self) -> bool:
        """Say whether the answer to this request, or to an earlier one, is on its way."""
        if self.cycle is None or self.cycle.response_complete:
            return False
        return self._in_headers or self.cycle.response_started

    def _cut_off(self, status: HTTPStatus) -> None:
        self._stop_timer()
        if self.transport.is_closing():
            return
        if not self._is_answering():
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            self.transport.write(f"{head}connection: close\r\ncontent-length: 0\r\n\r\n".encode())
        self.transport.close()
