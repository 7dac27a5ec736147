"""Every published vector against the firmware (its display's pixels) and against the validator.

The token is an emulated one with the vector's secret, set to the vector's time; a moment that its
clock chip cannot hold (before 2000, after 2199) is put to it as the counter that RFC 6238 makes of
that time. Challenges are typed on a kodeoplæser's keys; what no key types is asked of the firmware
on its VM (challenge_vectors.py). The validator's clock is set to the vector's time: it must accept
the vector's code, once, and refuse a code next to it.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from firmware.protocol.messages import MAX_TIME, MIN_TIME
from host_tools.otp.credential import Credential
from host_tools.qa.targets.local import ACTOR, Local
from host_tools.qa.tokens.emulated import EmulatedToken, Make, image_of
from host_tools.qa.vectors import rfc
from host_tools.qa.vectors.ocra import SPEAKS, Typist, by_vm, why_not_typed
from host_tools.qa.vectors.rfc import Vector
from host_tools.secret import Secret
from host_tools.validator.records import NewToken
from host_tools.validator.rule.verdict import CheckRequest

TOKEN, VM, SERVER = "token", "firmware on its VM", "validator"
_PERIOD = 30
_BEFORE = 60  # seconds before a vector's moment at which its token is provisioned


@dataclass(frozen=True)
class Tried:
    """A vector against a device (TOKEN, VM or SERVER): what it gave; `skipped` says why it was not
    tried there."""

    device: str
    vector: Vector
    given: str | None = None
    skipped: str | None = None

    @property
    def passed(self) -> bool:
        """Say whether it is right."""
        return self.given == self.vector.code


def all_vectors() -> list[Vector]:
    """Give the vectors of the three RFCs."""
    return [*rfc.hotp(), *rfc.totp(), *rfc.ocra()]


def run(product: str, progress: Callable[[int, int], None]) -> Iterator[Tried]:
    """Try all."""
    vectors = all_vectors()
    make = Make(product, image_of(product), "en")
    speaking = make if product == SPEAKS else Make(SPEAKS, image_of(SPEAKS), "en")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kodebrik-vectors-")))
        clock = _Clock()
        target = Local(folder, clock)
        stack.callback(target.close)
        typist = stack.enter_context(Typist(speaking, folder / "challenged"))
        for number, vector in enumerate(vectors):
            if vector.suite is None:
                yield Tried(TOKEN, vector, _shown(vector, make, folder / f"token-{number}"))
            elif why := why_not_typed(vector):
                yield Tried(TOKEN, vector, skipped=why)
                yield Tried(VM, vector, by_vm(vector))
            else:
                yield Tried(TOKEN, vector, typist.shown(vector))
            progress(2 * number + 1, 2 * len(vectors))
            yield Tried(SERVER, vector, _accepted(vector, f"rfc-{number}", target, clock))
            progress(2 * number + 2, 2 * len(vectors))


def _shown(vector: Vector, make: Make, folder: Path) -> str | None:
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
    with EmulatedToken(make, folder, 1, start - _BEFORE / 2) as token:
        token.provision(credential)
        # The clock is read some hundredths of a second after the press: the whole second is the
        # vector's.
        token.move_on(start)
        token.emulator.set_rtc(start)
        return token.press("vector").shown


def _accepted(vector: Vector, name: str, target: Local, clock: "_Clock") -> str | None:
    """Give the code that the validator accepts: the vector's, or None. A neighbour of it must be
    refused before."""
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


class _Clock:
    """A World that stands where it is put."""

    virtual = True
    moment = 0.0

    def now(self) -> float:
        return self.moment

    def wait_until(self, moment: float, why: str) -> None:
        self.moment = moment
