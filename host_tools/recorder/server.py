"""Serves the recording page on loopback until Ctrl-C, below a random path: whoever else uses this
machine cannot open it."""

import contextlib
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from host_tools import whole_files
from host_tools.recorder.page import Recorder, application
from host_tools.voice.languages import Language
from host_tools.web_server import LOOPBACK, listen, serving

_GRACE = 5  # seconds that requests under way have to finish


def serve(
    language: Language, folder: Path, port: int, spoken: str, ready: Callable[[str, Recorder], None]
) -> Recorder:
    """Serve until Ctrl-C. `ready(url, recorder)` is called when the page answers. KodebrikError
    for a folder or a port that cannot be used."""
    whole_files.make_folder(folder)
    recorder = Recorder(language, folder)
    token = secrets.token_urlsafe(24)
    app = application(recorder, token, spoken)
    with (
        contextlib.suppress(KeyboardInterrupt),
        serving(app, listen(LOOPBACK, port), timeout_graceful_shutdown=_GRACE) as url,
    ):
        ready(f"{url}/{token}/", recorder)
        threading.Event().wait()
    return recorder
