"""Selection of the server under test, and of its credentials, from the options of the command
line."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import ENGLISH
from host_tools.qa.targets.local import LocalTarget
from host_tools.qa.targets.privacyidea import Administrator, PrivacyIdeaTarget
from host_tools.qa.targets.radius import PORT, RadiusTarget
from host_tools.qa.targets.rest import RestTarget
from host_tools.qa.targets.target import Enroller, Policy, Target
from host_tools.qa.time_source import TimeSource
from host_tools.secret import Secret

LOCAL = "local"
_PRIVACYIDEA, _RADIUS = "privacyidea:", "radius:"


@dataclass(frozen=True)
class TargetSelection:
    """The server under test, and the keys and passwords that it needs.

    `against` is LOCAL, a URL of our server, privacyidea:URL or radius:HOST[:PORT]. `enrol` is the
    URL of a server of ours on which users are enrolled instead. `language` is that of what our
    server tells.
    """

    against: str
    api_key: Secret | None = None
    administrator: Administrator | None = None
    radius_secret: Secret | None = None
    enrol: str | None = None
    language: str = ENGLISH

    @property
    def local(self) -> bool:
        """Whether it is the validator in this process."""
        return self.against == LOCAL

    @property
    def ours(self) -> bool:
        """Whether it is a server of ours, asked by its own interface."""
        return not self.against.startswith((_PRIVACYIDEA, _RADIUS))


def default_policy(selection: TargetSelection) -> Policy:
    """Give the policy expected of the server: ours locks, privacyIDEA need not."""
    foreign = selection.against.startswith(_PRIVACYIDEA) and selection.administrator is not None
    return Policy(locks_after=0) if foreign else Policy()


def open_target(
    selection: TargetSelection,
    policy: Policy,
    time_source: TimeSource,
    folder: Path,
    enrols: bool = True,
) -> Target:
    """Open the selected server; the local one keeps its database in `folder`. KodebrikError for an
    invalid address or a missing key, among them those to enrol with, where the run `enrols`."""
    against = selection.against
    if selection.local:
        return LocalTarget(folder, time_source)
    if against.startswith(_RADIUS):
        host, port = _address(against.removeprefix(_RADIUS))
        secret = _required(selection.radius_secret, "radius-secret-missing")
        if enrols and selection.enrol is None:
            raise KodebrikError("radius-no-enrolment", ExitCode.USAGE)
        return RadiusTarget(host, port, secret, _enroller(selection, policy), policy)
    if against.startswith(_PRIVACYIDEA):
        login = selection.administrator or selection.api_key
        url = against.removeprefix(_PRIVACYIDEA)
        target = PrivacyIdeaTarget(url, login, _enroller(selection, policy), policy)
        if enrols and selection.administrator is None and selection.enrol is None:
            target.close()
            raise KodebrikError("privacyidea-no-enrolment", ExitCode.USAGE)
        return target
    key = _required(selection.api_key, "server-api-key-missing")
    return RestTarget(against, key, policy, selection.language)


def _enroller(selection: TargetSelection, policy: Policy) -> Enroller | None:
    if selection.enrol is None:
        return None
    key = _required(selection.api_key, "enrolment-api-key-missing")
    return RestTarget(selection.enrol, key, policy, selection.language)


def _address(text: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port or PORT
        (host or "").encode("idna")  # as the system does that looks it up
    except ValueError:
        host = None
    if not host:
        raise KodebrikError("radius-host-invalid", ExitCode.USAGE, text=text)
    return host, port


def _required(secret: Secret | None, identifier: str) -> Secret:
    if secret is None:
        raise KodebrikError(identifier, ExitCode.USAGE)
    return secret
