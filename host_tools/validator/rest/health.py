"""Health: is this worker alive, and can it serve? Both without a key, and neither says more than
that."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from host_tools.validator.http.refusals import responses
from host_tools.validator.service import Validator

router = APIRouter(tags=["operation"])


class Health(BaseModel):
    """What a probe hears."""

    status: str


@router.get("/healthz")
async def alive() -> Health:
    """Say that the worker runs."""
    return Health(status="ok")


@router.get("/readyz", responses=responses(503))
def ready(request: Request) -> Health:
    """Say that the database answers; 503 when it does not."""
    validator: Validator = request.app.state.validator
    validator.ping()
    return Health(status="ok")
