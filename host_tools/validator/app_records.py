"""Records of app devices and approvals (docs/app.md). Times are Unix seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from host_tools.secret import Secret
from host_tools.validator.records import Status


class ApprovalState(StrEnum):
    """The state of an approval; one that is not waiting never changes."""

    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"  # never stored: it follows from the time
    CANCELLED = "cancelled"


class ApprovalKind(StrEnum):
    """What is approved."""

    SIGN_IN = "sign_in"
    TEXT = "text"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who may ask for approvals, and the registered name that users read."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """An approval to ask for. `session` names the browser session that it was begun in, `place`
    says where that is. `text`, or `amount` (such as 2300.00) and `account`, or none of them for a
    sign-in."""

    party: RelyingParty
    user_id: str
    session: str = field(repr=False)
    text: str = ""
    amount: str = ""
    currency: str = ""
    account: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval as who asked sees it; the page shows its `digits`. `amr` is how it was approved
    (RFC 8176), `device` the serial number of the device that answered; `seconds_left` are whole
    ones, 0 when it no longer waits."""

    id: str
    state: ApprovalState
    digits: str
    text: str
    created_at: float
    expires_at: float
    answered_at: float | None
    device: str | None
    amr: tuple[str, ...]
    extensions_left: int
    seconds_left: int


@dataclass(frozen=True, slots=True)
class Report:
    """That a user has reported an approval, whose id it has, and is asked nothing until it is
    lifted."""

    id: str
    reported_at: float
    device: str  # serial number
    party_name: str
    text: str
    place: str
    state: ApprovalState  # approved, if it was used before


@dataclass(frozen=True, slots=True)
class WaitingApproval:
    """An approval as the user's devices see it. The last three fields are not signed; what does not
    apply is empty, as the language of a text that the party has written."""

    id: str
    nonce: str
    party: str
    party_name: str
    user_id: str
    kind: ApprovalKind
    text: str
    amount: str
    currency: str
    account: str
    place: str
    created_at: int
    expires_at: float
    extensions_left: int
    language: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a user at a time, the oldest first; nothing does while they have reported."""

    now: float
    approvals: list[WaitingApproval]
    report: Report | None


class AnswerDecision(StrEnum):
    """What the user decides on a device."""

    APPROVE = "approve"
    DECLINE = "decline"
    REPORT = "report"  # somebody else has begun it


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to an approval, as the device signs it: its serial number and counter, and the
    digits that were typed, none unless it is approved."""

    device: str
    counter: int
    decision: AnswerDecision
    digits: str


class AppKeyKind(StrEnum):
    """Where the private key of an app device is, and what stands before its use."""

    PIN = "pin"  # WebCrypto; a PIN, which the server checks and counts
    WEBAUTHN = "webauthn"  # the platform's authenticator; its own verification of the user


@dataclass(frozen=True, slots=True)
class WebAuthnSite:
    """What a WebAuthn credential is bound to: the site's domain, and its origin."""

    rp_id: str
    origin: str


@dataclass(frozen=True, slots=True)
class AppKey:
    """The public key of a new device: as SubjectPublicKeyInfo, or of a credential as COSE_Key."""

    kind: AppKeyKind
    public: bytes
    credential_id: bytes | None = None
    pin: Secret | None = None


@dataclass(frozen=True, slots=True)
class AppProof:
    """What a device has signed with: a bare signature, r and s, or the JSON of a credential."""

    signature: bytes | None = None
    credential: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class NewAppDevice:
    """A device to activate: for whom, its name and key, and what proves that it may: the code of
    a letter or another device, or a code of the user's code token with the user's PIN. One that
    `replaces_others` is the user's only one from then on."""

    challenge: str
    user_id: str
    name: str
    key: AppKey
    activation_code: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    user_pin: str | None = field(default=None, repr=False)
    replaces_others: bool = False


@dataclass(frozen=True, slots=True)
class AppDevice:
    """A device as its user sees it."""

    device: str  # serial number
    name: str
    key: AppKeyKind
    status: Status
    activated_at: float | None
    last_used_at: float | None


@dataclass(frozen=True, slots=True)
class SignedChallenge:
    """What a device says when it signs a challenge; `site` is where it was signed."""

    device: str  # serial number
    counter: int
    challenge: str
    proof: AppProof
    site: WebAuthnSite


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """An answer as it comes in: to which approval, what was decided, and the proof of it."""

    approval: str
    counter: int
    decision: AnswerDecision
    digits: str
    proof: AppProof
    site: WebAuthnSite


class AppAct(StrEnum):
    """What a device signs for anew inside its session, with its PIN if it has one."""

    NEW_DEVICE = "new_device"  # a code for another device
    REMOVE_DEVICE = "remove_device"
    NOTICES = "notices"
    LIFT_REPORT = "lift_report"


class AppReason(StrEnum):
    """Why what a device has signed was accepted or refused."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # no such device, a wrong signature, an old challenge
    WRONG_SIGNATURE = "wrong_signature"  # something was not as the server has it
    REPLAYED = "replayed"  # the counter is not greater than the last one
    WRONG_PIN = "wrong_pin"
    WRONG_DIGITS = "wrong_digits"
    EXPIRED = "expired"
    NOT_WAITING = "not_waiting"  # answered or cancelled
    UNKNOWN = "unknown"  # no such approval of this user
    BLOCKED = "blocked"
    REMOVED = "removed"  # by its user
    LOCKED_OUT = "locked_out"


@dataclass(frozen=True, slots=True)
class Ended:
    """What a report has ended: the state that the reported approval has now, and how many others
    were declined that waited, were cancelled that were given, and sign-ins at the OpenID
    provider."""

    state: ApprovalState
    declined: int = 0
    cancelled: int = 0
    signed_out: int = 0


@dataclass(frozen=True, slots=True)
class AppVerdict:
    """The outcome of what a device has signed. `counter` is the last one that it was taken with,
    `tries_left` after wrong digits or a wrong PIN, `retry_after` the seconds of a lock, `ended`
    what a report has ended."""

    reason: AppReason
    counter: int = -1
    tries_left: int = 0
    retry_after: int = 0
    ended: Ended | None = None

    @property
    def accepted(self) -> bool:
        """Say whether it was accepted."""
        return self.reason is AppReason.ACCEPTED


@dataclass(frozen=True, slots=True)
class AppSession:
    """A session that was opened: its id, when it ends, and for whom it is."""

    session: Secret
    ends_at: float
    device: str
    name: str
    user_id: str


@dataclass(frozen=True, slots=True)
class AppNotices:
    """Of what a user is notified beside activations and blocks, and whether there is an address."""

    on_use: bool
    has_address: bool


@dataclass(frozen=True, slots=True)
class AppEvent:
    """What happened on or to a device of a user, whose name is empty for what the help desk did for
    the user; `count` wrong PINs in a row are one event, at the time of the last."""

    at: float
    action: str
    device: str
    name: str
    party_name: str
    text: str
    language: str  # of the text, empty where it is not known
    approval: str  # its id, empty for what is none
    count: int = 1


@dataclass(frozen=True, slots=True)
class ApprovalLimits:
    """How long an approval waits (seconds), and how many that were not approved one user-ID is
    asked in an hour by one party."""

    life: float = 300.0
    per_hour: int = 6

    @property
    def per_hour_in_all(self) -> int:
        """Give how many all parties together may ask: one alone cannot stop the others."""
        return 2 * self.per_hour
