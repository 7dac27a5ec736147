"""The catalogue of cases: correct and incorrect use of a token, each with the verdict it must get.

Every server must refuse incorrect use; our own also tells the administrator the reason. Late and
early are counted in steps of a period.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

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
    EMULATED: "a real token's clock or a second token would be needed",
    VIRTUAL: "it takes years, and this server lives in real time",
    LOCKS: "this server is not said to lock after wrong codes (--locks-after)",
    KEYPAD: "this product has no keys to type a challenge on",
    CHALLENGES: "this server is not challenged by kodebrik",
    EARLY: "this server accepts no early codes",
    RESYNCHRONISES: "this server is not resynchronised by kodebrik",
}


@dataclass(frozen=True)
class Case:
    """One case: `promise` says in one sentence what it verifies, `run` performs it."""

    name: str
    promise: str
    run: Callable[[Environment], None]
    needs: frozenset[str] = frozenset()


def _right(env: Environment) -> None:
    env.accept(env.choose_token(), "the code just read")


def _late_within(env: Environment) -> None:
    token = env.choose_token()
    _submit_late(env, token, min(1, env.target.policy.window))


def _late(env: Environment) -> None:
    token = env.choose_token(refusals=1)
    _submit_late(env, token, env.target.policy.too_late + env.rng.randrange(_SPREAD))


def _submit_late(env: Environment, token: EnrolledToken, steps: int) -> None:
    submit_at = env.middle(token, env.time.now())
    if submit_at < env.time.now():
        submit_at += token.period
    # A token whose own time is in the past is pressed then, so that its code is late already.
    press_at = max(submit_at - steps * token.period, token.device.now, token.free_at)
    press = env.press(token, min(press_at, env.time.now()))
    env.time.wait_until(
        env.middle(token, press.at, steps), f"the code is to be {_steps(steps)} late"
    )
    within = steps <= env.target.policy.window
    expected = ACCEPTED if within else refused("late", -steps)
    env.submit(token, press, f"{_steps(steps)} late", expected, typing=False)


def _early_within(env: Environment) -> None:
    # A new token: the server may learn a drift from an early code, which is not true of the clock.
    _submit_early(env, _enrol(env), 1)


def _early(env: Environment) -> None:
    _submit_early(
        env,
        env.choose_token(refusals=1),
        env.target.policy.too_early + env.rng.randrange(_SPREAD),
    )


def _submit_early(env: Environment, token: EnrolledToken, steps: int) -> None:
    device = _emulated(token)
    # Pressed soon after a step's beginning, so that the code is read within the step.
    env.time.wait_until(
        env.middle(token, env.time.now(), 1) - 0.4 * token.period, "a step must begin"
    )
    device.advance_to(env.time.now())
    device.emulator.set_rtc(device.emulator.rtc_time + steps * token.period)
    press = env.press(token)
    device.emulator.set_rtc(device.emulator.rtc_time - steps * token.period)
    within = steps <= env.target.policy.ahead
    expected = ACCEPTED if within else refused("early", steps)
    env.submit(token, press, f"{_steps(steps)} early", expected, typing=False)


def _replayed(env: Environment) -> None:
    token = env.choose_token(refusals=1)
    press = env.press(token)
    env.submit(token, press, "the code just read", ACCEPTED)
    env.submit(token, press, "the same code again", refused("replay"), typing=False)


def _older(env: Environment) -> None:
    token = env.choose_token(refusals=1)
    older = env.press(token)
    env.time.wait_until(env.middle(token, env.time.now(), 1), "a newer code is needed")
    env.submit(token, env.press(token), "the newer code", ACCEPTED, typing=False)
    env.submit(token, older, "the code before it", refused("replay"), typing=False)


def _at_once(env: Environment) -> None:
    token = env.choose_token()
    env.submit_at_once(token, env.press(token), _AT_ONCE)
    if env.target.policy.locks_after:
        env.time.wait_until(env.time.now() + _locked_for(env), "replays may have locked the token")


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
    env.submit(token, press, f"a code of {other.user_id}'s token", refused(reason))
    env.submit(other, press, "the same code from its own user", ACCEPTED, typing=False)


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
        f"{code} with two neighbouring digits exchanged",
        refused("transposed"),
        code=env.unlike(token, press, swapped),
    )
    env.submit(token, press, "the same code typed right", ACCEPTED, typing=False)


def _one_digit_off(env: Environment) -> None:
    token = env.choose_token(refusals=1)
    press = env.press(token)
    code = press.code
    at = env.rng.randrange(len(code))
    others = [code[:at] + digit + code[at + 1 :] for digit in "0123456789" if digit != code[at]]
    mistyped = env.unlike(token, press, others)
    note = f"{code} with a wrong digit at place {at + 1}"
    env.submit(token, press, note, refused("wrong"), code=mistyped)
    env.submit(token, press, "the same code typed right", ACCEPTED, typing=False)


def _locked_out(env: Environment) -> None:
    token = env.choose_token(refusals=1)
    press = env.press(token)
    size = len(press.code)
    guesses = [f"{number:0{size}}" for number in env.rng.sample(range(10**size), _GUESSES)]
    for _ in range(env.target.policy.locks_after - token.failures):
        wrong = env.unlike(token, press, guesses)
        note = "a code out of thin air"
        env.submit(token, press, note, refused("wrong"), code=wrong, typing=False)
    note = "the right code of a locked token"
    env.submit(token, press, note, refused("locked_out"), typing=False)
    env.time.wait_until(env.time.now() + _locked_for(env), "the token is locked out")
    env.accept(token, "a right code after the lock")


def _locked_for(env: Environment) -> float:
    """Give the seconds until the last lock ends, as the server told; 61 when it did not."""
    told = [each.answer.retry_after for each in env.submissions if each.answer.retry_after]
    return (told[-1] or 0.0) + 1 if told else 61.0


def _drift_within(env: Environment) -> None:
    token = _enrol(env)
    device = _emulated(token)
    # The firmware takes a clock for lost that stands before the moment it was set at: 24 s back
    # must be after that.
    env.time.wait_until(env.middle(token, env.time.now(), 2), "a step must be half over")
    device.advance_to(env.time.now())
    fast = env.target.policy.ahead > 0 and env.rng.choice((False, True))
    off = (1 if fast else -1) * 0.8 * token.period
    device.emulator.set_rtc(device.emulator.rtc_time + off)
    press = env.press(token)
    note = f"from a clock that is {abs(off):.0f} s {'fast' if off > 0 else 'slow'}"
    env.submit(token, press, note, ACCEPTED, typing=False)


def _drift_followed(env: Environment) -> None:
    token = _enrol(env)
    ppm = env.rng.choice((-1, 1)) * _FOLLOWED_PPM
    _emulated(token).emulator.rtc_drift_ppm = ppm
    for week in range(1, _FOLLOWED_USES + 1):
        env.time.wait_until(env.time.now() + _FOLLOWED_DAYS * DAY, "a week passes")
        env.accept(token, f"week {week} with a clock of {ppm:+} ppm")


def _drift_lost(env: Environment) -> None:
    token = _enrol(env)
    ppm = env.rng.choice((-1, 1)) * _LOST_PPM
    _emulated(token).emulator.rtc_drift_ppm = ppm
    env.time.wait_until(env.time.now() + _LOST_DAYS * DAY, "a year passes")
    # How many steps it is off depends on the moment; which way it is off does not.
    expected = refused("early" if ppm > 0 else "late")
    env.submit(token, env.press(token), f"after a year at {ppm:+} ppm", expected)
    first = _press_in_next_step(env, token)
    env.resynchronise(token, (first, _press_in_next_step(env, token)))
    env.time.wait_until(env.time.now() + 2 * token.period, "the next code must be a new one")
    env.accept(token, "a code after the resynchronisation")


def _press_in_next_step(env: Environment, token: EnrolledToken) -> Press:
    """Press just after the token's own clock begins its next step."""
    device = _emulated(token)
    device.advance_to(env.time.now())
    left = token.period - device.emulator.rtc_time % token.period
    env.time.wait_until(env.time.now() + left + 1, "next step")
    return env.press(token)


