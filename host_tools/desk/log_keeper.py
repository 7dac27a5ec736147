"""The emulator's log, for the page and its API: the last lines, and an event for each."""

import logging
import time
from collections import deque
from typing import Any

from host_tools.desk.broadcast import Broadcast

_KEPT = 200  # lines
_EMULATOR = logging.getLogger("emulator")
_log = logging.getLogger("emulator.desk")


class LogKeeper(logging.Handler):
    """Keeps what the emulator logs, such as the traceback of a firmware that has crashed."""

    def __init__(self, broadcast: Broadcast) -> None:
        """Publish each line as the event `log`."""
        super().__init__()
        self._broadcast = broadcast
        self.lines: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep and publish one record."""
        line = {"time": time.time(), "level": record.levelname, "message": record.getMessage()}
        self.lines.append(line)
        self._broadcast.publish("log", line)

    def failed(self, error: Exception) -> None:
        """Log that the emulated token has failed for good."""
        _log.error("%s", error)

    def attach(self) -> None:
        """Begin to keep."""
        _EMULATOR.addHandler(self)

    def detach(self) -> None:
        """End it."""
        _EMULATOR.removeHandler(self)
