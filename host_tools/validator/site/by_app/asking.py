"""An approval in the app that a page asks for and waits for: bound to the browser's session, whose
id only the browser has.
"""

from contextlib import suppress
from dataclasses import dataclass

from anyio.to_thread import run_sync
from fastapi import Request
from fastapi.responses import JSONResponse

from host_tools.secret import Secret
from host_tools.validator.app_records import (
    Approval,
    ApprovalRequest,
    ApprovalState,
    RelyingParty,
)
from host_tools.validator.errors import ConflictError, TooManyRequestsError
from host_tools.validator.http.authentication import (
    BEGIN_SIGN_IN,
    GUESS,
    ApiKeyAuthenticator,
    client_address,
)
from host_tools.validator.http.metrics import ASKED
from host_tools.validator.http.settings import Settings
from host_tools.validator.rest.approvals import answered
from host_tools.validator.service import Validator

_ENDINGS = {ApprovalState.EXPIRED: "app_expired", ApprovalState.APPROVED: "app_unusable"}


@dataclass(frozen=True)
class Asker:
    """Who asks for approvals on a page, and who does so in the audit."""

    party: RelyingParty
    actor: str

    def ask(self, request: Request, session_id: Secret, user_id: str, **what: str) -> bool:
        """Ask a user, known or not; without fields for `what`, whether to sign in. An earlier
        approval of the session is cancelled. False when the user-ID was asked too often."""
        authenticator: ApiKeyAuthenticator = request.app.state.authenticator
        authenticator.count_guess(request)
        settings: Settings = request.app.state.settings
        validator: Validator = request.app.state.validator
        wanted = ApprovalRequest(
            self.party, user_id, _name(session_id), place=client_address(request), **what
        )
        try:
            validator.app.ask(wanted, settings.app.limits, actor=self.actor)
        except TooManyRequestsError:
            return False
        ASKED.labels(self.party.id).inc()
        return True

    def was_right(self, request: Request) -> None:
        """Note that what was asked was approved and used: neither it nor its sign-in was a
        guess."""
        authenticator: ApiKeyAuthenticator = request.app.state.authenticator
        authenticator.give_back(request, GUESS, BEGIN_SIGN_IN)

    def find(self, request: Request, session_id: Secret) -> Approval | None:
        """Give the newest approval of a session; None without one."""
        validator: Validator = request.app.state.validator
        return validator.app.of_session(self.party.id, _name(session_id))

    async def state(self, request: Request, session_id: Secret | None, wait: float) -> JSONResponse:
        """Answer the page's script when the approval no longer waits, or after so many seconds."""
        found = None if session_id is None else await run_sync(self.find, request, session_id)
        if found is None:
            return JSONResponse({"state": ApprovalState.CANCELLED})
        found = await answered(request, {self.party.id: self.party}, found.id, wait)
        return JSONResponse({"state": found.state, "seconds_left": found.seconds_left})

    def wait_longer(self, request: Request, session_id: Secret) -> None:
        """Let the session's approval wait for its whole life from now, if it can."""
        validator: Validator = request.app.state.validator
        settings: Settings = request.app.state.settings
        found = self.find(request, session_id)
        if found is None:
            return
        with suppress(ConflictError):  # answered, over, or too often: the page shows what it is
            validator.app.wait_longer(
                [self.party.id], found.id, settings.app.limits, actor=self.actor
            )

    def take_back(self, request: Request, session_id: Secret) -> None:
        """Take the session's approval back, if one waits."""
        validator: Validator = request.app.state.validator
        found = self.find(request, session_id)
        if found is not None:
            validator.app.cancel([self.party.id], found.id, actor=self.actor)


def goes_on(approval: Approval) -> bool:
    """Say whether an approval may still sign in, or has been given."""
    return approval.state in (ApprovalState.WAITING, ApprovalState.APPROVED)


def ending(approval: Approval) -> str:
    """Name the text of the site that says why an approval does not sign in."""
    return _ENDINGS.get(approval.state, "app_declined")


def _name(session_id: Secret) -> str:
    """Name the browser's session; only a hash of it is kept."""
    return session_id.reveal().decode()
