"""The administration's page of the audit: its entries, and their verification."""

from fastapi import APIRouter, Request, Response

from host_tools.validator.http.authentication import MAY_AUDIT
from host_tools.validator.http.fields import CursorOfPage
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.service import Validator
from host_tools.validator.site.admin_session import Operator, SignedIn, SignedInForm, show
from host_tools.validator.site.pages import ROWS

router = APIRouter(prefix="/admin", route_class=StrictRoute, include_in_schema=False)


@router.get("/audit")
def list_audit(request: Request, operator: SignedIn, cursor: CursorOfPage = "") -> Response:
    """Show a page of the audit entries of all chains, newest first."""
    return _audit(request, operator, cursor)


@router.post("/audit")
def verify_audit(request: Request, operator: SignedInForm) -> Response:
    """Verify every audit chain, and show the report."""
    operator.must(MAY_AUDIT)
    validator: Validator = request.app.state.validator
    return _audit(request, operator, "", report=validator.verify_audit())


def _audit(request: Request, operator: Operator, cursor: str, report: object = None) -> Response:
    validator: Validator = request.app.state.validator
    found = validator.audit(cursor=cursor, limit=ROWS)
    return show(
        request,
        operator,
        "administration/audit.html",
        found=found,
        report=report,
        may_verify=operator.may(MAY_AUDIT),
    )
