"""Our own server over REST (/v1), with an administrator's API key."""

import csv
import io

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message, named
from host_tools.otp.credential import Credential
from host_tools.otp.secret_text import encode_base32
from host_tools.provisioning.clock_accuracy import CLOCK_PPM
from host_tools.qa.targets.http import HttpClient, Reply
from host_tools.qa.targets.target import LOG_SIZE, Answer, LogEntry, Policy, log_entry
from host_tools.secret import Secret

_OK, _CREATED, _GONE = 200, 201, 204
_UNAUTHORISED, _FORBIDDEN = 401, 403


class RestTarget:
    """A Target."""

    tells_reason = True

    def __init__(self, url: str, api_key: Secret, policy: Policy, language: str) -> None:
        """Send nothing yet. Why the server refuses something, it is to say in `language`."""
        key = api_key.reveal().decode()
        self._http = HttpClient(url, {"X-API-Key": key, "Accept-Language": language})
        self.name = self._http.url
        self.policy = policy

    def check_access(self) -> None:
        """As InspectableTarget.check_access."""
        asked = self._http.ask("GET", "/v1/tokens", params={"limit": 1})
        self._check(Message("server-access"), asked, _OK)

    def check_token(self, user_id: str, serial: str) -> None:
        """As InspectableTarget.check_token."""
        reply = self._http.ask("GET", f"/v1/tokens/{serial}")
        self._check(Message("server-token", serial=serial), reply, _OK)
        owner, status = reply.body["user_id"], reply.body["status"]
        if owner is None or owner.casefold() != user_id.casefold():
            raise KodebrikError(
                "qa-token-of-other",
                ExitCode.NOT_READY,
                serial=serial,
                owner=owner or Message("qa-nobody"),
                user=user_id,
            )
        if status != "active":
            raise KodebrikError(
                "qa-token-not-active",
                ExitCode.NOT_READY,
                serial=serial,
                status=named("token-status.", status),
            )

    def enrol(self, user_id: str, serial: str, credential: Credential, clock_set_at: float) -> None:
        """As Target.enrol."""
        file = {"file": ("qa.csv", _csv(serial, credential), "text/csv")}
        imported = self._http.ask(
            "POST", "/v1/imports", files=file, data={"clock_ppm": CLOCK_PPM["ds3231"]}
        )
        self._check(Message("server-importing", name=serial), imported, _CREATED)
        token = f"/v1/tokens/{serial}"
        self._check(
            Message("server-setting-clock"),
            self._post(f"{token}/clock-set", {"at": clock_set_at}),
            _OK,
        )
        given = {"assignments": [{"serial": serial, "user_id": user_id}], "activate": True}
        self._check(
            Message("server-handing-out", name=serial), self._post("/v1/assignments", given), _OK
        )

    def withdraw(self, user_id: str, serial: str) -> None:
        """As Target.withdraw."""
        self._check(
            Message("server-deleting", name=serial),
            self._http.ask("DELETE", f"/v1/tokens/{serial}"),
            _GONE,
        )
        self._check(
            Message("server-deleting", name=user_id),
            self._http.ask("DELETE", f"/v1/users/{user_id}"),
            _GONE,
        )

    def submit(self, user_id: str, code: str, challenge: str | None = None) -> Answer:
        """As Target.submit."""
        body = {"user_id": user_id, "code": code} | (
            {} if challenge is None else {"challenge": challenge}
        )
        return self._answer("Checking a code", self._post("/v1/checks", body))

    def challenge(self, user_id: str, question: str) -> None:
        """As ChallengeTarget.challenge."""
        reply = self._post("/v1/challenges", {"user_id": user_id, "text": question})
        self._check(f"ChallengeTarget {user_id}", reply, _CREATED)

    def resynchronise(self, serial: str, codes: tuple[str, str]) -> Answer:
        """As ResynchronisingTarget.resynchronise."""
        reply = self._post(f"/v1/tokens/{serial}/resynchronise", {"codes": list(codes)})
        return self._answer("Resynchronising", reply)

    def log(self, serial: str, since: float) -> tuple[LogEntry, ...]:
        """As LoggingTarget.log."""
        asked = {"serial": serial, "limit": LOG_SIZE}
        reply = self._http.ask("GET", "/v1/audit", params=asked)
        self._check(Message("server-log", serial=serial), reply, _OK)
        return tuple(
            log_entry(each["at"], each["actor"], each["action"], each["detail"])
            for each in reversed(reply.body["items"])
            if each["at"] >= since
        )

    def clock_ahead(self) -> float | None:
        """As Target.clock_ahead."""
        return self._http.clock_ahead("/healthz")

    def close(self) -> None:
        """As Target.close."""
        self._http.close()

    def _post(self, path: str, body: object) -> Reply:
        return self._http.ask("POST", path, json=body)

    def _check(self, what: str, reply: Reply, wanted: int) -> None:
        if reply.status == _UNAUTHORISED:
            raise KodebrikError("qa-api-key-unknown", ExitCode.NOT_READY, url=self.name)
        if reply.status == _FORBIDDEN:
            raise KodebrikError("qa-api-key-role", ExitCode.NOT_READY, url=self.name)
        if reply.status != wanted:
            raise self._http.refused(what, reply)

    def _answer(self, what: str, reply: Reply) -> Answer:
        self._check(what, reply, _OK)
        details = reply.body.get("details") or {}
        return Answer(
            reply.body["accepted"],
            details.get("reason"),
            details.get("steps"),
            details.get("retry_after"),
            reply.took,
        )


def _csv(serial: str, credential: Credential) -> bytes:
    text = io.StringIO()
    row = {"serial": serial, "secret": encode_base32(credential.secret), "kind": credential.kind}
    if credential.suite is not None:
        row["suite"] = credential.suite
    else:
        row |= {
            "algorithm": credential.algorithm,
            "digits": str(credential.digits),
        }
        row |= (
            {"counter": str(credential.counter)}
            if credential.period is None
            else {"period": str(credential.period)}
        )
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    return text.getvalue().encode()
