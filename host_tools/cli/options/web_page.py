"""What commands share that show an emulated token on a page in the browser until they are stopped:
options, a socket for the page, and the signals."""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from host_tools.errors import ExitCode, KodebrikError
from host_tools.extras import from_extra

WebPort = Annotated[
    int,
    typer.Option(
        "--web-port", metavar="PORT", min=0, max=65535, help="--web: its port; 0: any free one."
    ),
]
OpenPage = Annotated[bool, typer.Option("--open", help="--web: have the browser open the page.")]


def check_page(web: bool, port: int, open_page: bool) -> None:
    """Check that what is for the page is given with the page alone; KodebrikError."""
    if not web and (port or open_page):
        raise KodebrikError("page-without-web", ExitCode.USAGE)


def listen_for_page(port: int) -> socket.socket:
    """Listen at the port of the loopback for the page."""
    with from_extra("not-installed-desk"):
        from host_tools.web_server import LOOPBACK, listen  # noqa: PLC0415 - an extra
    return listen(LOOPBACK, port)


@contextmanager
def asked_to_stop() -> Iterator[threading.Event]:
    """Give an event that SIGINT and SIGTERM set while the block runs."""
    stop = threading.Event()

    def ask(*_: object) -> None:
        # In a thread: this one may be inside the event, which would wait for itself.
        threading.Thread(target=stop.set, daemon=True).start()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
