"""The administration's page of the audit: its entries, and their verification."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from host_tools.validator.http.authentication import MAY_AUDIT
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.service import Validator
from host_tools.validator.site.admin_session import Operator, SignedIn, SignedInForm, show

router = APIRouter(prefix="/admin", route_class=StrictRoute, include_in_schema=False)

_PAGE = 50  # rows


@router.get("/audit")
def list_audit(
    request: Request, operator: SignedIn, offset: Annotated[int, Query(ge=0, le=10**9)] = 0
) -> Response:
    """Show a page of the audit entries of all chains, newest first."""
    return _audit(request, operator, offset)


@router.post("/audit")
def verify_audit(request: Request, operator: SignedInForm) -> Response:
    """Verify every audit chain, and show the report."""
    operator.must(MAY_AUDIT)
    validator: Validator = request.app.state.validator
    return _audit(request, operator, 0, report=validator.verify_audit())


def _audit(request: Request, operator: Operator, offset: int, report: object = None) -> Response:
    validator: Validator = request.app.state.validator
    found = validator.audit(offset=offset, limit=_PAGE)
    return show(
        request,
        operator,
        "administration/audit.html",
        found=found,
        report=report,
        step=_PAGE,
        may_verify=operator.may(MAY_AUDIT),
    )
