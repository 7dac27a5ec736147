"""The stage on which a case is played: the world's time, the holders, the server; it writes down
what was submitted.

A case asks for a holder whose next code is fresh and who may be refused so often without being
locked out, presses, waits as a user would, submits, and says what it expects.
"""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError
from host_tools.otp import codes
from host_tools.qa.cases.enrolled_token import Holder
from host_tools.qa.targets.target import Answer, Resynchronising, Target
from host_tools.qa.time_source import World
from host_tools.qa.tokens.emulated import EmulatedToken
from host_tools.qa.tokens.reading import Reading

# steps or counters around a press in which a mistyped code must not be right: ours recognises as
# many
NEAR = 120
_INTO = (
    1.0  # seconds after a step's beginning at which a token is pressed: its clock may lag a little
)
_SEEN_LATELY = 86_400.0  # seconds
_TYPING = (2.0, 8.0)  # seconds from the end of reading to submitting
_NOT_COUNTED = (
    "locked_out",
    "malformed",
    "blocked",
    "replay",
    "no_challenge",
)  # what our server never takes for a guess


@dataclass(frozen=True)
class Expected:
    """What a server must answer. `reason` and `steps` count where the server tells; None: any."""

    accepted: bool
    reason: str | None = None
    steps: int | None = None

    def met_by(self, answer: Answer) -> bool:
        """Compare as far as the answer goes."""
        if answer.accepted != self.accepted:
            return False
        told = answer.reason is not None
        if told and self.reason is not None and answer.reason != self.reason:
            return False
        return not told or self.steps is None or answer.steps == self.steps


ACCEPTED = Expected(True, "accepted")


def refused(reason: str, steps: int | None = None) -> Expected:
    """Expect a refusal for `reason`, which is worth `steps` if given."""
    return Expected(False, reason, steps)


@dataclass(frozen=True)
class Press:
    """A press and what was read."""

    user_id: str
    number: int
    reading: Reading


@dataclass(frozen=True)
class Submission:
    """One code submitted, with what was expected and answered. `note` says in words what the code
    was."""

    user_id: str
    code: str
    note: str
    at: float
    expected: Expected
    answer: Answer

    @property
    def passed(self) -> bool:
        """Say whether the answer is the expected one."""
        return self.expected.met_by(self.answer)


class MisreadError(Exception):
    """Display, played clips and the listener do not give one code: the token failed, not the
    server."""


