"""Which server a run is against, from the words of the command line."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from host_tools.errors import ExitCode, KodebrikError
from host_tools.qa.targets.local import Local
from host_tools.qa.targets.privacyidea import Administrator, PrivacyIdea
from host_tools.qa.targets.radius import PORT, Radius
from host_tools.qa.targets.rest import Rest
from host_tools.qa.targets.target import Enroller, Policy, Target
from host_tools.qa.time_source import World
from host_tools.secret import Secret

LOCAL = "local"
_PRIVACYIDEA, _RADIUS = "privacyidea:", "radius:"


@dataclass(frozen=True)
class Doors:
    """How to get into the server, and into the one that enrols for it (`enrol`: a URL of ours)."""

    api_key: Secret | None = None
    administrator: Administrator | None = None
    radius_secret: Secret | None = None
    enrol: str | None = None


def default_policy(against: str, doors: Doors) -> Policy:
    """Give what a server promises as long as nobody says otherwise: ours locks, privacyIDEA is not
    counted on to."""
    foreign = against.startswith(_PRIVACYIDEA) and doors.administrator is not None
    return Policy(locks_after=0) if foreign else Policy()


def target(against: str, doors: Doors, policy: Policy, world: World, folder: Path) -> Target:
    """Open the server that `against` names; `folder` is for the local one's database."""
    if against == LOCAL:
        return Local(folder, world)
    if against.startswith(_RADIUS):
        host, port = _address(against.removeprefix(_RADIUS))
        secret = _needed(
            doors.radius_secret, "RADIUS needs the shared secret", "--radius-secret-file"
        )
        return Radius(host, port, secret, _enroller(doors, policy), policy)
    if against.startswith(_PRIVACYIDEA):
        way = doors.administrator or doors.api_key
        return PrivacyIdea(
            against.removeprefix(_PRIVACYIDEA), way, _enroller(doors, policy), policy
        )
    return Rest(
        against, _needed(doors.api_key, "The server needs an API key", "--api-key-file"), policy
    )


def _enroller(doors: Doors, policy: Policy) -> Enroller | None:
    if doors.enrol is None:
        return None
    return Rest(
        doors.enrol, _needed(doors.api_key, "Enrolling needs an API key", "--api-key-file"), policy
    )


def _address(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    try:
        port = parts.port or PORT
    except ValueError:
        port = 0
    if not parts.hostname or not port:
        raise KodebrikError(
            f"{text} is not a host.", "Give radius:HOST or radius:HOST:PORT.", ExitCode.USAGE
        )
    return parts.hostname, port


def _needed(secret: Secret | None, what: str, option: str) -> Secret:
    if secret is None:
        raise KodebrikError(f"{what}.", f"Name its file with {option}.", ExitCode.USAGE)
    return secret
