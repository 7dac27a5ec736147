"""Applications that authenticate with a JWT which they sign themselves (`private_key_jwt`, RFC 7523
section 3 and OpenID Connect Core, section 9), so that the server holds nothing secret of theirs.
"""

import time
from typing import Any

from authlib.oauth2.rfc6749 import InvalidClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from host_tools.validator.openid.client import ALGORITHM, PRIVATE_KEY_JWT, Client
from host_tools.validator.openid.messages import ProviderRequest
from host_tools.validator.service import Validator

_LONGEST_LIFE = 600  # seconds
_LONGEST_IDENTIFIER = 200  # characters


class PrivateKeyJwt(JWTBearerClientAssertion):
    """JWTs for this provider alone, signed with ES256, each of which is taken once."""

    CLIENT_AUTH_METHOD = PRIVATE_KEY_JWT

    def __init__(self, validator: Validator, issuer: str) -> None:
        """`issuer` is the only audience that such a JWT may have."""
        super().__init__()
        self._validator, self._issuer = validator, issuer

    def __call__(self, query_client: Any, request: ProviderRequest) -> Client | None:
        """Give the application that has signed a request; None when it brings no JWT.
        InvalidClientError for a JWT that is not right."""
        try:
            client: Client | None = super().__call__(query_client, request)
        except (ValueError, TypeError):  # of a JWT that is none
            raise InvalidClientError(description="Invalid JWT assertion.") from None
        return client

    def get_audiences(self) -> list[str]:
        """Give whom it must be for."""
        return [self._issuer]

    def resolve_client_public_key(self, client: Client) -> ECKey:
        """Give the key that is registered."""
        if client.registered.public_key is None:
            raise InvalidClientError(description="The client has no key.")
        return ECKey.import_key(client.registered.public_key)

    def process_assertion_claims(self, assertion: str, resolve_key: ECKey) -> Any:
        """Verify signature and claims."""
        try:
            token = jwt.decode(assertion, resolve_key, [ALGORITHM])
        except JoseError:
            raise InvalidClientError(description="Invalid JWT assertion.") from None
        if token.claims.get("aud") not in (self._issuer, [self._issuer]):
            raise InvalidClientError(description="The JWT is not for this server alone.")
        self.verify_claims(token.claims)
        return token.claims

    def validate_jti(self, claims: Any, jti: object) -> bool:
        """Take the identifier, once; False for a JWT that is valid for too long, too."""
        seconds = claims["exp"] - time.time()
        if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_IDENTIFIER:
            return False
        if seconds > _LONGEST_LIFE:
            return False
        return self._validator.openid.take_assertion(claims["sub"], jti, seconds + self.leeway)
