"""The authorization code grant with PKCE (RFC 7636, S256 alone), and the ID token it ends with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, InvalidScopeError, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.errors import (
    RegistrationNotSupportedError,
    RequestNotSupportedError,
    RequestURINotSupportedError,
)
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.core.util import create_half_hash
from joserfc import jwt
from joserfc.jwk import Key

from host_tools.secret import Secret
from host_tools.validator.openid.authentication import reached
from host_tools.validator.openid.client import (
    OPENID,
    PRIVATE_KEY_JWT,
    PROFILE,
    PUBLIC,
    SECRET_BASIC,
    Client,
)
from host_tools.validator.records import (
    ACCESS_TOKEN_SECONDS,
    ID_TOKEN_SECONDS,
    OpenIdGrant,
    OpenIdRequest,
)

PROMPTS = ("none", "login", "consent", "select_account")
_S256 = "S256"
_UNSUPPORTED = {
    "request": RequestNotSupportedError,
    "request_uri": RequestURINotSupportedError,
    "registration": RegistrationNotSupportedError,
}
_MOST_AGE = 10  # digits


class UnmetRequirementsError(OAuth2Error):
    """The sign-in is not as strong as was asked for (OpenID Connect Core Error Code
    unmet_authentication_requirements)."""

    error = "unmet_authentication_requirements"


@dataclass(frozen=True)
class AuthorizationCode:
    """A code with what was granted by it, as Authlib asks about it."""

    code: Secret
    granted: OpenIdGrant
    code_challenge_method: str = _S256

    @property
    def code_challenge(self) -> str:
        """Give the challenge that the verifier must fit."""
        return self.granted.challenge

    def get_redirect_uri(self) -> str:
        """Give the address that the code was sent to."""
        return self.granted.redirect_uri

    def get_scope(self) -> str:
        """Give the scope that was granted."""
        return self.granted.scope

    def get_nonce(self) -> str | None:
        """Give the application's nonce."""
        return self.granted.nonce

    def get_auth_time(self) -> int:
        """Give when the user signed in."""
        return int(self.granted.signed_in_at)

    def get_acr(self) -> str:
        """Give the class that the sign-in reached."""
        return self.granted.acr

    def get_amr(self) -> list[str]:
        """Give the methods of the sign-in."""
        return list(self.granted.methods)


class CodeGrant(grants.AuthorizationCodeGrant):
    """Codes in the validator's database."""

    TOKEN_ENDPOINT_AUTH_METHODS = [SECRET_BASIC, PRIVATE_KEY_JWT, PUBLIC]  # noqa: RUF012 - Authlib's name

    @staticmethod
    def validate_authorization_redirect_uri(request: Any, client: Client) -> str:
        """Give the address to redirect to; it must be there, and registered."""
        address = request.payload.redirect_uri
        if not address or not client.check_redirect_uri(address):
            raise InvalidRequestError("The redirect_uri is not registered.")
        return str(address)

    def save_authorization_code(self, code: str, request: Any) -> None:
        """Do nothing: generate_authorization_code() gives one that is stored."""

    def generate_authorization_code(self) -> str:
        """Store what is granted to whom, and give its code."""
        asked, values = self.request, self.request.payload.data
        acr = reached(asked.user.methods, values.get("acr_values", ""))
        if acr is None:
            raise UnmetRequirementsError(redirect_uri=asked.payload.redirect_uri)
        wanted = OpenIdRequest(
            client=asked.client.client_id,
            sector=asked.client.sector,
            redirect_uri=asked.payload.redirect_uri,
            scope=asked.scope,
            nonce=values.get("nonce"),
            challenge=values["code_challenge"],
        )
        code = self.server.validator.openid.issue_code(asked.user, wanted, acr)
        return str(code.reveal().decode())

    def query_authorization_code(self, code: str, client: Client) -> AuthorizationCode | None:
        """Give what a client's code grants. One that was redeemed before revokes what was given
        for it."""
        secret = Secret(code.encode(errors="replace"))
        granted = self.server.validator.openid.grant(secret, client.client_id)
        if granted is None:
            self.server.validator.openid.revoke_code(secret, client.client_id)
            return None
        return AuthorizationCode(secret, granted)

    def authenticate_user(self, authorization_code: AuthorizationCode) -> OpenIdGrant:
        """Give whom the code is about."""
        return authorization_code.granted

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        """Do nothing: the code was redeemed when the access token was made."""

    def generate_token(self, user: Any = None, scope: str = "", **_: Any) -> dict[str, Any]:
        """Redeem the code for an access token."""
        code = self.request.authorization_code.code
        token = self.server.validator.openid.redeem_code(code, self.request.client.client_id)
        if token is None:  # another request was quicker
            raise InvalidGrantError("The code was redeemed already.")
        return access_token(token, scope)

    def save_token(self, token: dict[str, Any]) -> None:
        """Do nothing: the database holds the token's hash."""


