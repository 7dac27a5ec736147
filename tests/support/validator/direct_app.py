"""An app device at the validator itself, without HTTP; it signs by the device of QA."""

import base64
from dataclasses import asdict, dataclass, field, replace

from host_tools.qa.tokens.app_device import AppDevice, DeviceKey
from host_tools.secret import Secret
from host_tools.validator.app_records import (
    AnswerDecision,
    AppKey,
    AppKeyKind,
    AppProof,
    Approval,
    ApprovalLimits,
    ApprovalRequest,
    AppVerdict,
    NewAppDevice,
    RelyingParty,
    SignedAnswer,
    SignedChallenge,
    WaitingApproval,
    WebAuthnSite,
)
from host_tools.validator.records import Guesser
from host_tools.validator.service import Validator

BANK = RelyingParty("bank", "Lillebælt Sparekasse")
LIMITS = ApprovalLimits(per_hour=1_000_000)
APP_PIN = "4711"
NO_SITE = WebAuthnSite("", "")
ANYBODY = Guesser("guess", "192.0.2.7", 6000.0)


def ask(
    validator: Validator,
    user_id: str,
    session: str = "browser-session-1",
    limits: ApprovalLimits = LIMITS,
    **values: str,
) -> Approval:
    """Have the bank ask for an approval."""
    return validator.app.ask(
        ApprovalRequest(BANK, user_id, session, **values), limits, actor="bank"
    )


@dataclass
class DirectDevice:
    """A device with a PIN."""

    validator: Validator
    user_id: str
    key: DeviceKey = field(default_factory=DeviceKey)
    device: str = ""
    counter: int = 0
    session: Secret = field(default_factory=lambda: Secret(b""))

    def activate(self, activation_code: str) -> bool:
        """Activate with the code of a letter."""
        new = NewAppDevice(
            self.validator.app.challenge(),
            self.user_id,
            "Telefon",
            AppKey(AppKeyKind.PIN, _bytes(self.key.public), pin=Secret(APP_PIN.encode())),
            activation_code,
        )
        made = self.validator.app.activate(new, ANYBODY)
        if made is not None:
            self.device = made.device
        return made is not None

    def unlock(self, pin: str = APP_PIN) -> AppVerdict:
        """Open a session."""
        asked = replace(self._signed_anew("kodebrik-session-1"), device=self.device)
        verdict, opened = self.validator.app.open_session(asked, ANYBODY, pin=pin, seconds=1800)
        if opened is not None:
            self.session = opened.session
        return verdict

    def waiting(self) -> list[WaitingApproval]:
        """List what waits."""
        return self.validator.app.waiting(self.session).approvals

    def signed(
        self, shown: WaitingApproval, decision: str, digits: str = "", counter: int | None = None
    ) -> SignedAnswer:
        """Sign an answer."""
        if counter is None:
            self.counter = counter = self.counter + 1
        said = AppDevice.said(self, counter, decision, digits, asdict(shown))
        proof = self._proof("kodebrik-approval-1", *said)
        return SignedAnswer(shown.id, counter, AnswerDecision(decision), digits, proof, NO_SITE)

    def answer(self, shown: WaitingApproval, decision: str, digits: str = "") -> AppVerdict:
        """Answer an approval."""
        return self.validator.app.answer(self.session, self.signed(shown, decision, digits))

    def extend(self, approval_id: str) -> float:
        """Let an approval wait for longer; give its end."""
        return self.validator.app.extend(self.session, approval_id, LIMITS).expires_at

    def remove(self, device: str) -> AppVerdict:
        """Remove a device of the same user."""
        asked = self._signed_anew("kodebrik-remove-device-1", device)
        return self.validator.app.remove_device(self.session, asked, device, pin=APP_PIN)

    def lift(self, report_id: str, pin: str = APP_PIN) -> AppVerdict:
        """Lift a report of the same user."""
        asked = self._signed_anew("kodebrik-lift-report-1", report_id)
        return self.validator.app.lift_report(self.session, asked, report_id, pin=pin)

    def _signed_anew(self, purpose: str, *about: str) -> SignedChallenge:
        """Sign a new challenge for a purpose, and what that is about, in a session."""
        self.counter += 1
        challenge = self.validator.app.challenge()
        proof = self._proof(purpose, challenge, self.device, str(self.counter), *about)
        return SignedChallenge("", self.counter, challenge, proof, NO_SITE)

    def _proof(self, *texts: str) -> AppProof:
        return AppProof(_bytes(self.key.sign(*texts)))


def opened(validator: Validator, user_id: str) -> DirectDevice:
    """Give a device that was activated, and is open."""
    device = DirectDevice(validator, user_id)
    assert device.activate(validator.app.issue_letter(user_id, actor="test").code)
    assert device.unlock().accepted
    return device


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