@dataclass
class Stage:
    """`files` keeps pictures and sounds (None: nowhere). `outsiders` are holders of tokens that
    cases may spoil."""

    world: World
    target: Target
    holders: list[Holder]
    dice: random.Random
    files: Path | None = None
    recruit: Callable[[], Holder] | None = None  # makes a further holder with a token of their own
    recruit_payer: Callable[[], Holder] | None = None  # and one whose token signs payments
    presses: list[Press] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    _count: int = field(default=0, init=False)

    def holder(self, refusals: int = 0) -> Holder:
        """Give the holder who is free soonest, once a press gives a fresh code and that many
        refusals lock nobody."""
        chosen = min(
            (each for each in self.holders if not each.busy), key=lambda each: each.free_at
        )
        chosen.busy = True
        limit = self.target.policy.locks_after
        if limit and chosen.failures + refusals >= limit:
            self.accept(chosen, "a right code before, so that the count of wrong ones starts anew")
        elif refusals and self.world.now() - chosen.free_at > _SEEN_LATELY:
            self.accept(
                chosen,
                "a right code before, for a server may look far for a clock it has not seen for "
                "long",
            )
        self.wait_for_fresh(chosen)
        return chosen

    def wait_for_fresh(self, holder: Holder) -> None:
        """Wait until the token's next code has not been accepted yet."""
        self.world.wait_until(
            holder.free_at, f"the next code of {holder.user_id} must be a new one"
        )

    def release(self) -> None:
        """The case is over: everybody may be chosen again."""
        for holder in self.holders:
            holder.busy = False

    def accept(self, holder: Holder, note: str) -> None:
        """Press and submit, expecting acceptance."""
        self.wait_for_fresh(holder)
        self.submit(holder, self.press(holder), note, ACCEPTED)

    def press(self, holder: Holder, at: float | None = None) -> str:
        """Press and read; `at` is a moment up to now (None: now). The world then stands where the
        reading ended."""
        holder.token.move_on(self.world.now() if at is None else at)
        return self._read(holder, lambda name: holder.token.press(name, self.files))

    def answer(self, holder: Holder, typed: list[str]) -> str:
        """Type these numbers into a token that answers challenges and read its code, as press()
        does."""
        token = holder.token
        assert isinstance(token, EmulatedToken)  # noqa: S101 - the cases' needs say so
        token.move_on(self.world.now())
        token.rest()
        return self._read(holder, lambda name: token.answer(typed, name, self.files))

    def _read(self, holder: Holder, handle: Callable[[str], Reading]) -> str:
        """Handle the token, and write down what it gave under a name of its own."""
        self._count += 1
        reading = handle(f"press-{self._count:04}")
        self.presses.append(Press(holder.user_id, self._count, reading))
        code = reading.code()
        if code is None:
            raise MisreadError(_misread(reading))
        self.world.wait_until(holder.token.now, "the token is still speaking")
        return code

    def type(self) -> None:
        """Let the user type."""
        if self.world.virtual:
            self.world.wait_until(self.world.now() + self.dice.uniform(*_TYPING), "the user types")

    def submit(  # noqa: PLR0913 - a submission has as many sides
        self,
        holder: Holder,
        code: str,
        note: str,
        expected: Expected,
        typing: bool = True,
        *,
        challenge: str | None = None,
    ) -> Answer:
        """Submit a code and write down the answer. `challenge` is the question that it answers, if
        any."""
        if typing:
            self.type()
        answer = self.target.submit(holder.user_id, code, challenge)
        self._record(holder, code, note, expected, answer)
        return answer

    def submit_at_once(self, holder: Holder, code: str, times: int) -> None:
        """Submit the same code so many times at the same moment; exactly one may be accepted."""
        self.type()
        with ThreadPoolExecutor(times) as pool:
            answers = list(
                pool.map(lambda _: self.target.submit(holder.user_id, code), range(times))
            )
        answers.sort(key=lambda answer: not answer.accepted)
        for number, answer in enumerate(answers):
            # Those after the first are replays; once three were counted, the token may be locked
            # out instead.
            expected = ACCEPTED if number == 0 else Expected(False)
            self._record(holder, code, f"one of {times} at the same moment", expected, answer)

    def resynchronise(self, holder: Holder, pair: tuple[str, str]) -> None:
        """Have the administrator resynchronise with two consecutive codes."""
        assert isinstance(self.target, Resynchronising)  # noqa: S101 - the case's needs say so
        answer = self.target.resynchronise(holder.serial, pair)
        self._record(
            holder, " ".join(pair), "resynchronisation with two consecutive codes", ACCEPTED, answer
        )

    def middle(self, holder: Holder, moment: float, steps: int = 0) -> float:
        """Give the middle of the step that holds `moment`, or of one `steps` later."""
        return (moment // holder.period + steps + 0.5) * holder.period

    def unlike(self, holder: Holder, pressed_at: float, candidates: list[str]) -> str:
        """Draw a candidate that is no code of the holder's token around the press."""
        right = set()
        if holder.credential is not None and holder.credential.period is not None:
            steps = range(-NEAR, NEAR + 1)
            right = {
                holder.credential.code(int(pressed_at + step * holder.period)) for step in steps
            }
        wrong = [candidate for candidate in candidates if candidate not in right]
        if not wrong:
            raise KodebrikError(
                "Every way to mistype this code gives a right one.",
                "Choose another --seed.",
                ExitCode.INTERNAL,
            )
        return self.dice.choice(wrong)

    def _record(
        self, holder: Holder, code: str, note: str, expected: Expected, answer: Answer
    ) -> None:
        now = self.world.now()
        if answer.accepted:
            # What was accepted may be a code of the step before or after: two steps on, every code
            # is new.
            holder.failures = 0
            holder.free_at = self._next_step(holder, now)
        elif answer.reason not in _NOT_COUNTED:
            holder.failures += 1
        self.submissions.append(Submission(holder.user_id, code, note, now, expected, answer))

    def _next_step(self, holder: Holder, now: float) -> float:
        return (now // holder.period + 1) * holder.period + _INTO


def _misread(reading: Reading) -> str:
    display = (
        codes.grouped(reading.shown) if reading.shown else " / ".join(reading.lines) or "nothing"
    )
    if reading.spoken is None:
        return f"The display shows {display}; no code can be read."
    played, understood = reading.spoken.played or "no code", reading.spoken.understood or "no code"
    return (
        f"The display shows {display}, the clips played say {played}, a listener understands "
        f"{understood}."
    )
