"""Records that go into and come out of the validator. Times are Unix seconds (UTC), as floats."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from host_tools.exchange.key_package import KeyPackage
from host_tools.otp.credential import Credential
from host_tools.secret import Secret

T = TypeVar("T")

_MANUFACTURER = "kodebrik"  # of our own tokens, in the inventory and in PSKC files

PIN_LENGTHS = range(4, 33)  # characters
ID_TOKEN_SECONDS, ACCESS_TOKEN_SECONDS = 600, 600  # that they are valid
ID_TOKEN_ALGORITHMS = ("ES256", "RS256")  # that they are signed by (RFC 7518 section 3.1)
APP: Literal["app"] = "app"  # the kind of token that is an app device, and what its users call it
# The largest rate error of a clock that nothing else is known of. A tuning-fork crystal: 20 ppm as
# made, and -0.034 ppm/K^2 off 25 degrees C, which is 41 ppm at freezing.
GENERIC_PPM = 50.0


class Status(StrEnum):
    """The state of a token in its lifecycle."""

    STOCK = "stock"  # imported, without a user
    ASSIGNED = "assigned"  # to a user, waits for its activation
    ACTIVE = "active"  # its codes are accepted; at most one for each user
    BLOCKED = "blocked"  # its codes are refused until it is unblocked
    REPLACED = "replaced"  # its user has activated another one


class Role(StrEnum):
    """What the owner of an API key may do."""

    ADMINISTRATOR = "administrator"  # everything
    HELP_DESK = "help_desk"  # tokens and users, but no import, deletion or keys
    AUDITOR = "auditor"  # read everything
    CHECKER = "checker"  # have codes checked, nothing else


class Product(StrEnum):
    """The tokens of this project, by the names of firmware/products."""

    KODEVISER = "kodeviser"  # in English: display token
    KODEOPLAESER = "kodeoplaeser"  # in Danish: kodeoplæser; in English: speaking token


class NoticeKind(StrEnum):
    """What a user is notified of."""

    ACTIVATED = "activated"  # always
    USED = "used"  # if chosen
    BLOCKED = "blocked"  # always
    REPORTED = "reported"  # always: the user says that somebody else has begun an approval
    # Always: they are asked for approvals again, as they have said themselves, or the help desk.
    LIFTED = "lifted"
    LIFTED_BY_SUPPORT = "lifted_by_support"


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token to import.

    `suite` makes it an OCRA token (the credential's period and digits are then not used).
    `clock_set_at` is when the token's clock was last set (None: now), `clock_ppm` its largest rate
    error in either direction; `window` is in steps to either side, `look_ahead` in HOTP counters.
    """

    serial: str
    credential: Credential
    suite: str | None = None
    clock_set_at: float | None = None
    window: int = 1
    look_ahead: int = 10
    clock_ppm: float = GENERIC_PPM
    product: Product | None = None


def new_token(key: KeyPackage, clock_ppm: float | None = None) -> NewToken:
    """Give the token to import for a key package from a file or the inventory.

    `clock_ppm` is for tokens whose key package does not say it.
    """
    known = (key.clock_ppm, clock_ppm, GENERIC_PPM)
    ppm = next(ppm for ppm in known if ppm is not None)
    return NewToken(
        key.serial,
        key.credential,
        key.suite,
        key.clock_set_at,
        clock_ppm=ppm,
        product=_product(key),
    )


class NewTokens(Collection[NewToken]):
    """The tokens to import for key packages, each made when its turn comes: there may be more than
    memory holds."""

    def __init__(
        self,
        keys: Collection[KeyPackage],
        clock_ppm: float | None = None,
        without: Collection[str] = (),
    ) -> None:
        """Take key packages that can be gone through more than once, each with a serial number of
        its own; those of the serial numbers `without`, which are among them, are passed over."""
        self._keys, self._clock_ppm, self._without = keys, clock_ppm, without

    def __len__(self) -> int:
        """Count them."""
        return len(self._keys) - len(self._without)

    def __iter__(self) -> Iterator[NewToken]:
        """Make them one by one."""
        chosen = (key for key in self._keys if key.serial not in self._without)
        return (new_token(key, self._clock_ppm) for key in chosen)

    def __contains__(self, token: object) -> bool:
        """Say whether a token is among them."""
        return any(token == one for one in self)


def _product(key: KeyPackage) -> Product | None:
    if key.manufacturer != _MANUFACTURER:
        return None
    return next((product for product in Product if product == key.model), None)


@dataclass(frozen=True, slots=True)
class Token:
    """A token as administrators see it; its secret stays inside."""

    serial: str
    status: Status
    kind: str  # "totp", "hotp", "ocra" or APP
    algorithm: str
    digits: int  # of its codes; 0 for an app device
    period: int | None  # seconds
    suite: str | None
    product: Product | None  # None for tokens of other makers
    user_id: str | None
    window: int  # steps to either side
    look_ahead: int  # HOTP counters
    last_step: int  # of the last accepted code: time step or HOTP counter; -1 before the first
    last_accepted_at: float | None
    failures: int  # in a row
    locked_until: float  # 0 when it never was
    offset: float  # estimated seconds that the token's clock is ahead
    clock_ppm: float  # largest rate error of the clock in either direction
    created_at: float
    activation_expires_at: float | None  # of the activation code, while one waits
    activation_tries: int  # left


