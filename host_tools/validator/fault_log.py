"""The log of faults that stop the server from serving: each in words, without traceback, and once a
minute, however many requests fail."""

import logging
import math
import time

from host_tools.errors import KodebrikError

_AGAIN = 60.0  # seconds


class FaultLog:
    """Remembers when each fault was logged."""

    def __init__(self, log: logging.Logger) -> None:
        """`log` takes the faults."""
        self._log = log
        self._logged: dict[str, float] = {}  # by identifier; the catalogue's are few

    def note(self, error: KodebrikError) -> None:
        """Log an error, unless it was logged within the last minute."""
        identifier, now = error.message.identifier, time.monotonic()
        if now - self._logged.get(identifier, -math.inf) >= _AGAIN:
            self._logged[identifier] = now
            self._log.error("%s %s", error.message, error.hint)
