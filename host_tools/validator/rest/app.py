"""The interface of app devices, under /app/api (docs/app.md).

No cookie is read: a device names its session in a header that no other site can make a browser
send, so there is nothing to forge (CSRF).
"""

import asyncio
import base64
import binascii
import re
import time
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AfterValidator, BaseModel, Field, model_validator

from host_tools.messages.catalogue import Message
from host_tools.secret import Secret
from host_tools.validator.app_records import (
    AnswerDecision,
    AppDevice,
    AppEvent,
    AppKey,
    AppKeyKind,
    AppProof,
    AppVerdict,
    Ended,
    NewAppDevice,
    SignedAnswer,
    SignedChallenge,
    WaitingApproval,
    WebAuthnSite,
)
from host_tools.validator.errors import InvalidError, SessionEndedError
from host_tools.validator.http.authentication import ApiKeyAuthenticator
from host_tools.validator.http.fields import Code, Name, RequestBody, Text
from host_tools.validator.http.metrics import ACTIVATIONS, ANSWERS, APP_SESSIONS
from host_tools.validator.http.refusals import responses
from host_tools.validator.http.settings import Settings
from host_tools.validator.http.strict_requests import ApiRoute
from host_tools.validator.rest.approvals import LONGEST_WAIT, ReferenceInPath
from host_tools.validator.rest.tokens import Service
from host_tools.validator.rule import app_keys, app_pins, signed_texts
from host_tools.validator.service import Validator
from host_tools.web_pages import asked_language

router = APIRouter(prefix="/app/api", route_class=ApiRoute, include_in_schema=False)

_LOOK_AGAIN = 0.5  # seconds
_SESSION = re.compile("Device ([A-Za-z0-9_-]{43})")
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"


def _decoded(text: str) -> str:
    """Refuse what is not base64url without padding."""
    _bytes(text)
    return text


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(Message("app-not-base64url")) from None


Base64Url = Annotated[str, Field(max_length=2000), AfterValidator(_decoded)]
Challenge = Annotated[str, Field(max_length=200, pattern=r"^[0-9a-f.]*$")]
Counter = Annotated[int, Field(strict=True, ge=0, lt=2**53)]
Pin = Annotated[str, Field(max_length=32, pattern=_PRINTABLE)]
DeviceName = Annotated[str, Field(max_length=200, pattern=_PRINTABLE)]
Digits = Annotated[str, Field(pattern="^([0-9]{2})?$")]


class Proof(RequestBody):
    """A bare signature, or the JSON of a WebAuthn credential."""

    signature: Base64Url | None = None
    credential: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Proof":
        if (self.signature is None) == (self.credential is None):
            raise ValueError(Message("app-one-proof"))
        return self

    @property
    def record(self) -> AppProof:
        """Give what the validator takes."""
        signature = None if self.signature is None else _bytes(self.signature)
        return AppProof(signature, self.credential)


class NewKey(RequestBody):
    """The key of a new device, and what was signed with it."""

    kind: AppKeyKind
    public_key: Base64Url = ""
    pin: Pin | None = None
    signature: Base64Url | None = None
    credential: dict[str, Any] | None = None


class Activation(RequestBody):
    """A device to activate, and what proves that it may: exactly one of the two codes."""

    challenge: Challenge
    user_id: Name
    name: DeviceName
    key: NewKey
    activation_code: Code | None = None
    code: Code | None = None
    user_pin: Text | None = None
    replaces_others: bool = False

    @model_validator(mode="after")
    def _exactly_one(self) -> "Activation":
        if (self.activation_code is None) == (self.code is None):
            raise ValueError(Message("app-one-code"))
        return self


class Numbered(RequestBody):
    """The challenge whose number is asked for."""

    challenge: Challenge


class Opening(RequestBody):
    """What a device signs to open a session."""

    device: Name
    counter: Counter
    challenge: Challenge
    proof: Proof
    pin: Pin = ""


class SignedAnew(RequestBody):
    """What a device signs anew inside its session, with its PIN."""

    counter: Counter
    challenge: Challenge
    proof: Proof
    pin: Pin = ""


class AnswerBody(RequestBody):
    """The answer to an approval."""

    counter: Counter
    decision: AnswerDecision
    digits: Digits = ""
    proof: Proof


@dataclass(frozen=True, slots=True)
class PracticeApproval(WaitingApproval):
    """An approval to practise on."""

    practice: Literal[True] = True


class PracticeAnswer(AnswerBody):
    """The answer to a practice approval, with that as it was given."""

    approval: PracticeApproval


class Notices(BaseModel):
    """Whether the user is notified of each use, and whether a notice reaches them: the server has
    a webhook, or a mail server and the user's address."""

    notify_on_use: bool
    reachable: bool


class ChosenNotices(SignedAnew):
    """The choice whether the user is notified of each use."""

    notify_on_use: bool


