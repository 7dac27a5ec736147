"""privacyIDEA's /validate/check, so that its PAM, Keycloak and RADIUS plug-ins can ask this server
instead.

Answers have the form of privacyIDEA 3 (privacyidea/lib/utils `prepare_result`, api/validate
`check`, api/lib/postpolicy `construct_radius_response`). What differs: failures never tell users,
tokens and codes apart, and a program needs an API key (which a URL can carry, see
http/authentication.py) unless the server was told which addresses may ask without.

A check by POST reads a form or a JSON object, as privacyIDEA does (api/lib/utils `get_all_params`).
`pass` is the code, with the user's PIN before it if one was set. For an OCRA token, an empty `pass`
issues a challenge; its `transaction_id` comes back with the response, and is the challenge itself.

From a relying party (docs/app.md) an empty `pass` of a user asks for an approval in the app
instead, as privacyIDEA's push token does (lib/tokens/pushtoken, api/validate `poll_transaction`):
its `transaction_id`, 16 random bytes, is polled without an API key, and then comes back with an
empty `pass`, which is accepted once.
"""

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from host_tools.errors import KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.validator.app_records import ApprovalRequest, ApprovalState, RelyingParty
from host_tools.validator.errors import NotFoundError, TooManyRequestsError
from host_tools.validator.http.authentication import (
    MAY_CHECK,
    ApiKeyAuthenticator,
    client_address,
    unauthorised,
)
from host_tools.validator.http.direct_routes import DirectRoute
from host_tools.validator.http.fields import printable
from host_tools.validator.http.metrics import ASKED
from host_tools.validator.http.otp_passwords import check_password
from host_tools.validator.http.refusals import responses
from host_tools.validator.http.settings import Settings
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.records import Challenge
from host_tools.validator.rest import privacyidea_answers
from host_tools.validator.service import Validator

_REFUSED, _MATCHED, _CHALLENGED, _ASKED = (
    "wrong otp value",
    "matching 1 tokens",
    "please enter the response to {text}",
    "please approve in the app, and type {digits} there",
)
_SERIAL = "APP"  # of no device: which one will answer, if there is any, is not known
_STATUS = {
    ApprovalState.APPROVED: "accept",
    ApprovalState.DECLINED: "declined",
    ApprovalState.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class _Asker:
    """Who asks, and as which relying party, if any."""

    name: str
    party: RelyingParty | None


async def _asker(request: Request) -> _Asker:
    authenticator: ApiKeyAuthenticator = request.app.state.authenticator
    settings: Settings = request.app.state.settings
    caller = await authenticator.caller(request)
    if caller is None:
        address = client_address(request)
        if not _trusted(address, settings):
            raise unauthorised(Message("api-key-or-address-needed"))
        return _Asker(f"privacyidea {address}", _first(settings.app.parties_of(None)))
    if caller.role not in MAY_CHECK:
        raise HTTPException(403, Message("api-key-role-may-not-check", role=caller.role))
    return _Asker(caller.name, _first(settings.app.parties_of(caller.name)))


def _first(parties: Mapping[str, RelyingParty]) -> RelyingParty | None:
    return next(iter(parties.values()), None)


def _trusted(address: str, settings: Settings) -> bool:
    if not settings.keyless_checks_from:
        return False
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(number in network for network in settings.keyless_checks_from)


router = APIRouter(prefix="/validate", tags=["privacyIDEA"], route_class=DirectRoute)
poll_router = APIRouter(prefix="/validate", tags=["privacyIDEA"], route_class=StrictRoute)
# Refusals come in privacyIDEA's form (envelope.py), not in the one of /v1.
_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": described["description"]} for status, described in responses().items()
}
Asker = Annotated[_Asker, Depends(_asker)]
_Text = Annotated[str | None, Field(max_length=200)]


class _Fields(BaseModel):
    """What a check is made of; plug-ins send other fields besides, which mean nothing here."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    user: _Text = None
    serial: _Text = None
    code: _Text = Field(None, alias="pass")
    transaction_id: _Text = None
    state: _Text = None


_JSON_BODY = {
    "requestBody": {"content": {"application/json": {"schema": _Fields.model_json_schema()}}}
}


@router.get("/check", responses=_RESPONSES)
async def check_by_get(
    request: Request, fields: Annotated[_Fields, Query()], asker: Asker
) -> JSONResponse:
    """Check a code; result.value says whether it was accepted."""
    return await _answer(request, asker, fields)


@router.post("/check", responses=_RESPONSES, openapi_extra=_JSON_BODY)
async def check_by_post(
    request: Request, fields: Annotated[_Fields, Form()], asker: Asker
) -> JSONResponse:
    """Check a code; result.value says whether it was accepted."""
    return await _answer(request, asker, fields)


class _RadiusFields(BaseModel):
    """What rlm_rest sends."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    user: _Text = None
    serial: _Text = None
    code: _Text = Field(None, alias="pass")


@router.post(
    "/radiuscheck",
    status_code=204,
    response_class=Response,
    responses=_RESPONSES | {400: {"description": "Refused."}},
)
async def check_for_radius(
    request: Request, fields: Annotated[_RadiusFields, Form()], asker: Asker
) -> Response:
    """Check a code for FreeRADIUS' rlm_rest: 204 when it is accepted, else 400, both without a
    body."""
    if not fields.code or not (fields.user or fields.serial):
        return Response(status_code=400)
    verdict = await check_password(
        request.app.state.validator,
        asker.name,
        fields.code,
        user=fields.user or None,
        serial=fields.serial or None,
    )
    return Response(status_code=204 if verdict.accepted else 400)


