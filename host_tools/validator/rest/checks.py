"""Routes that check codes and issue challenges to OCRA tokens."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field, model_validator

from host_tools.messages.catalogue import Message
from host_tools.validator.errors import ConflictError, NotFoundError
from host_tools.validator.http.authentication import MAY_CHECK, Caller, RequireRole
from host_tools.validator.http.direct_routes import DirectRoute
from host_tools.validator.http.fields import Code, Name, RequestBody, Text
from host_tools.validator.http.metrics import timed_check
from host_tools.validator.http.refusals import responses
from host_tools.validator.http.strict_requests import ApiRoute
from host_tools.validator.records import Challenge, Role
from host_tools.validator.rule.verdict import CheckRequest, Verdict
from host_tools.validator.service import Validator

router = APIRouter(prefix="/v1", tags=["checks"], route_class=DirectRoute)
challenge_router = APIRouter(prefix="/v1", tags=["checks"], route_class=ApiRoute)


class _Whose(RequestBody):
    user_id: Name | None = None
    serial: Name | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "_Whose":
        if (self.user_id is None) == (self.serial is None):
            raise ValueError(Message("request-user-or-serial"))
        return self


class Check(_Whose):
    """A code to check, of a user or of a token: exactly one of the two is named."""

    code: Code
    challenge: Annotated[
        Text | None, Field(description="The challenge that the code answers (OCRA).")
    ] = None
    pin: Annotated[Text | None, Field(description="The user's PIN, if one was set.")] = None


class ChallengeRequest(_Whose):
    """The user or token to challenge; `text` is the challenge, drawn at random when it is not
    given."""

    text: Text | None = None


class Details(RequestBody):
    """The verdict's reason and facts, for roles that help users."""

    reason: str
    serial: str | None
    steps: int
    retry_after: int


class CheckOutcome(RequestBody):
    """Whether the code was accepted. The role checker gets no details: wrong codes, unknown users
    and unknown tokens are answered alike."""

    accepted: bool
    details: Details | None = None


def outcome(verdict: Verdict, role: Role) -> CheckOutcome:
    """Give what a caller of `role` may see of a verdict."""
    if role is Role.CHECKER:
        return CheckOutcome(accepted=verdict.public().accepted)
    details = Details(
        reason=verdict.reason,
        serial=verdict.serial,
        steps=verdict.steps,
        retry_after=verdict.retry_after,
    )
    return CheckOutcome(accepted=verdict.accepted, details=details)


@router.post("/checks", responses=responses(), response_model_exclude_unset=True)
async def check(
    request: Request, body: Check, caller: Annotated[Caller, Depends(RequireRole(MAY_CHECK))]
) -> CheckOutcome:
    """Check one code. The answer is 200 whether or not it was accepted."""
    asked = CheckRequest(
        code=body.code,
        user_id=body.user_id,
        serial=body.serial,
        challenge=body.challenge,
        pin=body.pin,
        actor=caller.name,
    )
    return outcome(await timed_check(request.app.state.validator, asked), caller.role)


@challenge_router.post("/challenges", responses=responses(404, 409), status_code=201)
def issue_challenge(
    request: Request,
    body: ChallengeRequest,
    caller: Annotated[Caller, Depends(RequireRole(MAY_CHECK))],
) -> Challenge:
    """Issue a challenge to the OCRA token of a user or to a token; it can be answered for five
    minutes.

    The role checker gets 409 alike when the user or token does not exist, is not active, or takes
    no challenges.
    """
    validator: Validator = request.app.state.validator
    try:
        return validator.issue_challenge(
            user_id=body.user_id, serial=body.serial, text=body.text, actor=caller.name
        )
    except (NotFoundError, ConflictError):
        if caller.role is not Role.CHECKER:
            raise
    raise ConflictError("challenge-refused")
