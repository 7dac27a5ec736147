"""What the person who runs the server decides about its interfaces, as plain data."""

import ipaddress
from dataclasses import dataclass

from host_tools.validator.notices.smtp import MailServer
from host_tools.validator.notices.webhook import Webhook
from host_tools.validator.radius.server import Client

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Radius:
    """Where to listen for RADIUS, and for whom."""

    host: str
    port: int
    clients: tuple[Client, ...]


@dataclass(frozen=True)
class Settings:
    """One server's choices."""

    keyless_checks_from: tuple[Network, ...] = ()  # may ask /validate/check without an API key
    sign_in_demo: bool = True
    body_limit: int = 64 * 1024  # bytes of a request
    import_limit: int = (
        32 * 1024 * 1024
    )  # bytes of a file to import; 10,000 PSKC keys have about 12 MB
    requests_per_second: float = 5000.0  # of one API key, on one worker
    guesses_per_minute: float = 20.0  # wrong keys and sign-ins of one address, on one worker
    webhook: Webhook | None = None
    mail: MailServer | None = None
    radius: Radius | None = None