class Outcome(BaseModel):
    """The verdict on what a device has signed; `ended` is what a report has ended."""

    accepted: bool
    reason: str
    counter: int
    tries_left: int
    retry_after: int
    ended: Ended | None = None


def _session(request: Request) -> Secret:
    found = _SESSION.fullmatch(request.headers.get("authorization", ""))
    if found is None:
        raise SessionEndedError("app-session-ended")
    return Secret(found[1].encode())


Session = Annotated[Secret, Depends(_session)]


@router.post("/challenges", responses=responses())
def make_challenge(service: Service) -> dict[str, str]:
    """Give a challenge to sign, to whoever asks."""
    return {"challenge": service.app.challenge()}


@router.post("/challenges/number", responses=responses())
def give_number(request: Request, service: Service, body: Numbered) -> dict[str, str]:
    """Give the number of a challenge, for a challenge-response token. It counts as a guess: who
    knows a response of such a token does not ask until its number comes."""
    authenticator: ApiKeyAuthenticator = request.app.state.authenticator
    authenticator.count_guess(request)
    return {"number": service.app.number(body.challenge)}


@router.post("/devices", responses=responses(), status_code=201)
def activate(request: Request, service: Service, body: Activation) -> dict[str, Any]:
    """Activate a device; a refusal does not say what was wrong of user and code, and counts as a
    guess."""
    authenticator: ApiKeyAuthenticator = request.app.state.authenticator
    new = NewAppDevice(
        body.challenge,
        body.user_id.strip(),
        body.name,
        _new_key(body, site_of(request)),
        body.activation_code,
        body.code,
        body.user_pin,
        body.replaces_others,
    )
    device = service.app.activate(new, authenticator.guesser(request))
    ACTIVATIONS.labels(str(device is not None).lower()).inc()
    if device is None:
        raise InvalidError("app-not-activated")
    return {
        "device": device.device,
        "name": device.name,
        "user_id": new.user_id,
        "counter": 0,
    }


@router.post("/sessions", responses=responses())
def open_session(request: Request, service: Service, body: Opening) -> dict[str, Any]:
    """Open a session; the answer is 200 whether or not it was opened."""
    authenticator: ApiKeyAuthenticator = request.app.state.authenticator
    settings: Settings = request.app.state.settings
    asked = SignedChallenge(
        body.device, body.counter, body.challenge, body.proof.record, site_of(request)
    )
    verdict, opened = service.app.open_session(
        asked,
        authenticator.guesser(request),
        pin=body.pin,
        seconds=60 * settings.app.session_minutes,
    )
    APP_SESSIONS.labels(verdict.reason).inc()
    if opened is None:
        return {
            "opened": False,
            "reason": verdict.reason,
            "counter": verdict.counter,
            "tries_left": verdict.tries_left,
            "retry_after": verdict.retry_after,
        }
    return {
        "opened": True,
        "session": opened.session.reveal().decode(),
        "ends_at": opened.ends_at,
        "counter": verdict.counter,
        "device": opened.device,
        "name": opened.name,
        "user_id": opened.user_id,
    }


@router.delete("/sessions", status_code=204, response_class=Response, responses=responses())
def close_session(service: Service, session: Session) -> None:
    """Close the session."""
    service.app.close_session(session)


@router.get("/approvals", responses=responses())
async def waiting(
    request: Request,
    session: Session,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = 0.0,
    known: Annotated[str, Query(max_length=2000)] = "",
) -> dict[str, Any]:
    """Give what waits, or the report by which nothing does: at once, or when it is not what is
    known."""
    validator: Validator = request.app.state.validator
    seen = set(filter(None, known.split(",")))
    end = time.monotonic() + wait
    while True:
        found = await run_sync(validator.app.waiting, session)
        left = end - time.monotonic()
        ids = {one.id for one in [*found.approvals, found.report] if one is not None}
        if left <= 0 or ids != seen or await request.is_disconnected():
            return asdict(found)
        await asyncio.sleep(min(_LOOK_AGAIN, left))


@router.post("/approvals/{reference}/answer", responses=responses())
def answer(
    request: Request,
    service: Service,
    session: Session,
    reference: ReferenceInPath,
    body: AnswerBody,
) -> Outcome:
    """Answer an approval; 200 whether or not the answer was accepted."""
    verdict = service.app.answer(session, _given(request, reference, body))
    ANSWERS.labels(body.decision, verdict.reason).inc()
    return _outcome(verdict)


@router.post("/approvals/{reference}/extend", responses=responses(404, 409))
def extend(
    request: Request, service: Service, session: Session, reference: ReferenceInPath
) -> WaitingApproval:
    """Let an approval wait for its whole life from now."""
    settings: Settings = request.app.state.settings
    return service.app.extend(session, reference, settings.app.limits)


