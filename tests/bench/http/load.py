"""A load of HTTP/1.1 requests, light enough to share two cores with the server under test.

A fixed number of connections is kept open; each sends its next request when the answer to the
previous one is complete (a closed loop), so latencies include the server's queue and no waiting of
the load's own. Times are seconds.
"""

import asyncio
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_LONGEST = 1800.0  # seconds for a whole load
_OK = b"200"


@dataclass
class Load:
    """The results of a load."""

    seconds: float = 0.0
    answers: int = 0
    accepted: int = 0
    latencies: list[float] = field(default_factory=list)
    # HTTP status -> count, of answers that are not 200
    refused: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Give the accepted codes a second."""
        return self.accepted / self.seconds

    def percentile(self, share: float) -> float:
        """Give the latency that `share` (0 to 1) of all answers do not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request(path: str, body: bytes, kind: str, headers: dict[str, str]) -> bytes:
    """Give a POST as bytes; `kind` is the body's content type."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def fire(
    address: tuple[str, int], requests: Sequence[bytes], connections: int, accepted: bytes
) -> Load:
    """Send all requests in order over that many connections; an answer that contains `accepted`
    counts as an acceptance."""
    if sys.platform == "win32":
        return asyncio.run(_fire(address, requests, connections, accepted))
    import uvloop  # noqa: PLC0415 - not on Windows

    return uvloop.run(_fire(address, requests, connections, accepted))


async def _fire(
    address: tuple[str, int], requests: Sequence[bytes], connections: int, accepted: bytes
) -> Load:
    loop = asyncio.get_running_loop()
    load, waiting = Load(), iter(requests)
    lines = [_Line(load, waiting, accepted, address) for _ in range(connections)]
    for line in lines:
        await line.connect()
    began = loop.time()
    for line in lines:
        line.next()
    await asyncio.wait_for(asyncio.gather(*(line.done for line in lines)), _LONGEST)
    load.seconds = loop.time() - began
    return load


class _Line(asyncio.Protocol):
    """One connection; opened anew after each answer when the server closes it, as privacyIDEA's
    does."""

    def __init__(
        self, load: Load, waiting: Iterator[bytes], accepted: bytes, address: tuple[str, int]
    ) -> None:
        self._load, self._waiting, self._accepted, self._address = load, waiting, accepted, address
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self._loop.create_future()
        self._heard = b""
        self._sent = 0.0
        self._answered = True

    async def connect(self) -> None:
        self._transport, _ = await self._loop.create_connection(lambda: self, *self._address)

    async def _again(self) -> None:
        await self.connect()
        self.next()

    def next(self) -> None:
        """Send the next request, or end."""
        piece = next(self._waiting, None)
        if piece is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._answered = False
        self._sent = time.perf_counter()
        self._transport.write(piece)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, found, body = self._heard.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or (length is not None and len(body) < int(length[1])):
            return
        self._heard, self._answered = b"", True
        load, status = self._load, head[9:12]
        load.answers += 1
        load.latencies.append(time.perf_counter() - self._sent)
        load.accepted += self._accepted in body
        if status != _OK:
            load.refused[status.decode()] = load.refused.get(status.decode(), 0) + 1
        if not _CLOSES.search(head):
            self.next()

    def connection_lost(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if self._answered:
            # kept, for the loop holds tasks weakly
            self._reopening = self._loop.create_task(self._again())
        else:
            self.done.set_exception(
                ConnectionError(f"the server closed a connection without an answer: {error}")
            )
