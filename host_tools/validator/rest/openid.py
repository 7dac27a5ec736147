"""The OpenID provider's routes for programs: discovery, keys, tokens and userinfo. Their answers,
errors too, are those of OAuth 2.0."""

from collections.abc import Callable
from typing import Any

from anyio.to_thread import run_sync
from authlib.oauth2 import OAuth2Error
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from host_tools.secret import Secret
from host_tools.validator.http.strict_requests import StrictRoute
from host_tools.validator.openid import provider as openid
from host_tools.validator.openid.grant import user_info
from host_tools.validator.openid.messages import ProviderAnswer, ProviderRequest
from host_tools.validator.openid.provider import Provider
from host_tools.validator.service import Validator

router = APIRouter(route_class=StrictRoute, include_in_schema=False)

_LONGEST_TOKEN = 200  # characters


@router.get(openid.DISCOVERY)
def configuration(request: Request) -> dict[str, Any]:
    """Give the provider's metadata."""
    provider: Provider = request.app.state.openid
    return provider.configuration()


@router.get(openid.KEYS)
def keys(request: Request) -> dict[str, Any]:
    """Give the keys with which ID tokens are verified."""
    provider: Provider = request.app.state.openid
    return provider.public_keys()


@router.post(openid.TOKEN)
async def tokens(request: Request) -> JSONResponse:
    """Give an ID token and an access token for an authorization code, or an approval."""
    provider: Provider = request.app.state.openid
    return await _answered(request, openid.TOKEN, provider.tokens)


@router.post(openid.BACKCHANNEL)
async def backchannel(request: Request) -> JSONResponse:
    """Ask somebody who is not there for an approval in the app."""
    provider: Provider = request.app.state.openid
    return await _answered(request, openid.BACKCHANNEL, provider.backchannel)


async def _answered(
    request: Request, path: str, ask: Callable[[ProviderRequest], ProviderAnswer]
) -> JSONResponse:
    """Hand a form to the provider, which works on the database, and give its answer."""
    form = await request.form()
    values = {name: value for name, value in form.items() if isinstance(value, str)}
    provider: Provider = request.app.state.openid

    def work() -> ProviderAnswer:
        header = request.headers.get("authorization", "")
        return ask(provider.request("POST", path, values, header))

    try:
        answer = await run_sync(work)
    except OAuth2Error as error:
        answer = provider.refuse(error)
    return JSONResponse(answer.body, answer.status, dict(answer.headers))


@router.api_route(openid.USERINFO, methods=["GET", "POST"])
def info(request: Request) -> JSONResponse:
    """Give the claims about whom an access token was given for."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    validator: Validator = request.app.state.validator
    granted = None
    if scheme.lower() == "bearer" and len(token) <= _LONGEST_TOKEN:
        granted = validator.openid.access(Secret(token.strip().encode(errors="replace")))
    if granted is None:  # RFC 6750 section 3
        error = {"WWW-Authenticate": 'Bearer error="invalid_token"'} if token else {}
        return JSONResponse({}, 401, {"WWW-Authenticate": "Bearer"} | error)
    return JSONResponse(user_info(granted))