@dataclass(frozen=True, slots=True)
class Guesser:
    """A network that tries keys or codes: what kind it tries, and how often it may."""

    kind: str
    network: str
    per_minute: float


@dataclass(frozen=True, slots=True)
class User:
    """A user. `serial` is of the active token, if there is one."""

    user_id: str
    created_at: float
    email: str | None
    language: str  # "da" or "en"
    notify_on_use: bool
    has_pin: bool
    serial: str | None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list. `next` and `previous` are the cursors of the pages around it, None at its
    ends. `total` counts all of the list; None for a search that finds more than a page, as that
    is not counted."""

    items: tuple[T, ...]
    total: int | None
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of the audit: `serial` names its chain, None is the server's own."""

    serial: str | None
    sequence: int
    at: float
    actor: str
    action: str
    detail: dict[str, str | int | float | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditFault:
    """What a verification has found: the first changed or missing entry of a chain (`serial` None:
    the server's), or, without a number, a row or the whole."""

    serial: str | None
    sequence: int | None
    what: str


@dataclass(frozen=True, slots=True)
class AuditAnchor:
    """How far the audit had come: number of transactions and entries, the anchor's own entry in
    the server's chain, and a seal over all that. MAC and seal are hexadecimal."""

    at: float
    transactions: int
    entries: int
    sequence: int
    mac: str
    data_key: int
    seal: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The result of a verification of the audit."""

    chains: int
    entries: int
    broken: tuple[AuditFault, ...]
    earlier: int = 0  # of those entries, not read: before the anchor that it was resumed from


@dataclass(frozen=True, slots=True)
class DriftPoint:
    """One accepted code: the seconds that the middle of its step was ahead of its arrival
    (`observed`), and the estimated offset after it (`believed`)."""

    at: float
    observed: float
    believed: float


@dataclass(frozen=True, slots=True)
class HandOut:
    """Tokens that were assigned or activated: how many, and the serial number of each former token
    whose codes count no more, with that of its successor."""

    count: int
    replaced: dict[str, str]


@dataclass(frozen=True, slots=True)
class ActivationCode:
    """The code of the activation letter: given once, stored only as a keyed hash."""

    serial: str
    code: str = field(repr=False)
    expires_at: float


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge that waits for its OCRA response."""

    serial: str
    text: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key, without the key."""

    name: str
    role: Role
    created_at: float
    revoked_at: float | None


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to a user that waits to be sent."""

    id: int
    kind: NoticeKind
    at: float
    user_id: str
    serial: str
    product: Product | Literal["app"] | None  # of the token; None for tokens of other makers
    email: str | None
    language: str
    attempts: int


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """When a web session ends: seconds after its last use, and after its start at the latest."""

    idle: float
    total: float


@dataclass(frozen=True, slots=True)
class SignIn:
    """A visitor of the web site who signs in with a code: the user-ID as typed, the challenge
    shown, and whether a code was accepted."""

    user_id: str
    challenge: str
    approved: bool


@dataclass(frozen=True, slots=True)
class OpenIdKey:
    """A key that signs ID tokens by an algorithm (PKCS #8 in PEM), or did and is published for a
    while longer."""

    algorithm: str
    private: Secret = field(repr=False)
    created_at: float
    published_until: float | None


@dataclass(frozen=True, slots=True)
class OpenIdSession:
    """Who has signed in at the OpenID provider: user and token, by which methods (RFC 8176), when,
    and how many seconds ago."""

    user_id: str
    owner_id: int
    token_id: int
    methods: tuple[str, ...]
    signed_in_at: float
    age: float


@dataclass(frozen=True, slots=True)
class OpenIdRequest:
    """What a relying party asks an authorization code for. `challenge` is of RFC 7636 (S256);
    within a `sector` a user has one subject identifier."""

    client: str
    sector: str
    redirect_uri: str
    scope: str
    nonce: str | None
    challenge: str


@dataclass(frozen=True, slots=True)
class OpenIdGrant:
    """What a relying party gets to know, for a code or an access token."""

    client: str
    redirect_uri: str
    scope: str
    nonce: str | None
    challenge: str
    subject: str
    user_id: str
    acr: str
    methods: tuple[str, ...]
    signed_in_at: float
    read_at: float


@dataclass(frozen=True, slots=True)
class BackchannelStart:
    """What an application gets that has asked a user who is not there: by what it asks for the
    outcome, the digits that the user types in the app, and the seconds until it ends and between
    two polls."""

    request_id: Secret = field(repr=False)
    digits: str
    expires_in: float
    interval: float


class BackchannelOutcome(StrEnum):
    """What has come of it."""

    PENDING = "authorization_pending"
    SLOW_DOWN = "slow_down"
    EXPIRED = "expired_token"
    DENIED = "access_denied"
    UNKNOWN = "invalid_grant"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class BackchannelPoll:
    """The outcome; with an approval an access token, and what it is for."""

    outcome: BackchannelOutcome
    access_token: Secret | None = field(default=None, repr=False)
    granted: OpenIdGrant | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts for the metrics and the administration's front page."""

    tokens: dict[str, int]  # by status
    users: int
    notices_waiting: int
