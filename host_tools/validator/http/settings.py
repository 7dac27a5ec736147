"""The sections of the settings file that configure HTTP and RADIUS: keys, types and defaults."""

import ipaddress
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BeforeValidator,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationInfo,
    model_validator,
)

from host_tools.messages.catalogue import Message
from host_tools.validator import public_url
from host_tools.validator.app_records import (
    ApprovalLimits,
    RelyingParty,
)
from host_tools.validator.formatting import DEFAULT_ZONE
from host_tools.validator.http.fields import LONGEST_NAME
from host_tools.validator.notices.smtp import MailServer
from host_tools.validator.notices.webhook import Webhook
from host_tools.validator.openid.settings import OpenId
from host_tools.validator.radius.server import Client, parse_clients
from host_tools.validator.records import SessionLimits
from host_tools.validator.settings_section import Port, Section, read_secret
from host_tools.validator.user_id import UserIdRule, alphabet

SIGN_IN_PARTY = "sign-in"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(given: object) -> tuple[Network, ...]:
    if not isinstance(given, (list, tuple)):
        raise ValueError(Message("settings-networks"))
    return tuple(map(_network, given))


def _network(given: Any) -> Network:
    try:
        return ipaddress.ip_network(given)
    except ValueError:
        raise ValueError(Message("settings-networks-but", what=repr(given))) from None


def _zone(given: object) -> ZoneInfo:
    if isinstance(given, ZoneInfo):
        return given
    try:
        return ZoneInfo(str(given))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder
        raise ValueError(Message("settings-zone")) from None


def _public_url(given: object) -> str | None:
    if given is None:
        return None
    try:
        return public_url.checked(str(given))
    except ValueError:
        raise ValueError(Message("settings-public-url")) from None


def _clients(given: object, info: ValidationInfo) -> tuple[Client, ...]:
    if isinstance(given, tuple):
        return given
    return tuple(parse_clients(read_secret(given, info).reveal().decode()))


class Radius(Section):
    """The RADIUS section: the address to listen on, and the clients with their shared secrets."""

    host: str = "127.0.0.1"
    port: Port = 1812
    clients: Annotated[
        tuple[Client, ...], BeforeValidator(_clients), Field(validation_alias="clients_file")
    ]


def _alphabet(given: object) -> frozenset[str] | None:
    if given is None or isinstance(given, frozenset):
        return given
    try:
        return alphabet(given if isinstance(given, str) else "")
    except ValueError:
        raise ValueError(Message("settings-alphabet")) from None


_Length = Annotated[int, Field(ge=1, le=LONGEST_NAME)]


class UserIds(Section):
    """The section of user-IDs: their lengths, in characters, and which characters they have."""

    least: _Length = UserIdRule().least
    most: _Length = UserIdRule().most
    alphabet: Annotated[frozenset[str] | None, BeforeValidator(_alphabet)] = None

    @model_validator(mode="after")
    def _ordered(self) -> "UserIds":
        if self.least > self.most:
            raise ValueError(Message("settings-user-id-lengths"))
        return self

    @property
    def rule(self) -> UserIdRule:
        """Give the rule."""
        return UserIdRule(self.least, self.most, self.alphabet)


def _tuple(given: object) -> object:
    return tuple(given) if isinstance(given, list) else given


class Party(Section):
    """A relying party: the name that users read, and the API keys that speak for it, by name."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")]
    keys: Annotated[tuple[str, ...], BeforeValidator(_tuple)] = ()
    keyless: bool = False  # speaks also for those who may ask /validate/check without a key

    @property
    def record(self) -> RelyingParty:
        """Give what is kept with an approval."""
        return RelyingParty(self.id, self.name)


class App(Section):
    """The section of app devices and approvals."""

    life_seconds: PositiveFloat = ApprovalLimits().life
    requests_per_hour: PositiveInt = ApprovalLimits().per_hour
    session_minutes: PositiveFloat = 30.0
    sign_in_name: Annotated[str, Field(min_length=1, max_length=60)] = "kodebrik"  # of the demo
    parties: Annotated[tuple[Party, ...], BeforeValidator(_tuple)] = ()

    @model_validator(mode="after")
    def _once(self) -> "App":
        names = [SIGN_IN_PARTY, *(party.id for party in self.parties)]
        if len(set(names)) < len(names):
            raise ValueError(Message("settings-party-twice"))
        return self

    @property
    def limits(self) -> ApprovalLimits:
        """Give what holds for approvals."""
        return ApprovalLimits(self.life_seconds, self.requests_per_hour)

    @property
    def sign_in(self) -> RelyingParty:
        """Give the party that the sign-in demo is."""
        return RelyingParty(SIGN_IN_PARTY, self.sign_in_name)

    def parties_of(self, key: str | None) -> dict[str, RelyingParty]:
        """Give the parties, by id, that an API key speaks for; without a key, those for which
        none is needed."""
        return {
            party.id: party.record
            for party in self.parties
            if (party.keyless if key is None else key in party.keys)
        }


class Settings(Section):
    """The settings of one server."""

    # These networks may ask /validate/check without an API key.
    keyless_checks_from: Annotated[tuple[Network, ...], BeforeValidator(_networks)] = ()
    sign_in_demo: bool = True
    # The address of the site for its users, as letters name it. Never taken from a request, whose
    # Host header is the sender's to choose.
    public_url: Annotated[str | None, BeforeValidator(_public_url)] = None
    time_zone: Annotated[ZoneInfo, BeforeValidator(_zone)] = DEFAULT_ZONE  # of pages and mail
    session_idle_minutes: PositiveFloat = 60.0  # of the administration
    session_hours: PositiveFloat = 24.0
    body_limit: PositiveInt = 64 * 1024  # bytes of a request
    import_limit: PositiveInt = 32 * 1024 * 1024  # bytes; 10,000 PSKC keys have about 12 MB
    requests_per_second: PositiveFloat = 5000.0  # of one API key, on one worker
    # Wrong keys, codes, PINs and sign-ins of one network, on all workers together.
    guesses_per_minute: PositiveFloat = 20.0
    user_ids: UserIds = UserIds()
    app: App = App()
    # At the sign-in, where each network's guesses are limited, who knows no PIN locks nobody out.
    pin_before_lock: bool = False
    webhook: Webhook | None = None
    mail: MailServer | None = None
    radius: Radius | None = None
    openid: OpenId | None = None

    @property
    def session_limits(self) -> SessionLimits:
        """Give when a session of the administration ends, in seconds."""
        return SessionLimits(60.0 * self.session_idle_minutes, 3600.0 * self.session_hours)
