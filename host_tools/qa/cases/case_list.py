"""The catalogue of cases: correct and incorrect use of a token, each with the verdict it must get.

Every server must refuse incorrect use; our own also tells the administrator the reason. Late and
early are counted in steps of a period.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.qa.cases import payment
from host_tools.qa.cases.enrolled_token import EnrolledToken
from host_tools.qa.cases.environment import Environment
from host_tools.qa.cases.log import ACCEPTED, Press, refused
from host_tools.qa.tokens.emulated import EmulatedToken

DAY = 86_400.0
_SPREAD = 3  # steps beyond the window over which late and early codes are drawn
_AT_ONCE = 20  # submissions at the same moment
_GUESSES = 40  # wrong codes to choose from
# A DS3231 at its worst, used weekly for half a year: 55 s off.
_FOLLOWED_PPM, _FOLLOWED_DAYS, _FOLLOWED_USES = 3.5, 7, 26
_LOST_PPM, _LOST_DAYS = 40.0, 365  # a broken crystal, unused for a year: 21 minutes off

# What a case needs beyond a token and a server.
EMULATED, VIRTUAL, LOCKS, RESYNCHRONISES = "emulated", "virtual", "locks", "resynchronises"
KEYPAD, CHALLENGES, EARLY = "keypad", "challenges", "early"
WHY_NOT = {
    EMULATED: Message("qa-why-not.emulated"),
    VIRTUAL: Message("qa-why-not.virtual"),
    LOCKS: Message("qa-why-not.locks"),
    KEYPAD: Message("qa-why-not.keypad"),
    CHALLENGES: Message("qa-why-not.challenges"),
    EARLY: Message("qa-why-not.early"),
    RESYNCHRONISES: Message("qa-why-not.resynchronises"),
}


class NamedCase(Protocol):
    """A case of any kind: its name, and in one sentence what it verifies."""

    @property
    def name(self) -> str:
        """Give the name."""

    @property
    def promise(self) -> str:
        """Give the sentence."""


Played = TypeVar("Played", bound=NamedCase)


Place = TypeVar("Place")


@dataclass(frozen=True)
class CaseIn(Generic[Place]):
    """One case: `promise` says in one sentence what it verifies, `run` performs it in its
    environment."""

    name: str
    promise: str
    run: Callable[[Place], None]
    needs: frozenset[str] = frozenset()


Case = CaseIn[Environment]


def _right(env: Environment) -> None:
    env.accept(env.choose_token(), Message("qa-note.just-read"))


def _late_within(env: Environment) -> None:
    token = env.choose_token()
    _submit_late(env, token, min(1, env.target.policy.window))


def _late(env: Environment) -> None:
    token = env.choose_token()
    env.accept_in_mid_step(token)
    _submit_late(env, token, env.target.policy.too_late + env.rng.randrange(_SPREAD))


def _submit_late(env: Environment, token: EnrolledToken, steps: int) -> None:
    submit_at = env.middle(token, env.time.now())
    if submit_at < env.time.now():
        submit_at += token.period
    # A token whose own time is in the past is pressed then, so that its code is late already.
    press_at = max(submit_at - steps * token.period, token.device.now, token.free_at)
    press = env.press(token, min(press_at, env.time.now()))
    env.time.wait_until(env.middle(token, press.at, steps), Message("qa-wait.late", count=steps))
    within = steps <= env.target.policy.window
    expected = ACCEPTED if within else refused("late", -steps)
    env.submit(token, press, Message("qa-note.late", count=steps), expected, typing=False)


def _early_within(env: Environment) -> None:
    # A new token: the server may learn a drift from an early code, which is not true of the clock.
    _submit_early(env, env.enrol_new(), 1)


def _early(env: Environment) -> None:
    token = env.choose_token()
    env.accept_in_mid_step(token)
    _submit_early(env, token, env.target.policy.too_early + env.rng.randrange(_SPREAD))


def _submit_early(env: Environment, token: EnrolledToken, steps: int) -> None:
    device = _emulated(token)
    # Pressed soon after a step's beginning, so that the code is read within the step.
    env.time.wait_until(
        env.middle(token, env.time.now(), 1) - 0.4 * token.period, Message("qa-wait.step-begins")
    )
    device.advance_to(env.time.now())
    device.emulator.set_rtc(device.emulator.rtc_time + steps * token.period)
    press = env.press(token)
    device.emulator.set_rtc(device.emulator.rtc_time - steps * token.period)
    within = steps <= env.target.policy.ahead
    expected = ACCEPTED if within else refused("early", steps)
    env.submit(token, press, Message("qa-note.early", count=steps), expected, typing=False)


def _replayed(env: Environment) -> None:
    token = env.choose_token(refusals=1)
    press = env.press(token)
    env.submit(token, press, Message("qa-note.just-read"), ACCEPTED)
    env.submit(token, press, Message("qa-note.again"), refused("replay"), typing=False)


def _older(env: Environment) -> None:
    token = env.choose_token(refusals=1)
    older = env.press(token)
    env.time.wait_until(env.middle(token, env.time.now(), 1), Message("qa-wait.newer-code"))
    env.submit(token, env.press(token), Message("qa-note.newer"), ACCEPTED, typing=False)
    env.submit(token, older, Message("qa-note.older"), refused("replay"), typing=False)


def _at_once(env: Environment) -> None:
    token = env.choose_token()
    env.submit_at_once(token, env.press(token), _AT_ONCE)
    if env.target.policy.locks_after:
        env.time.wait_until(env.time.now() + _locked_for(env), Message("qa-wait.replays"))


def _wrong_token(env: Environment) -> None:
    token, other = env.choose_token(refusals=1), env.choose_token()
    press = env.press(other)
    same_length = (
        other.credential is None
        or token.credential is None
        or other.credential.digits == token.credential.digits
    )
    # A code of another length is not counted as a guess.
    reason = "wrong" if same_length else "malformed"
    env.submit(token, press, Message("qa-note.other-token", user=other.user_id), refused(reason))
    env.submit(other, press, Message("qa-note.own-user"), ACCEPTED, typing=False)


def _transposed(env: Environment) -> None:
    token = env.choose_token(refusals=1)
    press = _press_until(
        env, token, lambda code: any(one != other for one, other in pairwise(code))
    )
    code = press.code
    swapped = [
        code[:at] + code[at + 1] + code[at] + code[at + 2 :]
        for at in range(len(code) - 1)
        if code[at] != code[at + 1]
    ]
    env.submit(
        token,
        press,
        Message("qa-note.transposed", code=code),
        refused("transposed"),
        code=env.unlike(token, press, swapped),
    )
    env.submit(token, press, Message("qa-note.typed-right"), ACCEPTED, typing=False)


def _one_digit_off(env: Environment) -> None:
    token = env.choose_token(refusals=1)
    press = env.press(token)
    code = press.code
    at = env.rng.randrange(len(code))
    others = [code[:at] + digit + code[at + 1 :] for digit in "0123456789" if digit != code[at]]
    mistyped = env.unlike(token, press, others)
    note = Message("qa-note.one-digit", code=code, place=at + 1)
    env.submit(token, press, note, refused("wrong"), code=mistyped)
    env.submit(token, press, Message("qa-note.typed-right"), ACCEPTED, typing=False)


def _locked_out(env: Environment) -> None:
    token = env.choose_token(refusals=1)
    press = env.press(token)
    size = len(press.code)
    guesses = [f"{number:0{size}}" for number in env.rng.sample(range(10**size), _GUESSES)]
    for _ in range(env.target.policy.locks_after - token.failures):
        wrong = env.unlike(token, press, guesses)
        note = Message("qa-note.guessed")
        env.submit(token, press, note, refused("wrong"), code=wrong, typing=False)
    note = Message("qa-note.locked")
    env.submit(token, press, note, refused("locked_out"), typing=False)
    env.time.wait_until(env.time.now() + _locked_for(env), Message("qa-wait.locked"))
    env.accept(token, Message("qa-note.after-lock"))


def _locked_for(env: Environment) -> float:
    """Give the seconds until the last lock ends, as the server told; 61 when it did not."""
    told = [each.answer.retry_after for each in env.submissions if each.answer.retry_after]
    return (told[-1] or 0.0) + 1 if told else 61.0


def _drift_within(env: Environment) -> None:
    token = env.enrol_new()
    device = _emulated(token)
    # The firmware takes a clock for lost that stands before the moment it was set at: 24 s back
    # must be after that.
    env.time.wait_until(env.middle(token, env.time.now(), 2), Message("qa-wait.half-step"))
    device.advance_to(env.time.now())
    fast = env.target.policy.ahead > 0 and env.rng.choice((False, True))
    off = (1 if fast else -1) * 0.8 * token.period
    device.emulator.set_rtc(device.emulator.rtc_time + off)
    press = env.press(token)
    note = Message("qa-note.fast" if off > 0 else "qa-note.slow", seconds=abs(off))
    env.submit(token, press, note, ACCEPTED, typing=False)


def _drift_followed(env: Environment) -> None:
    token = env.enrol_new()
    ppm = env.rng.choice((-1, 1)) * _FOLLOWED_PPM
    _emulated(token).emulator.rtc_drift_ppm = ppm
    for week in range(1, _FOLLOWED_USES + 1):
        env.time.wait_until(env.time.now() + _FOLLOWED_DAYS * DAY, Message("qa-wait.week"))
        env.accept(token, Message("qa-note.week", week=week, ppm=ppm))


def _drift_lost(env: Environment) -> None:
    token = env.enrol_new()
    ppm = env.rng.choice((-1, 1)) * _LOST_PPM
    _emulated(token).emulator.rtc_drift_ppm = ppm
    env.time.wait_until(env.time.now() + _LOST_DAYS * DAY, Message("qa-wait.year"))
    # How many steps it is off depends on the moment; which way it is off does not.
    expected = refused("early" if ppm > 0 else "late")
    env.submit(token, env.press(token), Message("qa-note.year", ppm=ppm), expected)
    first = _press_in_next_step(env, token)
    env.resynchronise(token, (first, _press_in_next_step(env, token)))
    env.time.wait_until(env.time.now() + 2 * token.period, Message("qa-wait.next-code"))
    env.accept(token, Message("qa-note.after-resynchronisation"))


def _press_in_next_step(env: Environment, token: EnrolledToken) -> Press:
    """Press just after the token's own clock begins its next step."""
    device = _emulated(token)
    device.advance_to(env.time.now())
    left = token.period - device.emulator.rtc_time % token.period
    env.time.wait_until(env.time.now() + left + 1, Message("qa-wait.next-step"))
    return env.press(token)


