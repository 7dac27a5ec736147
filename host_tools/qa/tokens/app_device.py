"""An app device in Python, written after docs/app.md alone: it signs with a key of `cryptography`,
and speaks to a server's /app/api as the web app does."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Protocol

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from host_tools.secret import Secret

_API = "/app/api"
_SIGNED = (
    *("id", "nonce", "party", "party_name", "user_id", "kind", "text", "amount"),
    *("currency", "account", "place", "created_at"),
)

Json = dict[str, Any]


class Answered(Protocol):
    """What came back over HTTP."""

    @property
    def status_code(self) -> int:
        """Give the status."""

    def json(self) -> Any:
        """Give the body."""


class Client(Protocol):
    """What sends requests: a client of httpx, or of a test."""

    def request(self, method: str, url: str, *, json: Any = None, headers: Any = None) -> Answered:
        """Send a request."""


class DeviceKey:
    """The private key of a device."""

    def __init__(self) -> None:
        """Draw it."""
        self._private = ec.generate_private_key(ec.SECP256R1())

    @property
    def public(self) -> str:
        """Give the public key: SubjectPublicKeyInfo as base64url."""
        return _base64url(
            self._private.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )

    def sign(self, *texts: str) -> str:
        """Sign texts, each after its length; give r and s as base64url."""
        message = b"".join(
            len(one).to_bytes(4, "big") + one for one in (text.encode() for text in texts)
        )
        r, s = decode_dss_signature(self._private.sign(message, ec.ECDSA(hashes.SHA256())))
        return _base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


@dataclass
class AppDevice:
    """A device of one user: its key and PIN, and what the server has told it."""

    client: Client
    user_id: str
    pin: str
    name: str = "Telefon"
    key: DeviceKey = field(default_factory=DeviceKey)
    device: str = ""
    counter: int = 0
    session: Secret | None = None
    headers: dict[str, str] = field(default_factory=dict)  # sent with every request

    def activate(self, **code: Any) -> Answered:
        """Activate with `activation_code`, or with `code` and the user's PIN as `user_pin`; with
        `replaces_others`, as the user's only device."""
        return self.activate_with(self.challenge(), **code)

    def activate_with(self, challenge: str, **code: Any) -> Answered:
        """Activate as activate() does, with a challenge whose number was answered."""
        public = self.key.public
        signed = self.key.sign("kodebrik-activation-1", challenge, self.user_id, self.name, public)
        key = {"kind": "pin", "public_key": public, "pin": self.pin, "signature": signed}
        body = {"challenge": challenge, "user_id": self.user_id, "name": self.name, "key": key}
        answered = self._ask("POST", "/devices", body | code)
        if answered.status_code == 201:  # noqa: PLR2004 - HTTP's Created
            self.device = answered.json()["device"]
        return answered

    def unlock(self, pin: str | None = None) -> Json:
        """Open a session; give what the server says."""
        challenge, counter = self.challenge(), self.next_counter()
        body = {
            "device": self.device,
            "counter": counter,
            "challenge": challenge,
            "pin": self.pin if pin is None else pin,
            "proof": self._proof("kodebrik-session-1", challenge, self.device, str(counter)),
        }
        opened: Json = self._ask("POST", "/sessions", body).json()
        if opened.get("opened"):
            self.session = Secret(opened["session"].encode())
        return opened

    def waiting(self) -> list[Json]:
        """List what waits for the user."""
        found: list[Json] = self.ask("GET", "/approvals").json()["approvals"]
        return found

    def report(self) -> Json | None:
        """Give what the user has reported, by which nothing waits; None when they have not."""
        found: Json | None = self.ask("GET", "/approvals").json()["report"]
        return found

    def lift(self, report: Json) -> Json:
        """Let the user be asked again; give the verdict."""
        body = self.signed_anew("kodebrik-lift-report-1", report["id"])
        verdict: Json = self.ask("POST", f"/reports/{report['id']}/lift", body).json()
        return verdict

    def set_clock(self, at: float) -> None:
        """Have the device's clock say `at`, Unix seconds, from now on."""
        self.headers["Date"] = formatdate(at, usegmt=True)

    def answer(
        self, approval: Json, decision: str, digits: str = "", counter: int | None = None
    ) -> Json:
        """Answer an approval that waits, as it was shown here."""
        body = self.answer_body(approval, decision, digits, counter)
        return self.send_answer(approval["id"], body)

    def answer_body(
        self, approval: Json, decision: str, digits: str = "", counter: int | None = None
    ) -> Json:
        """Make the body of an answer."""
        number = self.next_counter() if counter is None else counter
        said = self.said(number, decision, digits, approval)
        return {
            "counter": number,
            "decision": decision,
            "digits": digits,
            "proof": self._proof("kodebrik-approval-1", *said),
        }

    def said(self, counter: int, decision: str, digits: str, approval: Json) -> tuple[str, ...]:
        """Give the texts that an answer signs, after the purpose."""
        return (
            *(self.device, str(counter), decision, digits),
            *(str(approval[name]) for name in _SIGNED),
        )

    def send_answer(self, approval_id: str, body: Json) -> Json:
        """Send an answer; give the verdict."""
        verdict: Json = self.ask("POST", f"/approvals/{approval_id}/answer", body).json()
        return verdict

    def code_for_another(self) -> str:
        """Give an activation code for another device of the user."""
        body = self.signed_anew("kodebrik-new-device-1")
        code: str = self.ask("POST", "/devices/codes", body).json()["activation_code"]
        return code

    def remove(self, device: str) -> Answered:
        """Remove a device of the user."""
        body = self.signed_anew("kodebrik-remove-device-1", device)
        return self.ask("POST", f"/devices/{device}/remove", body)

    def notify_on_use(self, chosen: bool) -> Json:
        """Choose whether the user is notified of each use; give the verdict."""
        body = self.signed_anew("kodebrik-notices-1", str(chosen).lower())
        verdict: Json = self.ask("PUT", "/notices", body | {"notify_on_use": chosen}).json()
        return verdict

    def signed_anew(self, purpose: str, *what: str, pin: str | None = None) -> Json:
        """Make the body of a request that is signed anew, with the PIN."""
        challenge, counter = self.challenge(), self.next_counter()
        return {
            "counter": counter,
            "challenge": challenge,
            "proof": self._proof(purpose, challenge, self.device, str(counter), *what),
            "pin": self.pin if pin is None else pin,
        }

    def challenge(self) -> str:
        """Give a challenge of the server."""
        challenge: str = self._ask("POST", "/challenges", {}).json()["challenge"]
        return challenge

    def next_counter(self) -> int:
        """Count on."""
        self.counter += 1
        return self.counter

    def ask(self, method: str, path: str, body: Json | None = None) -> Answered:
        """Send a request of the device's session."""
        session = "" if self.session is None else self.session.reveal().decode()
        return self._ask(method, path, body, {"Authorization": f"Device {session}"})

    def _ask(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answered:
        sent = self.headers | dict(headers or {})
        return self.client.request(method, _API + path, json=body, headers=sent)

    def _proof(self, *texts: str) -> Json:
        return {"signature": self.key.sign(*texts)}


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
