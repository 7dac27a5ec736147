"""A load of requests over HTTP/1.1, light enough to share two cores with the server that it measures.

So many connections are kept open, each sends its next request when the answer to the one before is whole (a closed
loop), so a latency holds the server's own queue and no waiting of ours. Times are seconds.
"""

import asyncio
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LONGEST = 300.0  # seconds for a whole load
_OK = b"200"


@dataclass
class Load:
    """What came of a load."""

    seconds: float = 0.0
    answers: int = 0
    accepted: int = 0
    latencies: list[float] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)  # HTTP status -> count, of answers that are not 200

    @property
    def rate(self) -> float:
        """Give the accepted codes a second."""
        return self.accepted / self.seconds

    def percentile(self, share: float) -> float:
        """Give the latency that `share` of all answers do not pass."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request(path: str, body: bytes, kind: str, headers: dict[str, str]) -> bytes:
    """Give a POST as bytes; `kind` is the body's content type."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def fire(address: tuple[str, int], requests: Sequence[bytes], connections: int, accepted: bytes) -> Load:
    """Send all requests in order over so many connections; an answer that holds `accepted` was an acceptance."""
    if sys.platform == "win32":
        return asyncio.run(_fire(address, requests, connections, accepted))
    import uvloop  # noqa: PLC0415 - not on Windows

    return uvloop.run(_fire(address, requests, connections, accepted))


async def _fire(address: tuple[str, int], requests: Sequence[bytes], connections: int, accepted: bytes) -> Load:
    loop = asyncio.get_running_loop()
    load, waiting = Load(), iter(requests)
    lines = [_Line(load, waiting, accepted, loop.create_future()) for _ in range(connections)]
    for line in lines:
        await loop.create_connection(lambda line=line: line, *address)  # type: ignore[misc]
    began = time.perf_counter()
    for line in lines:
        line.next()
    await asyncio.wait_for(asyncio.gather(*(line.done for line in lines)), _LONGEST)
    load.seconds = time.perf_counter() - began
    return load


class _Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, load: Load, waiting: Iterator[bytes], accepted: bytes, done: "asyncio.Future[None]") -> None:
        self._load, self._waiting, self._accepted, self.done = load, waiting, accepted, done
        self._heard = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def next(self) -> None:
        """Send the next request, or end."""
        piece = next(self._waiting, None)
        if piece is None:
            self._transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self._sent = time.perf_counter()
        self._transport.write(piece)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, found, body = self._heard.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or (length is not None and len(body) < int(length[1])):
            return
        self._heard = b""
        load, status = self._load, head[9:12]
        load.answers += 1
        load.latencies.append(time.perf_counter() - self._sent)
        load.accepted += self._accepted in body
        if status != _OK:
            load.refused[status.decode()] = load.refused.get(status.decode(), 0) + 1
        self.next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError(f"the server closed a connection: {error}"))
