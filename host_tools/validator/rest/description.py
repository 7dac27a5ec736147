"""The description of REST itself, for those who have an API key of any role."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from host_tools.validator.http.authentication import Caller, RequireRole
from host_tools.validator.http.refusals import responses
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.records import Role

router = APIRouter(tags=["operation"], route_class=StrictRoute)


@router.get("/openapi.json", responses=responses())
def description(
    request: Request, caller: Annotated[Caller, Depends(RequireRole(frozenset(Role)))]
) -> dict[str, Any]:
    """Give the OpenAPI 3.1 document."""
    document: dict[str, Any] = request.app.openapi()
    return document
