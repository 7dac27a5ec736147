"""Routes of tokens: find, assign, activate, block, replace, resynchronise, delete."""

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
    CursorOfPage,
    Limit,
    Name,
    Ppm,
    RequestBody,
    Search,
    Seconds,
    SerialInPath,
    Text,
)
from host_tools.validator.http.refusals import responses
from host_tools.validator.http.strict_requests import ApiRoute
from host_tools.validator.records import ActivationCode, DriftPoint, Page, Status, Token
from host_tools.validator.rest.checks import CheckOutcome, outcome
from host_tools.validator.service import Validator

router = APIRouter(prefix="/v1/tokens", tags=["tokens"], route_class=ApiRoute)

Reader = Annotated[Caller, Depends(RequireRole(MAY_READ))]
HelpDesk = Annotated[Caller, Depends(RequireRole(MAY_MANAGE))]
Administrator = Annotated[Caller, Depends(RequireRole(MAY_ADMINISTER))]


class UserOfToken(RequestBody):
    """The user whom the token is assigned to."""

    user_id: Name


class LetterRequest(RequestBody):
    """How long the activation code is valid."""

    days: Annotated[int, Field(ge=1, le=365)] = 30


class Activation(RequestBody):
    """The codes that the user reads off the token, and the code of the activation letter."""

    codes: Codes
    activation_code: Code
    user_id: Name | None = None


class Block(RequestBody):
    """The reason for the block, for the audit."""

    reason: Text = ""


class Replacement(RequestBody):
    """The token that replaces this one."""

    new_serial: Name
    block: bool = True


class TwoCodes(RequestBody):
    """Two consecutive codes of the token."""

    codes: Annotated[list[Code], Field(min_length=2, max_length=2)]


class Windows(RequestBody):
    """The window (steps) and look-ahead (counters) to set; a value that is not given is not
    changed."""

    window: Annotated[int | None, Field(ge=0, le=10)] = None
    look_ahead: Annotated[int | None, Field(ge=0, le=100)] = None


class ClockSet(RequestBody):
    """When the token's clock was set; the present time when it is not given."""

    at: Seconds | None = None


class ClockPpm(RequestBody):
    """The largest rate error of the token's clock in either direction, over temperature and age,
    from its data sheet."""

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
    cursor: CursorOfPage = "",
    limit: Limit = 50,
) -> Page[Token]:
    """List tokens by serial number; with a text, those that it finds, in the order in which they
    were imported. `total` is null when it finds more than a page."""
    return service.tokens(text=text, status=status, user_id=user_id, cursor=cursor, limit=limit)


@router.get("/{serial}", responses=responses(404))
def show_token(service: Service, caller: Reader, serial: SerialInPath) -> Token:
    """Give one token."""
    return service.token(serial)


@router.delete("/{serial}", responses=responses(404), status_code=204, response_class=Response)
def delete_token(service: Service, caller: Administrator, serial: SerialInPath) -> None:
    """Delete a token and its secret; its audit entries are kept."""
    service.delete(serial, actor=caller.name)


@router.get("/{serial}/drift", responses=responses(404))
def show_drift(service: Service, caller: Reader, serial: SerialInPath) -> list[DriftPoint]:
    """List the observed and estimated offsets of the token's clock, oldest first."""
    return service.drift(serial)


@router.post("/{serial}/assign", responses=responses(404, 409))
def assign(service: Service, caller: HelpDesk, serial: SerialInPath, body: UserOfToken) -> Token:
    """Assign a token from stock to a user, who is created when unknown."""
    return service.assign(serial, body.user_id, actor=caller.name)


@router.post("/{serial}/unassign", responses=responses(404, 409))
def unassign(service: Service, caller: HelpDesk, serial: SerialInPath) -> Token:
    """Put a token back into stock."""
    return service.unassign(serial, actor=caller.name)


@router.post("/{serial}/activation-code", responses=responses(404, 409), status_code=201)
def issue_activation_code(
    service: Service, caller: HelpDesk, serial: SerialInPath, body: LetterRequest
) -> ActivationCode:
    """Draw the code of the activation letter; it is shown only in this answer, and an earlier code
    becomes invalid."""
    return service.issue_activation_code(serial, actor=caller.name, days=body.days)


@router.post("/{serial}/activate", responses=responses(404, 409), response_model_exclude_unset=True)
def activate(
    service: Service, caller: HelpDesk, serial: SerialInPath, body: Activation
) -> CheckOutcome:
    """Activate with the letter's code and one code of the token, or two consecutive ones when its
    clock or counter is off."""
    verdict = service.activate(
        serial, body.codes, body.activation_code, user_id=body.user_id, actor=caller.name
    )
    return outcome(verdict, caller.role)


@router.post("/{serial}/activate-by-administrator", responses=responses(404, 409))
def activate_by_administrator(
    service: Service, caller: Administrator, serial: SerialInPath
) -> Token:
    """Activate a token without codes, for tokens that were handed over in person."""
    return service.activate_by_administrator(serial, actor=caller.name)


@router.post("/{serial}/block", responses=responses(404, 409))
def block(service: Service, caller: HelpDesk, serial: SerialInPath, body: Block) -> Token:
    """Refuse the token's codes from now on."""
    return service.block(serial, reason=body.reason, actor=caller.name)


@router.post("/{serial}/unblock", responses=responses(404, 409))
def unblock(service: Service, caller: HelpDesk, serial: SerialInPath) -> Token:
    """Undo a block, and reset the count of failures."""
    return service.unblock(serial, actor=caller.name)


@router.post("/{serial}/replace", responses=responses(404, 409))
def replace(service: Service, caller: HelpDesk, serial: SerialInPath, body: Replacement) -> Token:
    """Assign another token to the same user and give it; this one is blocked unless `block` is
    false."""
    return service.replace(serial, body.new_serial, block=body.block, actor=caller.name)


@router.post(
    "/{serial}/resynchronise", responses=responses(404, 409), response_model_exclude_unset=True
)
def resynchronise(
    service: Service, caller: HelpDesk, serial: SerialInPath, body: TwoCodes
) -> CheckOutcome:
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
    """Discard the estimated drift, because the token's clock has been set."""
    return service.clock_was_set(serial, at=body.at, actor=caller.name)


@router.put("/{serial}/clock", responses=responses(404, 409))
def set_clock_ppm(
    service: Service, caller: HelpDesk, serial: SerialInPath, body: ClockPpm
) -> Token:
    """Set the largest rate error of the token's clock, in ppm."""
    return service.set_clock_ppm(serial, body.ppm, actor=caller.name)
