"""Liveness and readiness probes of a worker; both need no API key."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from host_tools.validator.http.refusals import responses
from host_tools.validator.service import Validator

router = APIRouter(tags=["operation"])


class Health(BaseModel):
    """The answer to a probe."""

    status: str


@router.get("/healthz")
async def alive() -> Health:
    """Answer 200 while the worker runs."""
    return Health(status="ok")


@router.get("/readyz", responses=responses(503))
def ready(request: Request) -> Health:
    """Answer 200 when the database answers, else 503."""
    validator: Validator = request.app.state.validator
    validator.ping()
    return Health(status="ok")
