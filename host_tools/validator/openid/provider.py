"""The OpenID provider (OpenID Connect Core 1.0, authorization code flow alone), as an authorization
server of Authlib's over the validator's database. Its methods block on that.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    InvalidClientError,
    InvalidRequestError,
    UnsupportedGrantTypeError,
    UnsupportedResponseTypeError,
)
from authlib.oauth2.rfc9207 import IssuerParameter
from authlib.oidc.core.errors import LoginRequiredError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, RSAKey

from host_tools.validator.app_records import ApprovalLimits
from host_tools.validator.openid import backchannel
from host_tools.validator.openid.authentication import CLASSES, reached
from host_tools.validator.openid.backchannel import BackchannelGrant
from host_tools.validator.openid.client import ALGORITHM, OPENID, PRIVATE_KEY_JWT, PROFILE, Client
from host_tools.validator.openid.client_assertion import PrivateKeyJwt
from host_tools.validator.openid.grant import (
    PROMPTS,
    S256,
    AuthenticationRequest,
    CodeGrant,
    IdToken,
)
from host_tools.validator.openid.messages import (
    Headers,
    ProviderAnswer,
    ProviderRequest,
    answer,
)
from host_tools.validator.openid.settings import OpenId
from host_tools.validator.records import ID_TOKEN_ALGORITHMS, OpenIdSession
from host_tools.validator.service import Validator

logging.getLogger("authlib").setLevel(logging.INFO)  # below that it writes access tokens

AUTHORIZE, TOKEN, USERINFO = "/openid/authorize", "/openid/token", "/openid/userinfo"
KEYS, LOGOUT, BACKCHANNEL = "/openid/keys", "/openid/logout", "/openid/backchannel"
DISCOVERY = "/.well-known/openid-configuration"
_GRANT_TYPES = [CodeGrant.GRANT_TYPE, BackchannelGrant.GRANT_TYPE]
_KEY_TYPES: dict[str, type[ECKey | RSAKey]] = {"ES256": ECKey, "RS256": RSAKey}
_LONGEST_VALUE = 2000  # characters of a parameter


class _Issuer(IssuerParameter):
    """Names the issuer in every authorization response (RFC 9207), against mix-up."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def get_issuer(self) -> str:
        return self._issuer


@dataclass(frozen=True)
class EndOfSession:
    """What an application asks at the end of a session (OpenID Connect RP-Initiated Logout): whose
    session it is, and where to go then. Nothing of it is known without a valid ID token as hint."""

    client: Client | None = None
    subject: str = ""
    address: str | None = None


