"""Signing in somebody who is not there (OpenID Connect Client-Initiated Backchannel Authentication
Core 1.0, poll mode): the user approves in the app, and the application polls for the tokens.

The user types two digits in the app, which the application shows or says: they come as `digits`
beside what the standard names.
"""

import secrets
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    InvalidRequestError,
    InvalidScopeError,
    TokenEndpointMixin,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc6749.grants import BaseGrant
from authlib.oauth2.rfc6749.hooks import hooked

from host_tools.secret import Secret
from host_tools.validator.app_records import ApprovalLimits, ApprovalRequest
from host_tools.validator.openid.authentication import BY_APP, reached
from host_tools.validator.openid.client import OPENID, PRIVATE_KEY_JWT, SECRET_BASIC, Client
from host_tools.validator.openid.grant import (
    AuthorizationCode,
    UnmetRequirementsError,
    access_token,
    refuse_unsupported,
)
from host_tools.validator.openid.messages import ProviderRequest
from host_tools.validator.records import BackchannelOutcome
from host_tools.validator.rule.shown_texts import is_shown
from host_tools.validator.service import Validator

GRANT_TYPE = "urn:openid:params:grant-type:ciba"
AUTHENTICATION = (SECRET_BASIC, PRIVATE_KEY_JWT)  # an application that is public cannot ask
_LONGEST_NAME, _LONGEST_MESSAGE = 64, 200  # characters
_UNSUPPORTED = ("login_hint_token", "id_token_hint", "user_code", "client_notification_token")


class InvalidBindingMessageError(OAuth2Error):
    """The text to approve is too long or cannot be printed (section 13)."""

    error = "invalid_binding_message"


class BackchannelError(OAuth2Error):
    """There are no tokens, or not yet (section 11)."""

    def __init__(self, outcome: BackchannelOutcome) -> None:
        """Say why."""
        super().__init__(error=outcome.value)


class BackchannelGrant(BaseGrant, TokenEndpointMixin):
    """Tokens for what a user has approved in the app."""

    GRANT_TYPE = GRANT_TYPE
    TOKEN_ENDPOINT_AUTH_METHODS = list(AUTHENTICATION)  # noqa: RUF012 - Authlib's name

    def validate_token_request(self) -> None:
        """Ask for the outcome; OAuth2Error when there is no approval, or not yet."""
        client = self.authenticate_token_endpoint_client()
        validator: Validator = self.server.validator
        request_id = Secret(self.request.values.get("auth_req_id", "").encode(errors="replace"))
        polled = validator.openid.poll_backchannel(request_id, client.client_id, client.sector)
        if polled.granted is None or polled.access_token is None:
            raise BackchannelError(polled.outcome)
        self.request.client, self.request.user = client, polled.granted
        self.request.authorization_code = AuthorizationCode(Secret(b""), polled.granted)
        self._token = polled.access_token

    @hooked  # type: ignore[untyped-decorator]
    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        """Give the tokens."""
        scope = self.request.user.scope
        return 200, access_token(self._token, scope), self.TOKEN_RESPONSE_HEADER


def ask(
    validator: Validator, limits: ApprovalLimits, client: Client, asked: ProviderRequest
) -> dict[str, str | int]:
    """Ask the user whom the application names by their user-ID; give the answer of section 7.3.
    Whether there is such a user, nothing tells. OAuth2Error for what is not right."""
    values = asked.values
    if not client.registered.backchannel:
        raise UnauthorizedClientError("The application is not registered for it.")
    refuse_unsupported(values)
    if OPENID not in values.get("scope", "").split():
        raise InvalidScopeError("The scope must hold openid.")
    user_id = values.get("login_hint", "")
    if any(name in values for name in _UNSUPPORTED) or not 0 < len(user_id) <= _LONGEST_NAME:
        raise InvalidRequestError("The user is named by a login_hint, which is their user-ID.")
    text = values.get("binding_message", "")
    if len(text) > _LONGEST_MESSAGE or (text and not is_shown(text)):
        raise InvalidBindingMessageError()
    acr = reached(BY_APP, values.get("acr_values", ""))
    if acr is None:
        raise UnmetRequirementsError()
    wanted = ApprovalRequest(
        party=client.party,
        user_id=user_id,
        session=secrets.token_urlsafe(32),
        text=text,
    )
    scope = client.get_allowed_scope(values["scope"])
    begun = validator.openid.ask_by_backchannel(client.client_id, scope, acr, wanted, limits)
    return {
        "auth_req_id": begun.request_id.reveal().decode(),
        "expires_in": int(begun.expires_in),
        "interval": int(begun.interval),
        "digits": begun.digits,
    }
