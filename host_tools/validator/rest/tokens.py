"""Tokens over REST: find, assign, activate, block, replace, resynchronise, delete."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from host_tools.validator.http.authentication import (
    MAY_ADMINISTER,
    MAY_MANAGE,
    MAY_READ,
    Caller,
    RequireRole,
)
from host_tools.validator.http.fields import (
    Code,
    Codes,
    Limit,
    Name,
    Offset,
    Ppm,
    RequestBody,
    Search,
    Seconds,
    SerialInPath,
    Text,
)
from host_tools.validator.http.refusals import responses
from host_tools.validator.records import ActivationCode, DriftPoint, Page, Status, Token
from host_tools.validator.rest.checks import Outcome, outcome
from host_tools.validator.service import Validator

router = APIRouter(prefix="/v1/tokens", tags=["tokens"])

Reader = Annotated[Caller, Depends(RequireRole(MAY_READ))]
HelpDesk = Annotated[Caller, Depends(RequireRole(MAY_MANAGE))]
Administrator = Annotated[Caller, Depends(RequireRole(MAY_ADMINISTER))]


class Assignment(RequestBody):
    """Who gets the token."""

    user_id: Name


class LetterRequest(RequestBody):
    """How long the activation code may wait."""

    days: Annotated[int, Field(ge=1, le=365)] = 30


class Activation(RequestBody):
    """What the user read from token and letter."""

    codes: Codes
    activation_code: Code
    user_id: Name | None = None


class Block(RequestBody):
    """Why, for the audit."""

    reason: Text = ""


class Replacement(RequestBody):
    """Which token comes instead."""

    new_serial: Name
    block: bool = True


class TwoCodes(RequestBody):
    """Two consecutive codes."""

    codes: Annotated[list[Code], Field(min_length=2, max_length=2)]


class Windows(RequestBody):
    """How far from the expected step or counter codes are accepted; what is not given stays."""

    window: Annotated[int | None, Field(ge=0, le=10)] = None
    look_ahead: Annotated[int | None, Field(ge=0, le=100)] = None


class ClockSet(RequestBody):
    """When the token's clock was set; now, when not given."""

    at: Seconds | None = None


class ClockPpm(RequestBody):
    """What the data sheet says that the token's clock can be off by in either direction, with
    temperature and age."""

    ppm: Ppm


def _validator(request: Request) -> Validator:
    validator: Validator = request.app.state.validator
    return validator


Service = Annotated[Validator, Depends(_validator)]


@router.get("", responses=responses())
def find_tokens(
    service: Service,
    caller: Reader,
    text: Search = "",
    status: Status | None = None,
    user_id: Search | None = None,
    offset: Offset = 0,
    limit: Limit = 50,
) -> Page[Token]:
    """List tokens by serial number."""
    return service.tokens(text=text, status=status, user_id=user_id, offset=offset, limit=limit)


@router.get("/{serial}", responses=responses(404))
def show_token(service: Service, caller: Reader, serial: SerialInPath) -> Token:
    """Give one token."""
    return service.token(serial)


@router.delete("/{serial}", responses=responses(404), status_code=204, response_class=Response)
def delete_token(service: Service, caller: Administrator, serial: SerialInPath) -> None:
    """Remove a token and its secret; its audit stays."""
    service.delete(serial, actor=caller.name)


@router.get("/{serial}/drift", responses=responses(404))
def show_drift(service: Service, caller: Reader, serial: SerialInPath) -> list[DriftPoint]:
    """Give the history of the token's clock, oldest first."""
    return service.drift(serial)


@router.post("/{serial}/assign", responses=responses(404, 409))
def assign(service: Service, caller: HelpDesk, serial: SerialInPath, body: Assignment) -> Token:
    """Give a token from stock to a user, who is made when new."""
    return service.assign(serial, body.user_id, actor=caller.name)


@router.post("/{serial}/unassign", responses=responses(404, 409))
def unassign(service: Service, caller: HelpDesk, serial: SerialInPath) -> Token:
    """Put a token back into stock."""
    return service.unassign(serial, actor=caller.name)


@router.post("/{serial}/activation-code", responses=responses(404, 409), status_code=201)
def issue_activation_code(
    service: Service, caller: HelpDesk, serial: SerialInPath, body: LetterRequest
) -> ActivationCode:
    """Draw the code of the activation letter. It is shown this once; an earlier one is void."""
    return service.issue_activation_code(serial, actor=caller.name, days=body.days)


@router.post("/{serial}/activate", responses=responses(404, 409), response_model_exclude_unset=True)
def activate(service: Service, caller: HelpDesk, serial: SerialInPath, body: Activation) -> Outcome:
    """Activate with one code, or two consecutive ones when clock or counter is off, and the
    letter's code."""
    verdict = service.activate(
        serial, body.codes, body.activation_code, user_id=body.user_id, actor=caller.name
    )
    return outcome(verdict, caller.role)


@router.post("/{serial}/activate-by-administrator", responses=responses(404, 409))
def activate_by_administrator(
    service: Service, caller: Administrator, serial: SerialInPath
) -> Token:
    """Activate a token that was handed over in person."""
    return service.activate_by_administrator(serial, actor=caller.name)


@router.post("/{serial}/block", responses=responses(404, 409))
def block(service: Service, caller: HelpDesk, serial: SerialInPath, body: Block) -> Token:
    """Refuse the token's codes from now on."""
    return service.block(serial, reason=body.reason, actor=caller.name)


@router.post("/{serial}/unblock", responses=responses(404, 409))
def unblock(service: Service, caller: HelpDesk, serial: SerialInPath) -> Token:
    """Take a block back and forget the failures."""
    return service.unblock(serial, actor=caller.name)


@router.post("/{serial}/replace", responses=responses(404, 409))
def replace(service: Service, caller: HelpDesk, serial: SerialInPath, body: Replacement) -> Token:
    """Assign another token to the same user, and block this one unless told not to. Gives the new
    one."""
    return service.replace(serial, body.new_serial, block=body.block, actor=caller.name)


@router.post(
    "/{serial}/resynchronise", responses=responses(404, 409), response_model_exclude_unset=True
)
def resynchronise(
    service: Service, caller: HelpDesk, serial: SerialInPath, body: TwoCodes
) -> Outcome:
    """Find clock or counter anew by two consecutive codes."""
    return outcome(service.resynchronise(serial, body.codes, actor=caller.name), caller.role)


@router.put("/{serial}/window", responses=responses(404, 409))
def set_window(service: Service, caller: HelpDesk, serial: SerialInPath, body: Windows) -> Token:
    """Set how far from the expected step or counter codes are accepted."""
    return service.set_window(
        serial, window=body.window, look_ahead=body.look_ahead, actor=caller.name
    )


@router.post("/{serial}/clock-set", responses=responses(404, 409))
def clock_was_set(
    service: Service, caller: HelpDesk, serial: SerialInPath, body: ClockSet
) -> Token:
    """Forget the learnt drift, for the token's clock has been set."""
    return service.clock_was_set(serial, at=body.at, actor=caller.name)


@router.put("/{serial}/clock", responses=responses(404, 409))
def set_clock_ppm(
    service: Service, caller: HelpDesk, serial: SerialInPath, body: ClockPpm
) -> Token:
    """Set what the token's clock can be off by."""
    return service.set_clock_ppm(serial, body.ppm, actor=caller.name)
