"""The log of faults that stop the server from serving: each with its identifier and in words,
without traceback, and once a minute, however many requests fail. Each altered row is a fault of its
own."""

import logging
import math
import time

from host_tools.errors import KodebrikError
from host_tools.validator.errors import AlteredError

_AGAIN = 60.0  # seconds


class FaultLog:
    """Remembers when each fault was logged."""

    def __init__(self, log: logging.Logger) -> None:
        """`log` takes the faults."""
        self._log = log
        self._logged: dict[str, float] = {}  # within the last minute

    def note(self, error: KodebrikError) -> None:
        """Log an error, unless it was logged within the last minute."""
        identifier, now = error.message.identifier, time.monotonic()
        fault = error.message if isinstance(error, AlteredError) else identifier
        if now - self._logged.get(fault, -math.inf) >= _AGAIN:
            recent = {each: at for each, at in self._logged.items() if now - at < _AGAIN}
            self._logged = recent | {fault: now}
            self._log.error("%s: %s %s", identifier, error.message, error.hint)
