"""Runs every published vector on the firmware (read from the display) and on the validator.

The token is an emulated one with the vector's secret, set to the vector's time; for a time that its
clock chip cannot hold (before 2000, after 2199) it gets the counter that RFC 6238 computes from it.
Challenges are typed on a kodeoplæser's keypad; those that cannot be typed are computed by the
firmware's module on its VM (ocra.py). The validator's clock is set to the vector's time: it must
accept the vector's code once, and refuse the neighbouring code.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from firmware.protocol.messages import MAX_TIME, MIN_TIME
from host_tools.messages.catalogue import Message
from host_tools.otp.credential import Credential
from host_tools.progress import Progress
from host_tools.qa.targets.local import ACTOR, LocalTarget
from host_tools.qa.tokens.emulated import EmulatedToken, TokenModel, image_of
from host_tools.qa.vectors import rfc
from host_tools.qa.vectors.ocra import KEYPAD_PRODUCT, KeypadRunner, answer_on_vm, why_not_typed
from host_tools.qa.vectors.rfc import Vector
from host_tools.secret import Secret
from host_tools.validator.records import NewToken
from host_tools.validator.rule.verdict import CheckRequest

TOKEN, VM = Message("vectors.token"), Message("vectors.vm")
SERVER = Message("vectors.server")
_PERIOD = 30
_BEFORE = 60  # seconds before a vector's moment at which its token is provisioned


@dataclass(frozen=True)
class VectorResult:
    """A vector on a device (TOKEN, VM or SERVER): the code it gave, or why it was `skipped`."""

    device: str
    vector: Vector
    given: str | None = None
    skipped: str | None = None

    @property
    def passed(self) -> bool:
        """Whether the code is right."""
        return self.given == self.vector.code


def all_vectors() -> list[Vector]:
    """Give the vectors of the three RFCs."""
    return [*rfc.hotp(), *rfc.totp(), *rfc.ocra()]


def run(product: str, progress: Progress) -> Iterator[VectorResult]:
    """Run all vectors; `progress(done, total)` is called after each one."""
    vectors = all_vectors()
    model = TokenModel(product, image_of(product), "en")
    with_keypad = (
        model
        if product == KEYPAD_PRODUCT
        else TokenModel(KEYPAD_PRODUCT, image_of(KEYPAD_PRODUCT), "en")
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kodebrik-vectors-")))
        clock = _SettableTime()
        target = LocalTarget(folder, clock)
        stack.callback(target.close)
        keypad = stack.enter_context(KeypadRunner(with_keypad, folder / "challenged"))
        for number, vector in enumerate(vectors):
            if vector.suite is None:
                yield VectorResult(TOKEN, vector, _shown(vector, model, folder / f"token-{number}"))
            elif why := why_not_typed(vector):
                yield VectorResult(TOKEN, vector, skipped=why)
                yield VectorResult(VM, vector, answer_on_vm(vector))
            else:
                yield VectorResult(TOKEN, vector, keypad.shown(vector))
            progress(2 * number + 1, 2 * len(vectors))
            yield VectorResult(SERVER, vector, _accepted(vector, f"rfc-{number}", target, clock))
            progress(2 * number + 2, 2 * len(vectors))


def _shown(vector: Vector, model: TokenModel, folder: Path) -> str | None:
    """Give the code that the token shows."""
    moment, counter = vector.moment, vector.counter
    if moment is not None and not MIN_TIME + _BEFORE <= moment <= MAX_TIME:
        counter, moment = moment // _PERIOD, None
    credential = Credential(
        "RFC",
        Secret(vector.secret),
        vector.algorithm,
        vector.digits,
        period=_PERIOD if counter is None else None,
        counter=counter,
    )
    start = MIN_TIME + _BEFORE if moment is None else moment
    with EmulatedToken(model, folder, 1, start - _BEFORE / 2) as token:
        token.provision(credential)
        # The clock is read some hundredths of a second after the press: the whole second is the
        # vector's.
        token.advance_to(start)
        token.emulator.set_rtc(start)
        return token.press("vector").shown


def _accepted(vector: Vector, name: str, target: LocalTarget, clock: "_SettableTime") -> str | None:
    """Submit a code next to the vector's, then the vector's; give the one accepted, or None."""
    clock.moment = 0.0 if vector.moment is None else float(vector.moment)
    counts = vector.counter is not None
    credential = Credential(
        "RFC",
        Secret(vector.secret),
        vector.algorithm,
        vector.digits,
        period=None if counts else vector.period or _PERIOD,
        counter=vector.counter,
    )
    validator = target.validator
    new = NewToken(name, credential, suite=vector.suite, clock_set_at=clock.moment)
    validator.import_tokens([new], users={name: name}, activate=True, actor=ACTOR)
    if vector.pin is not None:
        validator.set_pin(name, Secret(vector.pin.encode()), actor=ACTOR)
    if vector.question is not None:
        validator.issue_challenge(user_id=name, text=vector.question, actor=ACTOR)
    neighbour = vector.code[:-1] + str((int(vector.code[-1]) + 1) % 10)
    for code in (neighbour, vector.code):
        request = CheckRequest(
            code, user_id=name, challenge=vector.question, pin=vector.pin, actor=ACTOR
        )
        if validator.submit(request).result().accepted:
            return code
    return None


class _SettableTime:
    """A TimeSource that stands at `moment`."""

    virtual = True
    moment = 0.0

    def now(self) -> float:
        return self.moment

    def wait_until(self, moment: float, why: str) -> None:
        self.moment = moment
