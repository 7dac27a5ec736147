"""Who has approved in the app that an application signs them in."""

from host_tools.secret import Secret
from host_tools.validator.app_records import Approval
from host_tools.validator.operations import web_sessions
from host_tools.validator.operations.app import approvals
from host_tools.validator.operations.openid import sessions
from host_tools.validator.operations.openid.sessions import signed_in_user
from host_tools.validator.records import OpenIdSession
from host_tools.validator.store.unit_of_work import UnitOfWork


def use(unit: UnitOfWork, party: str, approval: Approval) -> OpenIdSession | None:
    """Use an approval, once, and give who has approved; None when it was not approved, was used, or
    the device that has answered counts no more."""
    token = None if approval.device is None else unit.find_token(approval.device)
    if token is None or token.owner_id is None or approval.answered_at is None:
        return None
    if not approvals.use(unit, [party], approval.id):
        return None
    user = signed_in_user(unit.connection, unit.keys, token.id, token.owner_id, unit.key.id)
    if user is None:
        return None
    age = unit.now - approval.answered_at
    return OpenIdSession(user.user_id, user.id, token.id, approval.amr, approval.answered_at, age)


def open_session(
    unit: UnitOfWork, sign_in_id: Secret, party: str, reference: str, seconds: float
) -> tuple[Secret, OpenIdSession] | None:
    """Replace the sign-in in which an approval was asked for by a session with a fresh id; give it.
    None when the sign-in has ended, and as use() says."""
    if web_sessions.sign_in(unit.connection, unit.keys, sign_in_id, unit.now) is None:
        return None
    approval = approvals.find(unit.connection, unit.keys, [party], reference, unit.now)
    signed_in = use(unit, party, approval)
    if signed_in is None:
        return None
    return sessions.replace_sign_in(unit, sign_in_id, signed_in, seconds), signed_in
