"""The cases: what users do right and wrong with their tokens, each with the verdict that it must
get.

A server refuses what is not right; our own also tells the administrator why. Late and early count
steps of a period.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from host_tools.qa.cases import payment
from host_tools.qa.cases.enrolled_token import Holder
from host_tools.qa.cases.test_bed import ACCEPTED, Stage, refused
from host_tools.qa.tokens.emulated import EmulatedToken

DAY = 86_400.0
_FAR = 3  # how many steps beyond the window late and early codes may be drawn
_AT_ONCE = 20
_FOLLOWED_PPM, _FOLLOWED_DAYS, _FOLLOWED_USES = (
    3.5,
    7,
    26,
)  # DS3231 at its worst, used weekly for half a year: 55 s
_LOST_PPM, _LOST_DAYS = 40.0, 365  # a broken crystal in a drawer: 21 minutes

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
    """`promise` says in one sentence what the case shows."""

    name: str
    promise: str
    play: Callable[[Stage], None]
    needs: frozenset[str] = frozenset()


def _right(stage: Stage) -> None:
    stage.accept(stage.holder(), "the code just read")


def _late_within(stage: Stage) -> None:
    holder = stage.holder()
    _submit_late(stage, holder, min(1, stage.target.policy.window))


def _late(stage: Stage) -> None:
    holder = stage.holder(refusals=1)
    _submit_late(stage, holder, stage.target.policy.too_late + stage.dice.randrange(_FAR))


def _submit_late(stage: Stage, holder: Holder, steps: int) -> None:
    submit_at = stage.middle(holder, stage.world.now())
    if submit_at < stage.world.now():
        submit_at += holder.period
    # A token that stands in the past is pressed there, and its code is late already.
    press_at = max(submit_at - steps * holder.period, holder.token.now, holder.free_at)
    code = stage.press(holder, min(press_at, stage.world.now()))
    pressed_at = stage.presses[-1].reading.pressed_at
    stage.world.wait_until(
        stage.middle(holder, pressed_at, steps), f"the code is to be {_steps(steps)} late"
    )
    within = steps <= stage.target.policy.window
    expected = ACCEPTED if within else refused("late", -steps)
    stage.submit(holder, code, f"{_steps(steps)} late", expected, typing=False)


def _early_within(stage: Stage) -> None:
    # A token of its own: the server may learn from an early code, and this clock is not set back
    # behind its back.
    _submit_early(stage, _recruit(stage), 1)


def _early(stage: Stage) -> None:
    _submit_early(
        stage, stage.holder(refusals=1), stage.target.policy.too_early + stage.dice.randrange(_FAR)
    )


def _submit_early(stage: Stage, holder: Holder, steps: int) -> None:
    token = _emulated(holder)
    # Pressed soon after a step's beginning, so that the code is read within the step.
    stage.world.wait_until(
        stage.middle(holder, stage.world.now(), 1) - 0.4 * holder.period, "a step must begin"
    )
    token.move_on(stage.world.now())
    token.emulator.set_rtc(token.emulator.rtc_time + steps * holder.period)
    code = stage.press(holder)
    token.emulator.set_rtc(token.emulator.rtc_time - steps * holder.period)
    within = steps <= stage.target.policy.ahead
    expected = ACCEPTED if within else refused("early", steps)
    stage.submit(holder, code, f"{_steps(steps)} early", expected, typing=False)


def _replayed(stage: Stage) -> None:
    holder = stage.holder(refusals=1)
    code = stage.press(holder)
    stage.submit(holder, code, "the code just read", ACCEPTED)
    stage.submit(holder, code, "the same code again", refused("replay"), typing=False)


def _older(stage: Stage) -> None:
    holder = stage.holder(refusals=1)
    older = stage.press(holder)
    stage.world.wait_until(stage.middle(holder, stage.world.now(), 1), "a newer code is needed")
    stage.submit(holder, stage.press(holder), "the newer code", ACCEPTED, typing=False)
    stage.submit(holder, older, "the code before it", refused("replay"), typing=False)


def _at_once(stage: Stage) -> None:
    holder = stage.holder()
    stage.submit_at_once(holder, stage.press(holder), _AT_ONCE)
    if stage.target.policy.locks_after:
        stage.world.wait_until(
            stage.world.now() + _locked_for(stage), "replays may have locked the token"
        )


def _wrong_token(stage: Stage) -> None:
    holder, other = stage.holder(refusals=1), stage.holder()
    code = stage.press(other)
    alike = (
        other.credential is None
        or holder.credential is None
        or other.credential.digits == holder.credential.digits
    )
    reason = (
        "wrong" if alike else "malformed"
    )  # a code of another length is no guess, and not counted as one
    stage.submit(holder, code, f"a code of {other.user_id}'s token", refused(reason))
    stage.submit(other, code, "the same code from its own user", ACCEPTED, typing=False)


def _transposed(stage: Stage) -> None:
    holder = stage.holder(refusals=1)
    code = _press_for(
        stage, holder, lambda code: any(one != other for one, other in pairwise(code))
    )
    swapped = [
        code[:at] + code[at + 1] + code[at] + code[at + 2 :]
        for at in range(len(code) - 1)
        if code[at] != code[at + 1]
    ]
    mistyped = stage.unlike(holder, stage.presses[-1].reading.pressed_at, swapped)
    stage.submit(
        holder, mistyped, f"{code} with two neighbouring digits exchanged", refused("transposed")
    )
    stage.submit(holder, code, "the same code typed right", ACCEPTED, typing=False)


def _one_digit_off(stage: Stage) -> None:
    holder = stage.holder(refusals=1)
    code = stage.press(holder)
    at = stage.dice.randrange(len(code))
    others = [code[:at] + digit + code[at + 1 :] for digit in "0123456789" if digit != code[at]]
    mistyped = stage.unlike(holder, stage.presses[-1].reading.pressed_at, others)
    stage.submit(holder, mistyped, f"{code} with a wrong digit at place {at + 1}", refused("wrong"))
    stage.submit(holder, code, "the same code typed right", ACCEPTED, typing=False)


def _locked_out(stage: Stage) -> None:
    holder = stage.holder(refusals=1)
    code = stage.press(holder)
    everything = [
        f"{number:0{len(code)}}" for number in stage.dice.sample(range(10 ** len(code)), 40)
    ]
    for _ in range(stage.target.policy.locks_after - holder.failures):
        wrong = stage.unlike(holder, stage.presses[-1].reading.pressed_at, everything)
        stage.submit(holder, wrong, "a code out of thin air", refused("wrong"), typing=False)
    stage.submit(
        holder, code, "the right code of a locked token", refused("locked_out"), typing=False
    )
    stage.world.wait_until(stage.world.now() + _locked_for(stage), "the token is locked out")
    stage.accept(holder, "a right code after the lock")


def _locked_for(stage: Stage) -> float:
    told = [each.answer.retry_after for each in stage.submissions if each.answer.retry_after]
    return (told[-1] or 0.0) + 1 if told else 61.0


def _drift_within(stage: Stage) -> None:
    holder = _recruit(stage)
    token = _emulated(holder)
    # The firmware takes a clock that stands before the moment it was set at for lost: wait until 24
    # s back is after it.
    stage.world.wait_until(stage.middle(holder, stage.world.now(), 2), "a step must be half over")
    token.move_on(stage.world.now())
    fast = stage.target.policy.ahead > 0 and stage.dice.choice((False, True))
    off = (1 if fast else -1) * 0.8 * holder.period
    token.emulator.set_rtc(token.emulator.rtc_time + off)
    code = stage.press(holder)
    stage.submit(
        holder,
        code,
        f"from a clock that is {abs(off):.0f} s {'fast' if off > 0 else 'slow'}",
        ACCEPTED,
        False,
    )


def _drift_followed(stage: Stage) -> None:
    holder = _recruit(stage)
    token = _emulated(holder)
    ppm = stage.dice.choice((-1, 1)) * _FOLLOWED_PPM
    token.emulator.rtc_drift_ppm = ppm
    for week in range(1, _FOLLOWED_USES + 1):
        stage.world.wait_until(stage.world.now() + _FOLLOWED_DAYS * DAY, "a week passes")
        stage.accept(holder, f"week {week} with a clock of {ppm:+} ppm")


def _drift_lost(stage: Stage) -> None:
    holder = _recruit(stage)
    token = _emulated(holder)
    ppm = stage.dice.choice((-1, 1)) * _LOST_PPM
    token.emulator.rtc_drift_ppm = ppm
    stage.world.wait_until(stage.world.now() + _LOST_DAYS * DAY, "a year passes")
    first = stage.press(holder)
    # How many steps it is off depends on the moment; which way it is off does not.
    stage.submit(
        holder, first, f"after a year at {ppm:+} ppm", refused("early" if ppm > 0 else "late")
    )
    token.move_on(stage.world.now())
    stage.world.wait_until(
        stage.world.now() + holder.period - token.emulator.rtc_time % holder.period + 1, "next step"
    )
    first = stage.press(holder)
    token.move_on(stage.world.now())
    stage.world.wait_until(
        stage.world.now() + holder.period - token.emulator.rtc_time % holder.period + 1, "next step"
    )
    stage.resynchronise(holder, (first, stage.press(holder)))
    stage.world.wait_until(stage.world.now() + 2 * holder.period, "the next code must be a new one")
    stage.accept(holder, "a code after the resynchronisation")


def _recruit(stage: Stage) -> Holder:
    assert stage.recruit is not None  # noqa: S101 - the cases' needs say EMULATED
    return stage.recruit()


def _emulated(holder: Holder) -> EmulatedToken:
    assert isinstance(holder.token, EmulatedToken)  # noqa: S101 - the cases' needs say EMULATED
    return holder.token


def _press_for(stage: Stage, holder: Holder, fits: Callable[[str], bool]) -> str:
    """Press until the code fits what the case needs."""
    while not fits(code := stage.press(holder)):
        stage.world.wait_until(
            stage.middle(holder, stage.world.now(), 1), "a code of other digits is needed"
        )
    return code


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
        payment.play,
        frozenset({EMULATED, KEYPAD, CHALLENGES}),
    ),
)
