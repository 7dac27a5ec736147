"""Serves the desk of one token or several on the loopback, at an address that only its reader
knows."""

import secrets
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from host_tools.desk.application import create_app
from host_tools.desk.token import DeskToken
from host_tools.web_server import LOOPBACK, listen, serving

if TYPE_CHECKING:
    from emulator.session import Emulator
    from host_tools.desk.bank import Bank

_LOOK = 0.5  # seconds between two looks at signals
_GRACE = 1  # seconds that requests under way have to finish


def serve(
    tokens: Sequence[tuple["Emulator", dict[str, str]]],
    listener: socket.socket,
    stop: threading.Event,
    ready: Callable[[str], None],
) -> None:
    """Serve page and API on `listener` until `stop`; `tokens` are emulators with the addresses of
    their links. `ready` gets the URL, in which the part after the # is the secret that every
    request must bring."""
    with ExitStack() as stack:
        desks = [stack.enter_context(DeskToken(*token)) for token in tokens]
        _serve(desks, None, listener, stop, ready)


def serve_beside_a_bank(
    emulator: "Emulator",
    links: dict[str, str],
    listener: socket.socket,
    stop: threading.Event,
    ready: Callable[[str], None],
) -> None:
    """Serve the demonstration until `stop`: a blank token, and the bank at which it is ordered."""
    with DeskToken(emulator, links) as desk, _bank(desk, listener) as bank:
        _serve([desk], bank, listener, stop, ready)


def _serve(
    desks: Sequence[DeskToken],
    bank: "Bank | None",
    listener: socket.socket,
    stop: threading.Event,
    ready: Callable[[str], None],
) -> None:
    secret = secrets.token_urlsafe(24)
    app = create_app(desks, secret, bank)
    with serving(app, listener, lifespan="off", timeout_graceful_shutdown=_GRACE) as url:
        try:
            ready(f"{url}/#{secret}")
            # A signal that another thread was woken by is noticed when this one runs again.
            while not stop.wait(_LOOK):
                pass
        finally:
            for desk in desks:  # or the server would wait for who plays, and those who listen
                desk.replay.stop()
                desk.broadcast.close()


@contextmanager
def _bank(desk: DeskToken, page: socket.socket) -> "Iterator[Bank]":
    """Serve a bank that keeps nothing, for the page that listens on `page`."""
    from host_tools.desk import bank  # noqa: PLC0415 - slow to load

    listener = listen(LOOPBACK, 0)
    page_port, port = (one.getsockname()[1] for one in (page, listener))
    with (
        tempfile.TemporaryDirectory(prefix="kodebrik-") as folder,
        bank.opened(desk, Path(folder), page_port, port) as opened,
        serving(opened.app, listener, timeout_graceful_shutdown=_GRACE),
    ):
        yield opened
