"""Serves a token's desk on the loopback, at an address that only its reader knows."""

import secrets
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

from host_tools.desk.application import create_app
from host_tools.desk.token import DeskToken
from host_tools.errors import ExitCode, KodebrikError, listen_code
from host_tools.messages.system_errors import reason

if TYPE_CHECKING:
    from emulator.session import Emulator

_HOST = "127.0.0.1"
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
    with listener, DeskToken(emulator, links) as desk:
        config = uvicorn.Config(
            create_app(desk, secret),
            access_log=False,
            log_level="warning",
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=_GRACE,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="desk-server")
        thread.start()
        try:
            ready(f"http://{_HOST}:{listener.getsockname()[1]}/#{secret}")
            stop.wait()
        finally:
            desk.broadcast.close()  # or the server would wait for those who listen
            server.should_exit = True
            thread.join()


def listen(port: int) -> socket.socket:
    """Listen on a port of the loopback, 0: any that is free. KodebrikError."""
    try:
        return socket.create_server((_HOST, port))
    except OSError as error:
        code = listen_code(error)
        if code is ExitCode.BUSY:
            raise KodebrikError("listen-taken", code, host=_HOST, port=port) from None
        raise KodebrikError(
            "listen-failed", code, host=_HOST, port=port, reason=reason(error)
        ) from None
