"""Serves a token's desk on the loopback, at an address that only its reader knows."""

import secrets
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from host_tools.desk.application import create_app
from host_tools.desk.token import DeskToken
from host_tools.web_server import serving

if TYPE_CHECKING:
    from emulator.session import Emulator

_LOOK = 0.5  # seconds between two looks at signals
_GRACE = 1  # seconds that requests under way have to finish


def serve(
    emulator: "Emulator",
    links: dict[str, str],
    listener: socket.socket,
    stop: threading.Event,
    ready: Callable[[str], None],
) -> None:
    """Serve page and API on `listener` until `stop`; `ready` gets the URL, in which the part after
    the # is the secret that every request must bring."""
    secret = secrets.token_urlsafe(24)
    with DeskToken(emulator, links) as desk:
        app = create_app(desk, secret)
        with serving(app, listener, lifespan="off", timeout_graceful_shutdown=_GRACE) as url:
            try:
                ready(f"{url}/#{secret}")
                # A signal that another thread was woken by is noticed when this one runs again.
                while not stop.wait(_LOOK):
                    pass
            finally:
                desk.broadcast.close()  # or the server would wait for those who listen