@poll_router.get("/polltransaction", responses=_RESPONSES)
async def poll_by_query(
    request: Request, transaction_id: Annotated[str, Query(max_length=200)]
) -> JSONResponse:
    """Say whether an approval was answered; `detail.challenge_status` says how."""
    return await _poll(request.app.state.validator, transaction_id)


@poll_router.get("/polltransaction/{transaction_id}", responses=_RESPONSES)
async def poll_by_path(
    request: Request, transaction_id: Annotated[str, Path(max_length=200)]
) -> JSONResponse:
    """Say whether an approval was answered; `detail.challenge_status` says how."""
    return await _poll(request.app.state.validator, transaction_id)


async def _poll(validator: Validator, transaction_id: str) -> JSONResponse:
    state = await run_sync(validator.app.state, transaction_id)
    status = _STATUS.get(state, "pending") if state is not None else "pending"
    return JSONResponse(privacyidea_answers.polled(status))


async def _push(request: Request, asker: str, party: RelyingParty, user: str) -> JSONResponse:
    """Ask for an approval; every user-ID is answered alike."""
    settings: Settings = request.app.state.settings
    validator: Validator = request.app.state.validator
    place = client_address(request)
    # Each request is a session of its own: which browser it comes from is not said.
    asked = ApprovalRequest(party, printable(user), secrets.token_urlsafe(32), place=place)
    try:
        made = await run_sync(partial(validator.app.ask, asked, settings.app.limits, actor=asker))
    except TooManyRequestsError:
        return _refused()
    ASKED.labels(party.id).inc()
    message = _ASKED.format(digits=made.digits)
    detail = _detail(message, made.id, "push", "poll", _SERIAL)
    return JSONResponse(privacyidea_answers.result("CHALLENGE", detail))


async def _use(
    validator: Validator, asker: str, party: RelyingParty, user: str, transaction_id: str
) -> JSONResponse:
    """Accept an approved transaction of the user, once."""
    use = partial(
        validator.app.use, [party.id], transaction_id, user_id=printable(user), actor=asker
    )
    try:
        used = await run_sync(use)
    except NotFoundError:
        used = False
    return _accepted(_SERIAL) if used else _refused()


async def _answer(request: Request, asker: _Asker, fields: _Fields) -> JSONResponse:
    user, serial, code = fields.user, fields.serial, fields.code
    if not user and not serial:
        return _missing("'user' or 'serial'")
    if code is None:
        return _missing("'pass'")
    validator: Validator = request.app.state.validator
    transaction_id = fields.transaction_id or fields.state
    if code:
        return await _check(validator, asker, fields, code, transaction_id)
    if not user or asker.party is None:
        return await _issue(validator, asker, user, serial)
    if transaction_id:
        return await _use(validator, asker.name, asker.party, user, transaction_id)
    return await _push(request, asker.name, asker.party, user)


async def _check(
    validator: Validator, asker: _Asker, fields: _Fields, code: str, challenge: str | None
) -> JSONResponse:
    verdict = await check_password(
        validator,
        asker.name,
        code,
        user=fields.user or None,
        serial=fields.serial or None,
        challenge=challenge or None,
    )
    if not verdict.accepted:
        return _refused()
    return _accepted(verdict.serial)


async def _issue(
    validator: Validator, asker: _Asker, user: str | None, serial: str | None
) -> JSONResponse:
    challenge = await _challenge(validator, asker.name, user, serial)
    if challenge is None:
        return _refused()
    return JSONResponse(privacyidea_answers.result("CHALLENGE", _challenge_detail(challenge)))


async def _challenge(
    validator: Validator, asker: str, user: str | None, serial: str | None
) -> Challenge | None:
    def issue() -> Challenge | None:
        try:
            return validator.issue_challenge(
                user_id=printable(user) if user else None,
                serial=printable(serial) if serial and not user else None,
                actor=asker,
            )
        except KodebrikError:
            return None  # nobody, or a token without challenges: refused like any wrong code

    return await run_sync(issue)


def _challenge_detail(challenge: Challenge) -> dict[str, Any]:
    message = _CHALLENGED.format(text=challenge.text)
    return _detail(message, challenge.text, "ocra", "interactive", challenge.serial)


def _detail(message: str, transaction_id: str, kind: str, mode: str, serial: str) -> dict[str, Any]:
    one = {
        "client_mode": mode,
        "message": message,
        "serial": serial,
        "transaction_id": transaction_id,
        "type": kind,
    }
    return {
        "message": message,
        "messages": [message],
        "multi_challenge": [one],
        "preferred_client_mode": mode,
        "serial": serial,
        "transaction_id": transaction_id,
        "transaction_ids": [transaction_id],
        "type": kind,
    }


def _accepted(serial: str | None) -> JSONResponse:
    detail = {"message": _MATCHED, "serial": serial}
    return JSONResponse(privacyidea_answers.result("ACCEPT", detail))


def _refused() -> JSONResponse:
    return JSONResponse(privacyidea_answers.result("REJECT", {"message": _REFUSED}))


def _missing(name: str) -> JSONResponse:
    return JSONResponse(
        privacyidea_answers.error(privacyidea_answers.PARAMETER, f"Missing parameter: {name}"), 400
    )
