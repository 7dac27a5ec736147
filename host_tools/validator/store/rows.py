"""Rows of the tables as typed records: their fields are the tables' columns, in the same order.

A row that is not written yet has no seal.
"""

from dataclasses import dataclass
from typing import NamedTuple


class ChainHead(NamedTuple):
    """The end of an audit chain: the sequence number and MAC of its last entry."""

    sequence: int = 0
    mac: bytes = b""


class AuditRow(NamedTuple):
    """A row of the table `audit`."""

    id: int
    chain: str
    sequence: int
    at: float
    actor: str
    action: str
    detail: str  # JSON
    audit_key: int
    mac: bytes


@dataclass(slots=True)
class TokenRow:
    """A row of the table `tokens`, locked and changed in a unit of work."""

    id: int
    serial: str
    status: str
    owner_id: int | None
    kind: str
    algorithm: str
    digits: int
    period: int | None
    suite: str | None
    product: str | None
    encrypted_secret: bytes
    data_key: int
    tolerance: int
    look_ahead: int
    last_step: int
    last_accepted_at: float | None
    failures: int
    locked_until: float
    clock_base: float
    clock_base_at: float
    clock_uncertainty: float
    clock_rate: float
    clock_observations: str
    clock_ppm: float
    created_at: float
    activated_at: float | None
    activation_hash: bytes | None
    activation_key: int | None
    activation_expires_at: float | None
    activation_tries: int
    audit_sequence: int
    audit_mac: bytes
    audit_seal: bytes
    audit_key: int

    @property
    def chain_head(self) -> ChainHead:
        """Give the head of the token's audit chain."""
        return ChainHead(self.audit_sequence, self.audit_mac)


class UserRow(NamedTuple):
    """A row of the table `users`."""

    id: int
    user_id: str
    normalized_id: str
    created_at: float
    email: str | None
    language: str
    notify_on_use: bool
    pin: bytes | None
    pin_key: int | None
    audit_seal: bytes = b""
    audit_key: int = 0


class AppDeviceRow(NamedTuple):
    """A row of the table `app_devices`."""

    token_id: int
    name: str
    key_kind: str
    key_hash: bytes
    credential_id: bytes | None
    pin: bytes | None
    pin_key: int | None
    audit_seal: bytes = b""
    audit_key: int = 0


class AppSessionRow(NamedTuple):
    """A row of the table `app_sessions`."""

    hash: bytes
    token_id: int
    ends_at: float
    audit_seal: bytes = b""
    audit_key: int = 0


class ApprovalRow(NamedTuple):
    """A row of the table `approvals`."""

    id: int
    reference: str
    subject: str
    subject_sequence: int
    owner_id: int | None
    party: str
    party_name: str
    session: bytes
    nonce: str
    kind: str
    text: str
    amount: str
    currency: str
    account: str
    place: str
    digits: str
    created_at: float
    expires_at: float
    extensions: int
    tries: int
    state: str
    reported: bool
    answered_at: float | None
    answered_by: str | None
    key_kind: str | None
    used: bool
    audit_seal: bytes = b""
    audit_key: int = 0


class ChainRow(NamedTuple):
    """A row of the table `chains`."""

    chain: str
    audit_sequence: int
    audit_mac: bytes
    audit_seal: bytes = b""
    audit_key: int = 0

    @property
    def chain_head(self) -> ChainHead:
        """Give the head of the chain."""
        return ChainHead(self.audit_sequence, self.audit_mac)


class DataKeyRow(NamedTuple):
    """A row of the table `data_keys`."""

    id: int
    wrapped: bytes
    master: str
    created_at: float
    audit_seal: bytes = b""


class ChallengeRow(NamedTuple):
    """A row of the table `challenges`."""

    id: int
    token_id: int
    challenge: str
    question: bytes
    expires_at: float
    used: bool
    drawn: bool
    audit_seal: bytes = b""
    audit_key: int = 0


class ApiKeyRow(NamedTuple):
    """A row of the table `api_keys`."""

    id: int
    name: str
    role: str
    hash: bytes
    created_at: float
    revoked_at: float | None
    audit_seal: bytes = b""
    audit_key: int = 0


class WebSessionRow(NamedTuple):
    """A row of the table `web_sessions`."""

    hash: bytes
    api_key_id: int | None
    user_id: str | None
    challenge: str | None
    approved: bool
    started_at: float
    ends_at: float
    audit_seal: bytes = b""
    audit_key: int = 0


class UnattributedChecksRow(NamedTuple):
    """The row of the table `unattributed_checks`."""

    id: int
    window_start: float
    logged: int
    suppressed: int
    audit_sequence: int
    audit_mac: bytes
    audit_seal: bytes = b""
    audit_key: int = 0

    @property
    def chain_head(self) -> ChainHead:
        """Give the head of the chain of these checks."""
        return ChainHead(self.audit_sequence, self.audit_mac)


class NoticeRow(NamedTuple):
    """A row of the table `notices`."""

    id: int
    kind: str
    at: float
    owner_id: int
    serial: str
    attempts: int
    due_at: float
    audit_seal: bytes = b""
    audit_key: int = 0


class GuessRow(NamedTuple):
    """A row of the table `guesses`."""

    guesser: str
    free_at: float
    audit_seal: bytes = b""
    audit_key: int = 0


class OpenIdKeyRow(NamedTuple):
    """A row of the table `openid_keys`."""

    id: int
    purpose: str
    encrypted_secret: bytes
    data_key: int
    created_at: float
    published_until: float | None
    audit_seal: bytes = b""
    audit_key: int = 0


class OpenIdSessionRow(NamedTuple):
    """A row of the table `openid_sessions`."""

    hash: bytes
    token_id: int
    owner_id: int
    methods: str
    signed_in_at: float
    ends_at: float
    audit_seal: bytes = b""
    audit_key: int = 0


class OpenIdGrantRow(NamedTuple):
    """A row of the table `openid_grants`."""

    hash: bytes
    token_id: int
    owner_id: int
    methods: str
    signed_in_at: float
    client: str
    redirect_uri: str
    scope: str
    nonce: str | None
    challenge: str
    subject: str
    acr: str
    redeemed: bool
    access_hash: bytes | None
    ends_at: float
    audit_seal: bytes = b""
    audit_key: int = 0


class OpenIdBackchannelRow(NamedTuple):
    """A row of the table `openid_backchannel`."""

    hash: bytes
    client: str
    scope: str
    acr: str
    party: str
    approval: str
    interval: float
    next_poll_at: float
    ends_at: float
    audit_seal: bytes = b""
    audit_key: int = 0


class OpenIdAssertionRow(NamedTuple):
    """A row of the table `openid_assertions`."""

    hash: bytes
    ends_at: float
    audit_seal: bytes = b""
    audit_key: int = 0


class WriteProbeRow(NamedTuple):
    """A row of the table `write_probes`."""

    id: int
    filler: bytes


class CountsRow(NamedTuple):
    """The row of the table `counts`."""

    id: int
    stock: int = 0
    assigned: int = 0
    active: int = 0
    blocked: int = 0
    replaced: int = 0
    users: int = 0
    audit_seal: bytes = b""
    audit_key: int = 0

    def of_tokens(self) -> dict[str, int]:
        """Give the numbers of tokens by status."""
        return dict(zip(self._fields[1:6], self[1:6], strict=True))


class AuditRootRow(NamedTuple):
    """The row of the table `audit_root`."""

    id: int
    version: int
    rows: int
    entries: int
    nonce: bytes
    masked_sum: bytes
    audit_seal: bytes = b""
    audit_key: int = 0
