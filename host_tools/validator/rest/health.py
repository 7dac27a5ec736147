"""Liveness and readiness probes of a worker; both need no API key."""

import threading
import time
from collections.abc import Callable

from fastapi import APIRouter, Request
from pydantic import BaseModel

from host_tools.errors import KodebrikError
from host_tools.validator.http.refusals import responses
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.service import Validator

router = APIRouter(tags=["operation"], route_class=StrictRoute)


_KEPT = 1.0  # seconds


class Readiness:
    """Whether a worker can decide checks. The outcome of a probe, which writes to the disk, is kept
    for _KEPT seconds: anybody may ask."""

    def __init__(self, validator: Validator, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` in seconds."""
        self._validator, self._clock = validator, clock
        self._lock = threading.Lock()
        self._probed: tuple[float, KodebrikError | None] | None = None

    def require(self) -> None:
        """Raise KodebrikError when the worker is not ready."""
        with self._lock:
            if self._probed is None or not 0 <= self._clock() - self._probed[0] < _KEPT:
                self._probed = (self._clock(), self._probe())
            fault = self._probed[1]
        if fault is not None:
            raise fault

    def _probe(self) -> KodebrikError | None:
        try:
            self._validator.probe()
        except KodebrikError as error:
            return error
        return None


class Health(BaseModel):
    """The answer to a probe."""

    status: str


@router.get("/healthz")
async def alive() -> Health:
    """Answer 200 while the worker runs."""
    return Health(status="ok")


@router.get("/readyz", responses=responses(503))
def ready(request: Request) -> Health:
    """Answer 200 when the master key opens the database, which takes what is written to it; else
    503."""
    readiness: Readiness = request.app.state.readiness
    readiness.require()
    return Health(status="ok")
