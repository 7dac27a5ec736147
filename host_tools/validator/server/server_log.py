"""The form of the server's log: each line with its time (UTC, RFC 3339) and level, on standard
error."""

import logging
from datetime import UTC, datetime
from typing import Any

_FORM = "%(asctime)s %(levelname)s %(message)s"
_REPLACED = "Invalid HTTP request received."  # bounded_requests.py says whose, and why


class UtcFormatter(logging.Formatter):
    """Writes times as 2026-01-31T12:00:00.000Z."""

    def __init__(self) -> None:
        """Take the server's form."""
        super().__init__(_FORM)

    def formatTime(self, record: logging.LogRecord, _: str | None = None) -> str:  # noqa: N802
        """Give the record's time."""
        at = datetime.fromtimestamp(record.created, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Replaced(logging.Filter):
    """Drops the line of uvicorn that names neither address nor cause."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the line is kept."""
        return record.msg != _REPLACED


_LOGGER = {"handlers": ["stderr"], "level": "WARNING"}
# As logging.config.dictConfig() takes it; each worker is told.
CONFIGURATION: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"timed": {"()": f"{__name__}.UtcFormatter"}},
    "filters": {"replaced": {"()": f"{__name__}.Replaced"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "timed",
            "filters": ["replaced"],
        }
    },
    "loggers": {
        "asyncio": _LOGGER,
        "kodebrik": _LOGGER,
        "uvicorn": _LOGGER | {"propagate": False},
    },
}