@router.post("/reports/{reference}/lift", responses=responses(404))
def lift_report(
    request: Request,
    service: Service,
    session: Session,
    reference: ReferenceInPath,
    body: SignedAnew,
) -> Outcome:
    """Let the user be asked again, who has reported an approval."""
    asked = _signed_anew(request, body)
    return _outcome(service.app.lift_report(session, asked, reference, pin=body.pin))


@router.get("/devices", responses=responses())
def devices(service: Service, session: Session) -> dict[str, list[dict[str, Any]]]:
    """List the user's devices."""
    this, found = service.app.devices(session)
    return {"devices": [_device(one, this) for one in found]}


@router.post("/devices/{device}/remove", responses=responses(404))
def remove_device(
    request: Request, service: Service, session: Session, device: ReferenceInPath, body: SignedAnew
) -> Outcome:
    """Remove a device of the user, or this one."""
    asked = _signed_anew(request, body)
    return _outcome(service.app.remove_device(session, asked, device, pin=body.pin))


@router.post("/devices/codes", responses=responses(409))
def issue_code(
    request: Request, service: Service, session: Session, body: SignedAnew
) -> dict[str, Any]:
    """Draw the activation code of another device."""
    verdict, code = service.app.issue_code(session, _signed_anew(request, body), pin=body.pin)
    if code is None:
        return _outcome(verdict).model_dump()
    return {"activation_code": code.code, "expires_at": code.expires_at, "counter": verdict.counter}


@router.get("/history", responses=responses())
def history(service: Service, session: Session) -> dict[str, list[AppEvent]]:
    """List what happened on and to the user's devices, the newest first."""
    return {"entries": service.app.history(session)}


@router.get("/notices", responses=responses())
def notices(request: Request, service: Service, session: Session) -> Notices:
    """Say whether the user is notified of each use."""
    settings: Settings = request.app.state.settings
    found = service.app.notices(session)
    by_mail = settings.mail is not None and found.has_address
    return Notices(notify_on_use=found.on_use, reachable=by_mail or settings.webhook is not None)


@router.put("/notices", responses=responses())
def set_notices(
    request: Request, service: Service, session: Session, body: ChosenNotices
) -> Outcome:
    """Choose whether the user is notified of each use."""
    asked = _signed_anew(request, body)
    return _outcome(service.app.set_notify_on_use(session, asked, body.notify_on_use, pin=body.pin))


@router.post("/practice", responses=responses())
def practice(request: Request, service: Service, session: Session) -> PracticeApproval:
    """Give an approval to practise on, in the language that Accept-Language asks for, or else the
    user's."""
    settings: Settings = request.app.state.settings
    language = asked_language(request.headers)
    return PracticeApproval(**asdict(service.app.practice(session, settings.app.limits, language)))


@router.post("/practice/answer", responses=responses())
def practise(request: Request, service: Service, session: Session, body: PracticeAnswer) -> Outcome:
    """Say whether the answer to a practice approval is right."""
    given = _given(request, body.approval.id, body)
    return _outcome(service.app.practise(session, given, body.approval))


def site_of(request: Request) -> WebAuthnSite:
    """Give what the credentials of this site are bound to: its public URL, or else the address
    that the browser has asked."""
    settings: Settings = request.app.state.settings
    parts = urlsplit(settings.public_url or str(request.base_url))
    return WebAuthnSite(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


def _new_key(body: Activation, site: WebAuthnSite) -> AppKey:
    """Check a new key, and that the device has its private half; InvalidError when not."""
    key, user_id = body.key, body.user_id.strip()
    message = signed_texts.activation(body.challenge, user_id, body.name, key.public_key)
    if key.kind is AppKeyKind.WEBAUTHN:
        if key.credential is None or key.public_key:
            raise InvalidError("app-key-invalid")
        return app_keys.registered(key.credential, message, site)
    pin = app_pins.checked(key.pin or "")
    public = app_keys.parsed(_bytes(key.public_key))
    made = AppKey(key.kind, public, pin=Secret(pin.encode()))
    proof = AppProof(_bytes(key.signature or ""))
    if not app_keys.proves(made, proof, message, site):
        raise InvalidError("app-key-invalid")
    return made


def _signed_anew(request: Request, body: SignedAnew) -> SignedChallenge:
    """Give what the session's device has signed."""
    return SignedChallenge("", body.counter, body.challenge, body.proof.record, site_of(request))


def _given(request: Request, reference: str, body: AnswerBody) -> SignedAnswer:
    proof, site = body.proof.record, site_of(request)
    return SignedAnswer(reference, body.counter, body.decision, body.digits, proof, site)


def _outcome(verdict: AppVerdict) -> Outcome:
    return Outcome(accepted=verdict.accepted, **asdict(verdict))


def _device(device: AppDevice, this: str) -> dict[str, Any]:
    return {**asdict(device), "this": device.device == this}
