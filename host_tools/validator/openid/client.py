"""A relying party as Authlib asks about it."""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from authlib.oauth2.rfc6749 import ClientMixin

from host_tools.validator import app_records
from host_tools.validator.openid.settings import RelyingParty

OPENID, PROFILE = "openid", "profile"  # scopes
ALGORITHM = "ES256"  # of what applications sign
# How an application authenticates.
PUBLIC, SECRET_BASIC, PRIVATE_KEY_JWT = "none", "client_secret_basic", "private_key_jwt"


@dataclass(frozen=True)
class Client(ClientMixin):
    """A registered relying party."""

    client_id: str
    registered: RelyingParty

    @property
    def sector(self) -> str:
        """Give within whom a user has one subject identifier."""
        return self.registered.sector or self.client_id

    @property
    def party(self) -> app_records.RelyingParty:
        """Give it as who asks for approvals in the app."""
        return app_records.RelyingParty(f"openid {self.client_id}", self.registered.name)

    def get_client_id(self) -> str:
        """Give the identifier."""
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """Give none: every request names its address."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """Give of the scopes that are asked for those that are known and allowed; others are
        ignored (OpenID Connect Core, section 3.1.2.1)."""
        allowed = (OPENID, PROFILE) if self.registered.user_id else (OPENID,)
        return " ".join(one for one in allowed if one in (scope or "").split())

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Say whether an address is registered: by simple string comparison (RFC 9700 section
        4.1.3)."""
        return redirect_uri in self.registered.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Say whether the secret is right. It is 256 random bits: no slower hash is needed."""
        given = sha256(client_secret.encode(errors="replace")).hexdigest()
        return hmac.compare_digest(given, self.registered.secret_sha256 or "")

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Say whether it authenticates so: with its key or secret, or not at all if it has
        neither."""
        if self.registered.public_key is not None:
            return method == PRIVATE_KEY_JWT
        return method == (PUBLIC if self.registered.secret_sha256 is None else SECRET_BASIC)

    def check_response_type(self, response_type: str) -> bool:
        """Say whether it may ask for this: codes alone."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Say whether it may give this for tokens; there are no refresh tokens."""
        return grant_type == "authorization_code"
