"""A server on a free port of loopback in a thread of this process, for tests."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from host_tools.errors import ExitCode, KodebrikError
from host_tools.validator.http.settings import Settings
from host_tools.validator.server.application import create_app
from host_tools.validator.server.bounded_requests import BoundedRequestsProtocol
from host_tools.validator.service import Validator

_POLL = 0.01  # seconds between two looks at whether it has started


@contextmanager
def serving(validator: Validator, settings: Settings) -> Iterator[str]:
    """Serve an open validator, whose caller closes it; give the URL. KodebrikError when the server
    could not start."""
    config = uvicorn.Config(
        create_app(validator, settings),
        http=BoundedRequestsProtocol,
        access_log=False,
        log_config=None,
        server_header=False,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            if not thread.is_alive():
                raise KodebrikError("server-not-started", ExitCode.INTERNAL)
            time.sleep(_POLL)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
