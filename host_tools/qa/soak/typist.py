"""Listeners who hear a code and type it, against the server's rule of acceptance: what a token that
waits for a fresh period is worth, by the speed of its speech and the time that typing takes.

A listener presses red at any moment of a period, hears the code, types it, perhaps with a mistake,
and after a refusal tries once more. Clocks are right. Times are seconds, moments Unix seconds of
virtual time.
"""

import importlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from host_tools.image.image import load_product
from host_tools.otp import codes
from host_tools.qa.soak.fleet import mistyped
from host_tools.validator.records import Status
from host_tools.validator.rule.acceptance import TokenState, decide
from host_tools.validator.rule.code_search import CodeGenerator
from host_tools.validator.rule.drift import TokenClock
from host_tools.validator.rule.verdict import Reason

SPEEDS = (1, 3, 5)
TYPING = tuple(range(5, 55, 5))  # medians
_DIGITS = 6
_WINDOW = 1
_SPREAD = 0.1  # standard deviation of the logarithm of the typing time
_MISTYPES = 0.02  # share of codes
_TRIES = 2
_START = 1_893_456_000.0  # 2030-01-01
_PRODUCT = load_product("kodeoplaeser")
_SAY: Any = importlib.import_module("firmware.speech.say")


@dataclass(frozen=True)
class Custom:
    """How a token and its issuer deal with a code's time: its period, and whether the token waits
    for a fresh one when less than the speech and `typing_time` is left (0: it never waits)."""

    period: int
    typing_time: int


BEFORE = (Custom(30, 0), Custom(60, 0))
AFTER = tuple(Custom(period, _PRODUCT["settings"]["typing_time"]) for period in (30, 60))


@dataclass(frozen=True)
class Typists:
    """Logins of listeners who are alike: how many, how many right codes were typed at the first try
    and accepted, lock-outs, and the seconds that the token had them wait."""

    custom: Custom
    speed: int
    typing: int
    logins: int
    first_tries: int
    first_accepted: int
    locks: int
    waited: float


def speech(speed: int) -> float:
    """Give how long a code and the words before it last."""
    milliseconds: int = _SAY.code_ms(_DIGITS, speed)
    return milliseconds / 1000


def wait(custom: Custom, speed: int, left: int) -> int:
    """Give how long the token waits for a fresh code with `left` whole seconds of a period left."""
    needed = min(speech(speed) + custom.typing_time, custom.period - _PRODUCT["fresh_ms"] / 1000)
    return left if custom.typing_time and left < needed else 0


def simulate(custom: Custom, speed: int, typing: int, logins: int, seed: int) -> Typists:
    """Simulate the logins of one listener, a day apart."""
    rng = random.Random(f"typist {seed} {custom} {speed} {typing}")  # noqa: S311 - the same seed, the same figures
    secret = rng.randbytes(20)
    state = TokenState(
        Status.ACTIVE,
        CodeGenerator("totp", secret, "SHA1", _DIGITS, custom.period),
        _WINDOW,
        0,
        -1,
        0,
        0.0,
        TokenClock(0.0, _START, ppm=0.0),
    )
    tries = accepted = locks = 0
    waited = 0.0
    for login in range(logins):
        now = _START + (login + rng.random()) * 86_400
        for attempt in range(_TRIES):
            waits = wait(custom, speed, custom.period - int(now) % custom.period)
            waited += waits
            now += waits
            code = codes.totp(secret, int(now), custom.period)
            wrong = rng.random() < _MISTYPES
            now += speech(speed) + typing * rng.lognormvariate(0, _SPREAD)
            decision = decide(state, mistyped(rng, code) if wrong else code, now)
            state = decision.state
            right = decision.reason is Reason.ACCEPTED
            if not attempt and not wrong:
                tries += 1
                accepted += right
            if right:
                break
            if state.locked_until > now:
                locks += 1
                state = state._replace(failures=0, locked_until=0.0)  # the day after
                break
            now += rng.uniform(3, 10)
    return Typists(custom, speed, typing, logins, tries, accepted, locks, waited)


def all_typists(logins: int, seed: int) -> Iterator[Typists]:
    """Simulate so many logins of each kind of listener, before and after tokens waited."""
    for custom in (*BEFORE, *AFTER):
        for typing in TYPING:
            for speed in SPEEDS:
                yield simulate(custom, speed, typing, logins, seed)
