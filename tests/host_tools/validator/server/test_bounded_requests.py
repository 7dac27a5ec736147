"""Bounds on a request's headers and body, over real connections to uvicorn."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from host_tools.validator.server import bounded_requests
from host_tools.validator.server.bounded_requests import BoundedRequestsProtocol
from tests.support.limits import REAL_LIMIT

MANY = 20 * REAL_LIMIT  # bytes, one each 0.05 s: REAL_LIMIT in all
GET = b"GET / HTTP/1.1\r\nhost: here\r\n"


async def application(scope, receive, send) -> None:
    """Answer with the number of headers, after the body was read, and under /late after 1 s."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/late":
        await asyncio.sleep(1)
    while (await receive()).get("more_body"):
        pass
    body = str(len(scope["headers"])).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    config = uvicorn.Config(
        application, http=BoundedRequestsProtocol, lifespan="off", log_level="critical"
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(REAL_LIMIT)


@pytest.fixture
def client(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port)) as opened:
        opened.settimeout(REAL_LIMIT)
        yield opened


def answer(client: socket.socket) -> bytes:
    """Give the body of one answer, whose length is the application's: one digit. What follows it
    stays to be read."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        assert byte, "closed"
        head += byte
    return client.recv(1)


def heard(client: socket.socket) -> bytes:
    """Give all that comes until the server closes the connection."""
    received = b""
    with contextlib.suppress(ConnectionResetError):  # what was sent last was not read any more
        while part := client.recv(4096):
            received += part
    return received


def dripped(client: socket.socket, begun: bytes, drop: bytes) -> tuple[int, bytes]:
    """Send a request's beginning, and then a drop each 0.05 s until there is an answer, or the
    connection is closed; give the number of drops and the answer."""
    client.settimeout(0.05)
    sent, received = 0, b""
    with contextlib.suppress(ConnectionError):
        client.sendall(begun)
        while sent < MANY:
            client.sendall(drop)
            sent += 1
            with contextlib.suppress(TimeoutError):
                received = client.recv(4096)
                break
    return sent, received


def test_ordinary_requests_on_one_connection_are_served(client: socket.socket) -> None:
    for _ in range(3):
        client.sendall(GET + b"content-length: 5\r\n\r\n12345")
        assert answer(client) == b"2"


def test_as_many_headers_as_are_allowed_are_served_and_one_more_is_not(port: int) -> None:
    for number, status in ((99, b"200"), (100, b"431")):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.settimeout(REAL_LIMIT)
            lines = b"".join(b"x-%d: 1\r\n" % n for n in range(number))
            client.sendall(GET + lines + b"\r\n")
            assert client.recv(4096).split()[1] == status


@pytest.mark.parametrize(
    "head",
    [
        b"x-long: " + b"a" * 40_000 + b"\r\n\r\n",
        b"".join(b"x-%d: %s\r\n" % (n, b"a" * 800) for n in range(50)) + b"\r\n",
    ],
    ids=["one long header", "many headers"],
)
def test_headers_that_are_too_long_are_refused(client: socket.socket, head: bytes) -> None:
    client.sendall(GET + head)
    assert heard(client).split()[1] == b"431"


def test_a_long_request_line_is_refused(client: socket.socket) -> None:
    client.sendall(b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nhost: here\r\n\r\n")
    assert heard(client).split()[1] == b"431"


def test_a_header_that_never_ends_is_refused_before_it_fills_the_memory(
    client: socket.socket,
) -> None:
    client.sendall(GET + b"x-long: ")
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < 64 * 2**20:
            client.sendall(b"a" * 4096)
            sent += 4096
    assert sent < 64 * 2**20, "the connection was closed"


@pytest.mark.parametrize("before", [b"", GET + b"\r\n"], ids=["first request", "second request"])
@pytest.mark.parametrize(
    ("begun", "drop"),
    [(GET + b"x-slow: ", b"a"), (b"", b"\r\n")],
    ids=["a header", "empty lines"],
)
def test_a_client_that_sends_a_byte_now_and_then_is_cut_off(
    port: int, monkeypatch: pytest.MonkeyPatch, before: bytes, begun: bytes, drop: bytes
) -> None:
    """The next byte always comes long before the time is over, and never resets it."""
    with contextlib.ExitStack() as opened:
        if not before:
            monkeypatch.setattr(bounded_requests, "HEADER_SECONDS", 0.5)
        client = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
        if before:
            client.sendall(before)
            assert answer(client) == b"1"
            monkeypatch.setattr(bounded_requests, "HEADER_SECONDS", 0.5)
        sent, _ = dripped(client, begun, drop)
    assert 0 < sent < MANY, "it was cut off"


@pytest.mark.parametrize("length", [b"content-length: 5000\r\n", b"transfer-encoding: chunked\r\n"])
def test_a_body_that_comes_too_slowly_is_refused(
    client: socket.socket, monkeypatch: pytest.MonkeyPatch, length: bytes
) -> None:
    monkeypatch.setattr(bounded_requests, "BODY_SECONDS", 0.5)
    drop = b"a" if length.startswith(b"content") else b"1\r\na\r\n"
    sent, received = dripped(client, GET + length + b"\r\n", drop)
    assert 0 < sent < MANY, "it was cut off"
    assert received.split()[1] == b"408"


def test_a_body_is_not_late_before_the_earlier_request_is_answered(
    client: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_requests, "BODY_SECONDS", 0.5)
    late = GET.replace(b"/", b"/late", 1)
    client.sendall(late + b"\r\n" + GET + b"content-length: 5000\r\n\r\n")
    assert answer(client) == b"1"
    assert heard(client).split()[1] == b"408"


def test_a_long_body_may_take_its_time(
    client: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_requests, "BODY_SECONDS", 0.01)
    monkeypatch.setattr(bounded_requests, "BODY_RATE", 100 / REAL_LIMIT)
    client.sendall(GET + b"content-length: 101\r\n\r\n" + b"a" * 100)
    time.sleep(0.1)
    client.sendall(b"a")
    assert answer(client) == b"2"