def _emulated(token: EnrolledToken) -> EmulatedToken:
    assert isinstance(token.device, EmulatedToken)  # noqa: S101 - the cases' needs say EMULATED
    return token.device


def _press_until(env: Environment, token: EnrolledToken, suitable: Callable[[str], bool]) -> Press:
    """Press, once a step, until the code is suitable."""
    while not suitable((press := env.press(token)).code):
        env.time.wait_until(env.middle(token, env.time.now(), 1), Message("qa-wait.other-digits"))
    return press


CASES = (
    Case("right", Message("qa-case.right"), _right),
    Case("late-within", Message("qa-case.late-within"), _late_within),
    Case("late", Message("qa-case.late"), _late),
    Case(
        "early-within",
        Message("qa-case.early-within"),
        _early_within,
        frozenset({EMULATED, EARLY}),
    ),
    Case("early", Message("qa-case.early"), _early, frozenset({EMULATED})),
    Case("replayed", Message("qa-case.replayed"), _replayed),
    Case("older", Message("qa-case.older"), _older),
    Case(
        "at-once",
        Message("qa-case.at-once"),
        _at_once,
    ),
    Case(
        "wrong-token",
        Message("qa-case.wrong-token"),
        _wrong_token,
        frozenset({EMULATED}),
    ),
    Case("transposed", Message("qa-case.transposed"), _transposed),
    Case(
        "one-digit-off",
        Message("qa-case.one-digit-off"),
        _one_digit_off,
    ),
    Case(
        "locked-out",
        Message("qa-case.locked-out"),
        _locked_out,
        frozenset({LOCKS}),
    ),
    Case(
        "drift-within",
        Message("qa-case.drift-within"),
        _drift_within,
        frozenset({EMULATED}),
    ),
    Case(
        "drift-followed",
        Message("qa-case.drift-followed"),
        _drift_followed,
        frozenset({EMULATED, VIRTUAL}),
    ),
    Case(
        "drift-lost",
        Message("qa-case.drift-lost"),
        _drift_lost,
        frozenset({EMULATED, VIRTUAL, RESYNCHRONISES}),
    ),
    Case(
        "payment",
        Message("qa-case.payment"),
        payment.run,
        frozenset({EMULATED, KEYPAD, CHALLENGES}),
    ),
)


def named(names: Sequence[str]) -> tuple[Case, ...]:
    """Give the cases of these names, or all when none is named; KodebrikError for one that there is
    not."""
    return chosen(CASES, names)


def chosen(cases: tuple[Played, ...], names: Sequence[str]) -> tuple[Played, ...]:
    """Do as named() does with other cases."""
    by_name = {case.name: case for case in cases}
    for name in names:
        if name not in by_name:
            raise KodebrikError(
                "qa-case-unknown", ExitCode.USAGE, name=name, choices=", ".join(by_name)
            )
    return tuple(by_name[name] for name in dict.fromkeys(names)) or cases
