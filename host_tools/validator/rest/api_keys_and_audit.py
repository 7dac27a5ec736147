"""API keys and the audit over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from host_tools.validator.http.authentication import MAY_AUDIT, Caller, RequireRole
from host_tools.validator.http.fields import (
    CursorOfPage,
    KeyInPath,
    Limit,
    Name,
    RequestBody,
    Search,
)
from host_tools.validator.http.refusals import responses
from host_tools.validator.http.strict_requests import ApiRoute
from host_tools.validator.records import ApiKey, AuditEntry, AuditReport, Page, Role
from host_tools.validator.rest.tokens import Administrator, Reader, Service

router = APIRouter(prefix="/v1", tags=["keys and audit"], route_class=ApiRoute)

Auditor = Annotated[Caller, Depends(RequireRole(MAY_AUDIT))]


class NewKey(RequestBody):
    """Name of the owner and role of a new API key."""

    name: Name
    role: Role


class MadeKey(RequestBody):
    """A new API key; `key` is its value, which is never shown again."""

    name: str
    role: Role
    key: str


@router.get("/audit", responses=responses())
def read_audit(
    service: Service,
    caller: Reader,
    serial: Search | None = None,
    cursor: CursorOfPage = "",
    limit: Limit = 100,
) -> Page[AuditEntry]:
    """List audit entries, newest first; of one token, or all."""
    return service.audit(serial=serial, cursor=cursor, limit=limit)


@router.post("/audit/verify", responses=responses())
def verify_audit(service: Service, caller: Auditor) -> AuditReport:
    """Verify every audit chain; for each broken chain the first changed or missing entry is
    named."""
    return service.verify_audit()


@router.get("/keys", responses=responses())
def list_keys(service: Service, caller: Auditor) -> list[ApiKey]:
    """List API keys, revoked ones too."""
    return service.api_keys()


@router.post("/keys", responses=responses(409), status_code=201)
def create_key(service: Service, caller: Administrator, body: NewKey) -> MadeKey:
    """Create an API key."""
    made, key = service.create_api_key(body.name, body.role, actor=caller.name)
    return MadeKey(name=made.name, role=made.role, key=key.reveal().decode())


@router.delete(
    "/keys/{name}", responses=responses(404, 409), status_code=204, response_class=Response
)
def revoke_key(service: Service, caller: Administrator, name: KeyInPath) -> None:
    """Revoke an API key."""
    service.revoke_api_key(name, actor=caller.name)