def _enrol(env: Environment) -> EnrolledToken:
    assert env.enrol is not None  # noqa: S101 - the cases' needs say EMULATED
    return env.enrol()


def _emulated(token: EnrolledToken) -> EmulatedToken:
    assert isinstance(token.device, EmulatedToken)  # noqa: S101 - the cases' needs say EMULATED
    return token.device


def _press_until(env: Environment, token: EnrolledToken, suitable: Callable[[str], bool]) -> Press:
    """Press, once a step, until the code is suitable."""
    while not suitable((press := env.press(token)).code):
        env.time.wait_until(
            env.middle(token, env.time.now(), 1), "a code of other digits is needed"
        )
    return press


def _steps(count: int) -> str:
    return f"{count} step{'s' if count != 1 else ''}"


CASES = (
    Case("right", "A code just read is accepted.", _right),
    Case("late-within", "A code of the step before is accepted.", _late_within),
    Case("late", "A code from before the window is refused as late.", _late),
    Case(
        "early-within",
        "A code of the next step is accepted.",
        _early_within,
        frozenset({EMULATED, EARLY}),
    ),
    Case(
        "early", "A code from after the window is refused as early.", _early, frozenset({EMULATED})
    ),
    Case("replayed", "A code is accepted once.", _replayed),
    Case("older", "No code is accepted after a newer one.", _older),
    Case(
        "at-once",
        "Of the same code submitted at the same moment exactly one is accepted.",
        _at_once,
    ),
    Case(
        "wrong-token",
        "A code of somebody else's token is refused.",
        _wrong_token,
        frozenset({EMULATED}),
    ),
    Case("transposed", "Two exchanged digits are refused, and burn no code.", _transposed),
    Case(
        "one-digit-off",
        "A code with one wrong digit is refused, and burns no code.",
        _one_digit_off,
    ),
    Case(
        "locked-out",
        "Wrong codes in a row lock the token for a short time.",
        _locked_out,
        frozenset({LOCKS}),
    ),
    Case(
        "drift-within",
        "A clock that is off by less than a step does no harm.",
        _drift_within,
        frozenset({EMULATED}),
    ),
    Case(
        "drift-followed",
        "A clock that drifts away is followed while its token is used.",
        _drift_followed,
        frozenset({EMULATED, VIRTUAL}),
    ),
    Case(
        "drift-lost",
        "A clock that drifted too far is refused, and found again by two codes.",
        _drift_lost,
        frozenset({EMULATED, VIRTUAL, RESYNCHRONISES}),
    ),
    Case(
        "payment",
        "A payment is accepted once, as it was typed and heard, and no other.",
        payment.run,
        frozenset({EMULATED, KEYPAD, CHALLENGES}),
    ),
)