class S256(CodeChallenge):
    """PKCE: every code is bound to a verifier, by SHA-256 and no other method."""

    SUPPORTED_CODE_CHALLENGE_METHOD = [_S256]  # noqa: RUF012 - Authlib's name
    CODE_CHALLENGE_METHODS = {_S256: CodeChallenge.CODE_CHALLENGE_METHODS[_S256]}  # noqa: RUF012

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        """Refuse an authorization request without a challenge."""
        values = grant.request.payload.data
        if not values.get("code_challenge") or values.get("code_challenge_method") != _S256:
            raise InvalidRequestError("PKCE is required: code_challenge_method=S256.")
        super().validate_code_challenge(grant, redirect_uri)


def refuse_unsupported(values: Mapping[str, str]) -> None:
    """Raise OAuth2Error for a request object, or another parameter that would go unread."""
    for name, refusal in _UNSUPPORTED.items():
        if name in values:
            raise refusal()


class AuthenticationRequest:
    """What OpenID Connect Core, section 3.1.2.1, says of an authorization request."""

    def __call__(self, grant: CodeGrant) -> None:
        """Extend a grant."""
        grant.register_hook("after_validate_authorization_request_payload", self.validate)

    @staticmethod
    def validate(grant: CodeGrant, redirect_uri: str) -> None:
        """Refuse what is not understood, rather than do something else than was asked."""
        values = grant.request.payload.data
        refuse_unsupported(values)
        if OPENID not in (values.get("scope") or "").split():
            raise InvalidScopeError("The scope must hold openid.")
        if values.get("response_mode", "query") != "query":
            raise InvalidRequestError("The response_mode must be query.")
        prompts = values.get("prompt", "").split()
        if not set(prompts) <= set(PROMPTS) or ("none" in prompts and len(prompts) > 1):
            raise InvalidRequestError("The prompt is not understood.")
        age = values.get("max_age", "0")
        if not (age.isascii() and age.isdigit() and len(age) <= _MOST_AGE):
            raise InvalidRequestError("The max_age is no number of seconds.")


class Issuer(Protocol):
    """Who issues ID tokens."""

    issuer: str

    def signing_key(self, algorithm: str) -> Key:
        """Give the key that signs them by an algorithm."""


class IdToken(OpenIDCode):
    """The ID token that comes with an access token."""

    def __init__(self, issuer: Issuer) -> None:
        """Sign in the name of the issuer."""
        super().__init__()
        self._issuer = issuer

    def __call__(self, grant: CodeGrant) -> None:
        """Extend a grant, whose request AuthenticationRequest validates."""
        grant.register_hook("after_create_token_response", self.process_token)

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        """Say who it is, to whom, and until when that counts (OpenID Connect Core, section 2)."""
        algorithm = request.client.registered.id_token_signed_response_alg
        key, granted = self._issuer.signing_key(algorithm), request.user
        claims = self.get_authorization_code_claims(request.authorization_code) | {
            "iss": self._issuer.issuer,
            "aud": granted.client,
            "sub": granted.subject,
            "iat": int(granted.read_at),
            "exp": int(granted.read_at) + ID_TOKEN_SECONDS,
            "at_hash": create_half_hash(token["access_token"], algorithm).decode(),
        }
        return jwt.encode({"alg": algorithm, "kid": str(key.kid)}, claims, key, [algorithm])


def access_token(token: Secret, scope: str) -> dict[str, Any]:
    """Give an access token as the token endpoint does (RFC 6749 section 5.1)."""
    return {
        "access_token": token.reveal().decode(),
        "token_type": "Bearer",
        "expires_in": ACCESS_TOKEN_SECONDS,
        "scope": scope,
    }


def user_info(granted: OpenIdGrant) -> dict[str, str]:
    """Give the claims of the userinfo endpoint (OpenID Connect Core, section 5.3)."""
    claims = {"sub": granted.subject}
    if PROFILE in granted.scope.split():
        claims["preferred_username"] = granted.user_id
    return claims
