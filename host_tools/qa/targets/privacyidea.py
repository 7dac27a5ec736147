"""Servers that speak privacyIDEA's /validate/check: privacyIDEA itself, and our own.

privacyIDEA (https://privacyidea.readthedocs.io, "REST API") enrols by /token/init for whoever logs
in at /auth; tokens are enrolled without a user and checked by their serial number, so that no realm
is needed. A token whose fail counter is full refuses right codes until somebody resets it; where QA
does not count on a lock, there is room for all of its wrong codes.

Its timeWindow is told in seconds to either side. 3.14 takes one step less to the early side
(lib/tokens/HMAC.py, checkOtp), and believes from each accepted code that the token lags by as long
as that code was old when it was typed (lib/tokens/totptoken.py, timeShift): by two steps after a
code that was one step late. So that a code of the window is accepted in any case, its window is set
two steps wider, and up to four steps beyond may be accepted as well.
"""

from dataclasses import dataclass, replace

from host_tools.messages.catalogue import Message
from host_tools.otp.credential import Credential
from host_tools.qa.targets.http import HttpClient
from host_tools.qa.targets.target import Answer, Enroller, Policy
from host_tools.secret import Secret

_OK = 200
_WIDER = 2  # steps, see above
_NO_LOCK = 100_000  # wrong codes; privacyIDEA's default is 10


@dataclass(frozen=True)
class Administrator:
    """Name and password of a privacyIDEA administrator."""

    name: str
    password: Secret


class PrivacyIdeaTarget:
    """A Target that tells "accepted" or not, and nothing more."""

    tells_reason = False

    def __init__(
        self,
        url: str,
        login: Administrator | Secret | None,
        enroller: Enroller | None,
        policy: Policy,
    ) -> None:
        """`login`: an administrator who enrols, or an API key to check what `enroller` enrols."""
        headers = {}
        if isinstance(login, Secret):
            headers["PI-Authorization"] = login.reveal().decode()
        self._http = HttpClient(url, headers)
        self._enroller = enroller
        self._serials: dict[str, str] = {}
        self.name = f"privacyIDEA at {self._http.url}"
        self.policy = policy
        if isinstance(login, Administrator):
            self.policy = replace(policy, early_reduction=1, undefined=2 * _WIDER)
            self._log_in(login)

    def enrol(self, user_id: str, serial: str, credential: Credential, clock_set_at: float) -> None:
        """As Target.enrol."""
        if self._enroller is not None:
            self._enroller.enrol(user_id, serial, credential, clock_set_at)
            return
        period = credential.period or 30
        wanted = {
            "type": credential.kind,
            "genkey": 0,
            "otpkey": credential.secret.reveal().hex(),
            "otplen": credential.digits,
            "hashlib": credential.algorithm.lower(),
            "timeStep": period,
            "timeWindow": (self.policy.window + _WIDER) * period,
            "serial": serial,
            "description": user_id,
        }
        reply = self._http.ask("POST", "/token/init", json=wanted)
        if reply.status != _OK:
            raise self._http.refused(Message("server-enrolling", name=serial), reply)
        if not self.policy.locks_after:
            reply = self._http.ask(
                "POST", "/token/set", json={"serial": serial, "max_failcount": _NO_LOCK}
            )
            if reply.status != _OK:
                raise self._http.refused(Message("server-raising-limit", name=serial), reply)
        self._serials[user_id] = serial

    def withdraw(self, user_id: str, serial: str) -> None:
        """As Target.withdraw."""
        if self._enroller is not None:
            self._enroller.withdraw(user_id, serial)
            return
        reply = self._http.ask("DELETE", f"/token/{serial}")
        if reply.status != _OK:
            raise self._http.refused(Message("server-deleting", name=serial), reply)

    def submit(self, user_id: str, code: str, challenge: str | None = None) -> Answer:
        """As Target.submit."""
        whose = (
            {"serial": self._serials[user_id]} if user_id in self._serials else {"user": user_id}
        )
        reply = self._http.ask("POST", "/validate/check", data=whose | {"pass": code})
        if reply.status != _OK or not isinstance(reply.body, dict):
            raise self._http.refused(Message("server-checking"), reply)
        return Answer(reply.body["result"]["value"] is True, took=reply.took)

    def clock_ahead(self) -> float | None:
        """As Target.clock_ahead."""
        return self._http.clock_ahead("/")

    def close(self) -> None:
        """As Target.close."""
        self._http.close()
        if self._enroller is not None:
            self._enroller.close()

    def _log_in(self, administrator: Administrator) -> None:
        who = {"username": administrator.name, "password": administrator.password.reveal().decode()}
        reply = self._http.ask("POST", "/auth", json=who)
        if reply.status != _OK:
            raise self._http.refused(Message("server-logging-in", name=administrator.name), reply)
        self._http.headers["PI-Authorization"] = reply.body["result"]["value"]["token"]
