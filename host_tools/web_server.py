"""Where a web application listens, and a server for one in a thread of this process."""

import errno
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

from host_tools.errors import ExitCode, KodebrikError, listen_code
from host_tools.messages.system_errors import reason

if TYPE_CHECKING:
    from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
_BACKLOG = 2048  # connections that wait to be accepted
_POLL = 0.01  # seconds between two looks at whether the server has started


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address, port 0: any that is free. KodebrikError when that cannot be."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise KodebrikError("listen-taken", ExitCode.BUSY, host=host, port=port) from None
        raise KodebrikError(
            "listen-failed", listen_code(error), host=host, port=port, reason=reason(error)
        ) from None


@contextmanager
def serving(app: "ASGIApp", listener: socket.socket, **settings: Any) -> Iterator[str]:
    """Serve `app` on a port of the loopback while the block runs, and give the URL. The server
    writes no log of requests, whose paths may hold a secret. `settings` are uvicorn's.

    KodebrikError when the server could not start.
    """
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", server_header=False, **settings
    )
    server = uvicorn.Server(config)
    with listener:
        scheme = "https" if config.is_ssl else "http"
        url = f"{scheme}://{LOOPBACK}:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, args=([listener],), name="web-server")
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(_POLL)
        if not server.started:
            raise KodebrikError("server-not-started", ExitCode.INTERNAL)
        try:
            yield url
        finally:
            server.should_exit = True
            thread.join()
