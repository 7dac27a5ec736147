"""OpenID Connect, as the provider and its pages ask for it: `validator.openid`, a part of the one
façade."""

from collections.abc import Callable

from host_tools.secret import Secret
from host_tools.validator.app_records import ApprovalLimits, ApprovalRequest
from host_tools.validator.operations.openid import (
    approved,
    assertions,
    backchannel,
    grants,
    keys,
    sessions,
)
from host_tools.validator.records import (
    BackchannelPoll,
    BackchannelStart,
    OpenIdGrant,
    OpenIdKey,
    OpenIdRequest,
    OpenIdSession,
)
from host_tools.validator.store.data_keys import DataKeys
from host_tools.validator.store.transactions import Transactions

_ACTOR = "openid"


class OpenIdService:
    """The operations of the OpenID provider, each in one transaction."""

    def __init__(
        self, transactions: Transactions, data_keys: DataKeys, clock: Callable[[], float]
    ) -> None:
        """Work on the validator's database."""
        self._read, self._write = transactions.read, transactions.write
        self._keys, self._clock = data_keys, clock

    def prepare(self) -> None:
        """Draw the OpenID provider's keys, unless it has them."""
        self._write(_ACTOR, keys.prepare)

    def rotate_key(self, *, actor: str) -> int:
        """Draw a new key to sign ID tokens with; give how many are published then."""
        return self._write(actor, keys.rotate)

    def published_keys(self) -> list[OpenIdKey]:
        """Give the keys whose public halves are published, the one that signs first."""
        return self._read(keys.published, self._keys, self._clock())

    def subject(self, sector: str, session: OpenIdSession) -> str:
        """Give the identifier by which the relying parties of a sector know a user."""
        return self._read(keys.subject, self._keys, sector, session.owner_id)

    def open_session(
        self, sign_in_id: Secret, user_id: str, serial: str, *, with_pin: bool, seconds: float
    ) -> tuple[Secret, OpenIdSession] | None:
        """Replace the sign-in in which a code of the token `serial` was accepted by a session with
        a fresh id. None when the token is no longer that user's."""
        return self._write(
            _ACTOR, sessions.open_session, sign_in_id, user_id, serial, with_pin, seconds
        )

    def open_session_by_app(
        self, sign_in_id: Secret, party: str, reference: str, *, seconds: float
    ) -> tuple[Secret, OpenIdSession] | None:
        """Replace the sign-in in which an approval was asked for by a session with a fresh id,
        once. None when nothing was approved, or the device counts no more."""
        return self._write(_ACTOR, approved.open_session, sign_in_id, party, reference, seconds)

    def session(self, session_id: Secret) -> OpenIdSession | None:
        """Give an open session; None when it has ended or its token's codes count no more."""
        return self._read(sessions.find, self._keys, session_id, self._clock())

    def close_session(self, session_id: Secret) -> None:
        """Close a session, in every worker."""
        self._write(_ACTOR, sessions.close, session_id)

    def issue_code(self, session: OpenIdSession, asked: OpenIdRequest, acr: str) -> Secret:
        """Give an authorization code, which can be redeemed once within a minute."""
        return self._write(_ACTOR, grants.issue, session, asked, acr)

    def grant(self, code: Secret, client: str) -> OpenIdGrant | None:
        """Give the grant of a client's code that was not redeemed yet; None for any other."""
        return self._read(grants.find, self._keys, code, client, self._clock())

    def redeem_code(self, code: Secret, client: str) -> Secret | None:
        """Give an access token for a client's code, once; at the second time, what was given for
        it is revoked."""
        return self._write(_ACTOR, grants.redeem, code, client)

    def revoke_code(self, code: Secret, client: str) -> None:
        """Revoke what was given for a client's code, if anything was."""
        self._write(_ACTOR, grants.revoke, code, client)

    def access(self, token: Secret) -> OpenIdGrant | None:
        """Give the grant of an access token; None when it has ended or was revoked."""
        return self._read(grants.of_access_token, self._keys, token, self._clock())

    def take_assertion(self, client: str, identifier: str, seconds: float) -> bool:
        """Take the identifier of a JWT with which an application authenticates; False when it was
        taken within so many seconds."""
        return self._write(_ACTOR, assertions.take, client, identifier, seconds)

    def ask_by_backchannel(
        self,
        client: str,
        scope: str,
        acr: str,
        asked: ApprovalRequest,
        limits: ApprovalLimits,
    ) -> BackchannelStart:
        """Ask a user, known or not, for an approval in the app, in the name of an application."""
        actor = f"openid {client}"
        return self._write(actor, backchannel.begin, client, scope, acr, asked, limits)

    def poll_backchannel(self, request_id: Secret, client: str, sector: str) -> BackchannelPoll:
        """Give what has come of it; an approval is given once."""
        return self._write(f"openid {client}", backchannel.poll, request_id, client, sector)
