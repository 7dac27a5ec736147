"""Routes of relying parties: ask for an approval, wait for it, use it, take it back; the
reports by which users are asked nothing; and the letters by which app devices are activated
(docs/app.md)."""

import asyncio
import time
from collections.abc import Mapping
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response
from pydantic import BaseModel, Field

from host_tools.messages.catalogue import Message
from host_tools.validator.app_records import (
    Approval,
    ApprovalRequest,
    ApprovalState,
    RelyingParty,
    Report,
)
from host_tools.validator.errors import NotFoundError
from host_tools.validator.http.authentication import MAY_CHECK, Caller, RequireRole
from host_tools.validator.http.fields import Name, RequestBody, UserInPath
from host_tools.validator.http.metrics import ASKED
from host_tools.validator.http.refusals import responses
from host_tools.validator.http.settings import Settings
from host_tools.validator.http.strict_requests import ApiRoute
from host_tools.validator.records import ActivationCode
from host_tools.validator.rest.tokens import HelpDesk, LetterRequest, Reader, Service
from host_tools.validator.service import Validator

router = APIRouter(prefix="/v1", tags=["approvals"], route_class=ApiRoute)

LONGEST_WAIT = 30.0  # seconds
_LOOK_AGAIN = 0.5  # seconds
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
ReferenceInPath = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="An approval's `id`.")
]
Wait = Annotated[float, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for an answer.")]
Checker = Annotated[Caller, Depends(RequireRole(MAY_CHECK))]


def _text(least: int, most: int, description: str) -> object:
    return Field(min_length=least, max_length=most, pattern=_PRINTABLE, description=description)


class NewApproval(RequestBody):
    """What to ask whom: a text, or amount and account, or neither for a sign-in."""

    user_id: Name
    session: Annotated[str, _text(16, 200, "Names the browser session; a hash of it is kept.")]
    text: Annotated[str, _text(1, 200, "The one sentence to approve.")] = ""
    amount: Annotated[str, _text(0, 20, "Such as 2300.00.")] = ""
    currency: Annotated[str, _text(0, 3, "Such as DKK (ISO 4217).")] = ""
    account: Annotated[str, _text(0, 42, "Digits and letters, with blanks between.")] = ""
    place: Annotated[str, _text(0, 100, "Where the browser is, as the user will read it.")] = ""
    party: Annotated[
        str | None, _text(1, 40, "Where the key speaks for several relying parties.")
    ] = None


class Used(BaseModel):
    """Whether the approval was used now, which it can be once."""

    used: bool


class AppLetter(LetterRequest):
    """The user whose app device the letter activates."""

    user_id: Name


def parties_of(request: Request, caller: Caller) -> Mapping[str, RelyingParty]:
    """Give the parties that a caller speaks for; HTTP error 403 when there is none."""
    settings: Settings = request.app.state.settings
    parties = settings.app.parties_of(caller.name)
    if not parties:
        raise HTTPException(403, Message("approval-no-party"))
    return parties


@router.post("/approvals", responses=responses(), status_code=201)
def ask(request: Request, service: Service, body: NewApproval, caller: Checker) -> Approval:
    """Ask a user for an approval, whose two digits the page must show. An earlier one of the same
    session is cancelled. 429 when the user-ID was asked too often."""
    parties = parties_of(request, caller)
    party = parties.get(body.party or next(iter(parties)))
    if party is None or (body.party is None and len(parties) > 1):
        raise HTTPException(403, Message("approval-no-party"))
    asked = ApprovalRequest(
        party,
        body.user_id,
        body.session,
        body.text,
        body.amount,
        body.currency,
        body.account,
        body.place,
    )
    settings: Settings = request.app.state.settings
    made = service.app.ask(asked, settings.app.limits, actor=caller.name)
    ASKED.labels(party.id).inc()
    return made


@router.get("/approvals/{reference}", responses=responses(404))
async def poll(
    request: Request, reference: ReferenceInPath, caller: Checker, wait: Wait = 0.0
) -> Approval:
    """Give an approval, at once or when it no longer waits."""
    return await answered(request, parties_of(request, caller), reference, wait)


async def answered(
    request: Request, parties: Mapping[str, RelyingParty], reference: str, wait: float
) -> Approval:
    """Give an approval when it no longer waits, or after so many seconds."""
    validator: Validator = request.app.state.validator
    end = time.monotonic() + wait
    while True:
        found = await run_sync(validator.app.approval, parties, reference)
        left = end - time.monotonic()
        if found.state is not ApprovalState.WAITING or left <= 0:
            return found
        await asyncio.sleep(min(_LOOK_AGAIN, left))
        if await request.is_disconnected():
            return found


@router.post("/approvals/{reference}/use", responses=responses(404))
def use(request: Request, service: Service, reference: ReferenceInPath, caller: Checker) -> Used:
    """Use an approval: true once, when it was approved."""
    parties = parties_of(request, caller)
    return Used(used=service.app.use(parties, reference, actor=caller.name))


@router.post("/approvals/{reference}/extend", responses=responses(404, 409))
def extend(
    request: Request, service: Service, reference: ReferenceInPath, caller: Checker
) -> Approval:
    """Let an approval wait for its whole life from now: ten times, those included that the user
    has asked for in the app."""
    settings: Settings = request.app.state.settings
    parties = parties_of(request, caller)
    return service.app.wait_longer(parties, reference, settings.app.limits, actor=caller.name)


@router.delete("/approvals/{reference}", responses=responses(404))
def cancel(
    request: Request, service: Service, reference: ReferenceInPath, caller: Checker
) -> Approval:
    """Take back an approval that waits; one that does not stays as it is."""
    return service.app.cancel(parties_of(request, caller), reference, actor=caller.name)


@router.get("/reports/{user_id:path}", responses=responses(404))
def show_report(service: Service, caller: Reader, user_id: UserInPath) -> Report:
    """Give what a user has reported in the app ("It was not me"), by which they are asked
    nothing."""
    report = service.app.report(user_id)
    if report is None:
        raise NotFoundError("report-unknown")
    return report


@router.delete(
    "/reports/{user_id:path}", responses=responses(404), status_code=204, response_class=Response
)
def lift_report(service: Service, caller: HelpDesk, user_id: UserInPath) -> None:
    """Let a user be asked again who has reported an approval; they are notified."""
    service.app.lift_report_for(user_id, actor=caller.name)


@router.post("/app-letters", responses=responses(404, 409), status_code=201)
def issue_letter(service: Service, body: AppLetter, caller: HelpDesk) -> ActivationCode:
    """Draw the code of a letter by which a user activates an app device; it is shown only in this
    answer, and an earlier code becomes invalid."""
    return service.app.issue_letter(body.user_id, days=body.days, actor=caller.name)
