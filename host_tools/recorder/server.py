"""Serves the recording page on loopback until Ctrl-C, below a random path: whoever else uses this
machine cannot open it."""

import contextlib
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from host_tools import whole_files
from host_tools.errors import ExitCode, KodebrikError, listen_code
from host_tools.messages.system_errors import reason
from host_tools.recorder.page import Recorder, application
from host_tools.voice.languages import Language

_HOST = "127.0.0.1"
_GRACE = 5  # seconds that requests under way have to finish


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def serve(
    language: Language, folder: Path, port: int, spoken: str, ready: Callable[[str, Recorder], None]
) -> Recorder:
    """Serve until Ctrl-C. `ready(url, recorder)` is called when the page answers. KodebrikError
    for a folder or a port that cannot be used."""
    whole_files.make_folder(folder)
    recorder = Recorder(language, folder)
    token = secrets.token_urlsafe(24)
    try:
        listener = socket.create_server((_HOST, port))
    except OSError as error:
        raise KodebrikError(
            "listen-failed", listen_code(error), host=_HOST, port=port, reason=reason(error)
        ) from None
    with listener:
        url = f"http://{_HOST}:{listener.getsockname()[1]}/{token}/"
        config = uvicorn.Config(
            application(recorder, token, spoken),
            access_log=False,  # it would hold the path
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        server = _Server(config, lambda: ready(url, recorder))
        # uvicorn raises the signal again once it has shut down
        with contextlib.suppress(KeyboardInterrupt):
            server.run([listener])
    if not server.started:
        raise KodebrikError("server-not-started", ExitCode.INTERNAL)
    return recorder