class Provider(AuthorizationServer):
    """What the provider decides; pages and routes bring it requests."""

    def __init__(self, validator: Validator, settings: OpenId, approvals: ApprovalLimits) -> None:
        """Serve the applications that the settings register, which may ask for so many approvals;
        keys are drawn when there are none."""
        super().__init__()
        self.validator, self.settings, self._approvals = validator, settings, approvals
        self.issuer = settings.issuer
        validator.openid.prepare()
        self.register_grant(CodeGrant, [AuthenticationRequest(), S256(), IdToken(self)])
        self.register_grant(BackchannelGrant, [IdToken(self)])
        self.register_client_auth_method(PRIVATE_KEY_JWT, PrivateKeyJwt(validator, self.issuer))
        self._issuer = _Issuer(self.issuer)
        self._issuer(self)

    # What Authlib asks

    def query_client(self, client_id: str) -> Client | None:
        """Give a registered application."""
        registered = self.settings.clients.get(client_id)
        return None if registered is None else Client(client_id, registered)

    def authenticate_client(
        self, request: ProviderRequest, methods: Sequence[str], endpoint: str = "token"
    ) -> Client:
        """Give the application that asks. InvalidClientError otherwise, whose description Authlib
        writes with the list of methods as Python has it."""
        try:
            client: Client = super().authenticate_client(request, methods, endpoint)
        except InvalidClientError as error:
            error.description = error.description.replace(str(methods), ", ".join(methods))
            raise
        return client

    def create_oauth2_request(self, request: ProviderRequest) -> ProviderRequest:
        """Give the request back, which is one already."""
        return request

    def handle_response(self, status: int, body: object, headers: Headers) -> ProviderAnswer:
        """Take an answer."""
        return answer(status, body, headers)

    def send_signal(self, name: str, *args: object, **values: object) -> None:
        """Do nothing: nobody listens."""

    # What pages and routes ask

    def request(
        self, method: str, path: str, values: Mapping[str, str], authorization: str = ""
    ) -> ProviderRequest:
        """Make a request of what came; OAuth2Error for a value that no application sends."""
        for value in values.values():
            if len(value) > _LONGEST_VALUE or not value.isprintable():
                raise InvalidRequestError("A parameter is too long or cannot be printed.")
        return ProviderRequest(method, self.issuer + path, values, authorization)

    def authorization(self, asked: ProviderRequest) -> CodeGrant:
        """Validate an authorization request. OAuth2Error otherwise: it has a `redirect_uri` only
        when the application and that address are registered."""
        client = self.query_client(asked.values.get("client_id", ""))
        if client is None:
            raise InvalidClientError(description="The client_id is not registered.")
        address = CodeGrant.validate_authorization_redirect_uri(asked, client)
        if asked.values.get("response_type") != "code":
            raise UnsupportedResponseTypeError(
                "", redirect_uri=address, state=asked.values.get("state")
            )
        grant: CodeGrant = self.get_consent_grant(asked)
        return grant

    def enough(self, grant: CodeGrant, session: OpenIdSession | None) -> OpenIdSession | None:
        """Give a session back that answers the request without another code, None for any other.
        OAuth2Error when the user may not be asked for a code."""
        values = grant.request.values
        prompts = values.get("prompt", "").split()
        most_age = values.get("max_age")
        if (
            session is not None
            and not set(prompts) - {"none"}
            and (most_age is None or session.age <= int(most_age))
            and reached(session.methods, values.get("acr_values", "")) is not None
            and self._is_expected(grant, session)
        ):
            return session
        if "none" in prompts:
            raise _login_required(grant)
        return None

    def authorize(self, grant: CodeGrant, session: OpenIdSession) -> ProviderAnswer:
        """Answer a request for somebody who has signed in: a redirect with a code, or with the
        reason why there is none."""
        if not self._is_expected(grant, session):
            return self.refuse(_login_required(grant))
        return self._authorized(grant, session)

    def cancel(self, grant: CodeGrant) -> ProviderAnswer:
        """Answer a request that the user has refused."""
        return self._authorized(grant, None)

    def refuse(self, error: OAuth2Error) -> ProviderAnswer:
        """Answer with an error: a redirect, where the error has an address to redirect to."""
        answered: ProviderAnswer = self.handle_error_response(None, error)
        self._issuer.add_issuer_parameter(self, answered)
        return answered

    def tokens(self, asked: ProviderRequest) -> ProviderAnswer:
        """Answer the token endpoint. Who asks is known before what is asked is judged."""
        grant_type = asked.values.get("grant_type")
        if grant_type not in _GRANT_TYPES:
            try:
                self.authenticate_client(asked, CodeGrant.TOKEN_ENDPOINT_AUTH_METHODS)
            except OAuth2Error as error:
                return self.refuse(error)
            if not grant_type:
                return self.refuse(InvalidRequestError("The grant_type is missing."))
            return self.refuse(UnsupportedGrantTypeError(""))
        answered: ProviderAnswer = self.create_token_response(asked)
        return answered

    def backchannel(self, asked: ProviderRequest) -> ProviderAnswer:
        """Answer an application that asks for somebody who is not there."""
        try:
            client = self.authenticate_client(asked, list(backchannel.AUTHENTICATION))
            given = backchannel.ask(self.validator, self._approvals, client, asked)
        except OAuth2Error as error:
            return self.refuse(error)
        return ProviderAnswer(200, given)

    def end_of_session(self, asked: ProviderRequest) -> EndOfSession:
        """Read what an application asks at the end of a session. A hint that cannot be read any
        more, as after a rotation of keys, is as good as none."""
        values = asked.values
        claims = self._hint(values)
        client = self.query_client(claims.get("aud", ""))
        if client is None or values.get("client_id", client.client_id) != client.client_id:
            return EndOfSession()
        address = values.get("post_logout_redirect_uri")
        if address not in client.registered.post_logout_redirect_uris:
            address = None
        elif "state" in values:
            address = add_params_to_uri(address, {"state": values["state"]})
        return EndOfSession(client, claims["sub"], address)

    def subject(self, client: Client, session: OpenIdSession) -> str:
        """Give the identifier by which an application knows a user."""
        return self.validator.openid.subject(client.sector, session)

    def key_set(self) -> KeySet:
        """Give the published keys, with their private halves; the first of its algorithm signs."""
        published = self.validator.openid.published_keys()
        return KeySet([_key(one.algorithm, one.private.reveal()) for one in published])

    def signing_key(self, algorithm: str) -> Key:
        """Give the key that signs by an algorithm."""
        return next(key for key in self.key_set() if key.alg == algorithm)

    def public_keys(self) -> dict[str, Any]:
        """Give the JSON Web Key Set (RFC 7517)."""
        return {"keys": [key.as_dict(private=False) for key in self.key_set()]}

    def configuration(self) -> dict[str, Any]:
        """Give the provider's metadata (OpenID Connect Discovery, section 3)."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + AUTHORIZE,
            "token_endpoint": self.issuer + TOKEN,
            "userinfo_endpoint": self.issuer + USERINFO,
            "jwks_uri": self.issuer + KEYS,
            "end_session_endpoint": self.issuer + LOGOUT,
            "backchannel_authentication_endpoint": self.issuer + BACKCHANNEL,
            "backchannel_token_delivery_modes_supported": ["poll"],
            "backchannel_user_code_parameter_supported": False,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": _GRANT_TYPES,
            "scopes_supported": [OPENID, PROFILE],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": list(ID_TOKEN_ALGORITHMS),
            "token_endpoint_auth_methods_supported": CodeGrant.TOKEN_ENDPOINT_AUTH_METHODS,
            "token_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
            "code_challenge_methods_supported": S256.SUPPORTED_CODE_CHALLENGE_METHOD,
            "prompt_values_supported": list(PROMPTS),
            "acr_values_supported": list(CLASSES),
            "claims_supported": [
                *("sub", "iss", "aud", "iat", "exp", "auth_time", "nonce", "acr", "amr"),
                "preferred_username",
            ],
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "authorization_response_iss_parameter_supported": True,
        }

    def _authorized(self, grant: CodeGrant, session: OpenIdSession | None) -> ProviderAnswer:
        answered: ProviderAnswer = self.create_authorization_response(grant.request, session, grant)
        return answered

    def _is_expected(self, grant: CodeGrant, session: OpenIdSession) -> bool:
        """Say whether somebody is whom the application's id_token_hint names, if there is one."""
        if "id_token_hint" not in grant.request.values:
            return True
        claims, client = self._hint(grant.request.values), grant.request.client
        expected = client.client_id, self.subject(client, session)
        return (claims.get("aud"), claims.get("sub")) == expected

    def _hint(self, values: Mapping[str, str]) -> dict[str, Any]:
        """Give the claims of an ID token of ours, expired or not, that a request brings as a hint;
        none of any other."""
        try:
            token = jwt.decode(values.get("id_token_hint", ""), self.key_set(), ID_TOKEN_ALGORITHMS)
        except (JoseError, ValueError, TypeError):  # TypeError: of a header that is no object
            return {}
        return dict(token.claims)


@lru_cache(maxsize=16)
def _key(algorithm: str, private: bytes) -> Key:
    """Read a signing key. It is kept: OpenSSL checks an RSA key anew whenever one is read."""
    key = _KEY_TYPES[algorithm].import_key(private, {"use": "sig", "alg": algorithm})
    key.ensure_kid()
    return key


def _login_required(grant: CodeGrant) -> LoginRequiredError:
    state = grant.request.payload.state
    return LoginRequiredError(redirect_uri=grant.redirect_uri, state=state)
