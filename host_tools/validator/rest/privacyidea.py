"""privacyIDEA's /validate/check, so that its PAM, Keycloak and RADIUS plug-ins can ask this server
instead.

Answers have the form of privacyIDEA 3 (privacyidea/lib/utils `prepare_result`, api/validate
`check`, api/lib/postpolicy `construct_radius_response`). What differs: failures never tell users,
tokens and codes apart, and a program needs an API key (which a URL can carry, see
http/authentication.py) unless the server was told which addresses may ask without.

A check by POST reads a form or a JSON object, as privacyIDEA does (api/lib/utils `get_all_params`).
`pass` is the code, with the user's PIN before it if one was set. For an OCRA token, an empty `pass`
issues a challenge; its `transaction_id` comes back with the response, and is the challenge itself.
"""

import ipaddress
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from host_tools.errors import KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.validator.http.authentication import (
    MAY_CHECK,
    ApiKeyAuthenticator,
    client_address,
    unauthorised,
)
from host_tools.validator.http.direct_routes import DirectRoute
from host_tools.validator.http.fields import printable
from host_tools.validator.http.otp_passwords import check_password
from host_tools.validator.http.refusals import responses
from host_tools.validator.http.settings import Settings
from host_tools.validator.records import Challenge
from host_tools.validator.rest import privacyidea_answers
from host_tools.validator.service import Validator

_REFUSED, _MATCHED, _CHALLENGED = (
    "wrong otp value",
    "matching 1 tokens",
    "please enter the response to {text}",
)


async def _asker(request: Request) -> str:
    authenticator: ApiKeyAuthenticator = request.app.state.authenticator
    settings: Settings = request.app.state.settings
    caller = await authenticator.caller(request)
    if caller is None:
        address = client_address(request)
        if not _trusted(address, settings):
            raise unauthorised(Message("api-key-or-address-needed"))
        return f"privacyidea {address}"
    if caller.role not in MAY_CHECK:
        raise HTTPException(403, Message("api-key-role-may-not-check", role=caller.role))
    return caller.name


def _trusted(address: str, settings: Settings) -> bool:
    if not settings.keyless_checks_from:
        return False
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(number in network for network in settings.keyless_checks_from)


router = APIRouter(prefix="/validate", tags=["privacyIDEA"], route_class=DirectRoute)
# Refusals come in privacyIDEA's form (envelope.py), not in the one of /v1.
_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": described["description"]} for status, described in responses().items()
}
Asker = Annotated[str, Depends(_asker)]
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
    return await _answer(request.app.state.validator, asker, fields)


@router.post("/check", responses=_RESPONSES, openapi_extra=_JSON_BODY)
async def check_by_post(
    request: Request, fields: Annotated[_Fields, Form()], asker: Asker
) -> JSONResponse:
    """Check a code; result.value says whether it was accepted."""
    return await _answer(request.app.state.validator, asker, fields)


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
        asker,
        fields.code,
        user=fields.user or None,
        serial=fields.serial or None,
    )
    return Response(status_code=204 if verdict.accepted else 400)


async def _answer(validator: Validator, asker: str, fields: _Fields) -> JSONResponse:
    user, serial, code = fields.user, fields.serial, fields.code
    if not user and not serial:
        return _missing("'user' or 'serial'")
    if code is None:
        return _missing("'pass'")
    if not code:
        challenge = await _challenge(validator, asker, user, serial)
        if challenge is None:
            return _refused()
        return JSONResponse(privacyidea_answers.result("CHALLENGE", _challenge_detail(challenge)))
    verdict = await check_password(
        validator,
        asker,
        code,
        user=user or None,
        serial=serial or None,
        challenge=fields.transaction_id or fields.state or None,
    )
    if not verdict.accepted:
        return _refused()
    return JSONResponse(
        privacyidea_answers.result("ACCEPT", {"message": _MATCHED, "serial": verdict.serial})
    )


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
    one = {
        "client_mode": "interactive",
        "message": message,
        "serial": challenge.serial,
        "transaction_id": challenge.text,
        "type": "ocra",
    }
    return {
        "message": message,
        "messages": [message],
        "multi_challenge": [one],
        "preferred_client_mode": "interactive",
        "serial": challenge.serial,
        "transaction_id": challenge.text,
        "transaction_ids": [challenge.text],
        "type": "ocra",
    }


def _refused() -> JSONResponse:
    return JSONResponse(privacyidea_answers.result("REJECT", {"message": _REFUSED}))


def _missing(name: str) -> JSONResponse:
    return JSONResponse(
        privacyidea_answers.error(privacyidea_answers.PARAMETER, f"Missing parameter: {name}"), 400
    )
