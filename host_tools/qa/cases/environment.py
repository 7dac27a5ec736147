"""The environment of a case: time, server and enrolled tokens, with the log of what was done.

A case chooses a token with a new next code and with enough refusals left before it is locked out.
It presses, waits as a user would, submits, and states the expected answer.
"""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.qa.cases.enrolled_token import EnrolledToken
from host_tools.qa.cases.log import ACCEPTED, Expected, NoAnswerError, Press, Submission
from host_tools.qa.targets.target import Answer, ResynchronisingTarget, Target
from host_tools.qa.time_source import TimeSource
from host_tools.qa.tokens.emulated import EmulatedToken
from host_tools.qa.tokens.reading import Reading

# Steps around a press within which a mistyped code must not be right: our server recognises codes
# that far away.
NEAR = 120
_SETTLE = 1.0  # seconds after a step's beginning at which to press: the token's clock may lag
_RECENTLY = 86_400.0  # seconds since the last use in which a server's search stays narrow
_TYPING = (2.0, 8.0)  # seconds from the end of reading to submitting, shortest and longest
_NOT_COUNTED = (  # reasons for which our server does not count a wrong code
    "locked_out",
    "malformed",
    "blocked",
    "replay",
    "no_challenge",
)


@dataclass
class Environment:
    """What cases act on, and the log of their presses and submissions.

    `files` is the folder for pictures and sounds (None: they are not kept). `enrol` and
    `enrol_payer` add a token, and one that signs payments; both are None for real tokens.
    """

    time: TimeSource
    target: Target
    tokens: list[EnrolledToken]
    rng: random.Random
    files: Path | None = None
    enrol: Callable[[], EnrolledToken] | None = None
    enrol_payer: Callable[[], EnrolledToken] | None = None
    presses: list[Press] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    new_tokens: list[EnrolledToken] = field(default_factory=list)  # of single cases

    def enrol_new(self, payer: bool = False) -> EnrolledToken:
        """Enrol a token for one case, or one that signs payments."""
        enrol = self.enrol_payer if payer else self.enrol
        assert enrol is not None  # noqa: S101 - the cases' needs say EMULATED
        self.new_tokens.append(enrol())
        return self.new_tokens[-1]

    def choose_token(self, refusals: int = 0) -> EnrolledToken:
        """Reserve the free token that has a new code soonest, and wait for that code.

        When `refusals` wrong codes would lock it, or it was not used for long, a right code is
        submitted first.
        """
        chosen = min((each for each in self.tokens if not each.busy), key=lambda each: each.free_at)
        chosen.busy = True
        limit = self.target.policy.locks_after
        if limit and chosen.failures + refusals >= limit:
            self.accept(chosen, Message("qa-note.before-wrong"))
        elif refusals and self.time.now() - chosen.free_at > _RECENTLY:
            self.accept(chosen, Message("qa-note.before-long"))
        self.wait_for_new_code(chosen)
        return chosen

    def release_tokens(self) -> None:
        """Release the tokens that the case has reserved."""
        for token in self.tokens:
            token.busy = False

    def wait_for_new_code(self, token: EnrolledToken) -> None:
        """Wait until the token's next code has not been accepted before."""
        self.time.wait_until(token.free_at, Message("qa-wait.new-code", user=token.user_id))

    def accept(self, token: EnrolledToken, note: str) -> None:
        """Press and submit, expecting acceptance."""
        self.wait_for_new_code(token)
        self.submit(token, self.press(token), note, ACCEPTED)

    def accept_in_mid_step(self, token: EnrolledToken) -> None:
        """Have a right code accepted in the middle of its step, or soon after when it is read for
        longer, and wait for the next code: now a server knows that the clock is neither behind nor
        ahead, and searches no further than its window."""
        self.wait_for_new_code(token)
        press = self.press(token)
        self.time.wait_until(self.middle(token, press.at), Message("qa-wait.mid-step"))
        self.submit(token, press, Message("qa-note.mid-step"), ACCEPTED, typing=False)
        self.wait_for_new_code(token)

    def press(self, token: EnrolledToken, at: float | None = None) -> Press:
        """Press `token` at `at` (Unix seconds up to now; None: now), and read its code. Afterwards
        the time is that of the end of the reading. MisreadError when no code can be read."""
        token.device.advance_to(self.time.now() if at is None else at)
        return self._read(token, lambda name: token.device.press(name, self.files))

    def answer(self, token: EnrolledToken, typed: list[str]) -> Press:
        """Type the numbers of a challenge and read the code that answers it, as press() does."""
        device = token.device
        assert isinstance(device, EmulatedToken)  # noqa: S101 - the cases' needs say so
        device.advance_to(self.time.now())
        device.wait_until_off()
        return self._read(token, lambda name: device.answer_challenge(typed, name, self.files))

    def _read(self, token: EnrolledToken, read: Callable[[str], Reading]) -> Press:
        number = len(self.presses) + 1
        press = Press(token.user_id, number, read(f"press-{number:04}"))
        self.presses.append(press)
        press.code  # noqa: B018 - MisreadError ends the case here
        self.time.wait_until(token.device.now, Message("qa-wait.speaking"))
        return press

    def type(self) -> None:
        """Let the time pass that a user needs for typing; in real time nothing passes."""
        if self.time.virtual:
            self.time.wait_until(
                self.time.now() + self.rng.uniform(*_TYPING), Message("qa-wait.typing")
            )

    def submit(  # noqa: PLR0913 - a submission has as many sides
        self,
        token: EnrolledToken,
        press: Press,
        note: str,
        expected: Expected,
        *,
        code: str | None = None,
        typing: bool = True,
        challenge: str | None = None,
    ) -> Answer:
        """Submit the code of `press`, or `code` in its place, for the token's user.

        `challenge` is the question that the code answers; without `typing` no time passes before.
        NoAnswerError when the server is silent.
        """
        if typing:
            self.type()
        code = press.code if code is None else code
        with self._answered(token, press):
            answer = self.target.submit(token.user_id, code, challenge)
        self._record(token, press, note, answer, expected, code=code)
        return answer

    def submit_at_once(self, token: EnrolledToken, press: Press, times: int) -> None:
        """Submit the same code `times` times at the same moment; exactly one may be accepted.
        NoAnswerError as in submit()."""
        self.type()
        with self._answered(token, press), ThreadPoolExecutor(times) as pool:
            answers = list(
                pool.map(lambda _: self.target.submit(token.user_id, press.code), range(times))
            )
        answers.sort(key=lambda answer: not answer.accepted)
        for number, answer in enumerate(answers):
            # Those after the first are replays, or refused because three replays locked the token.
            expected = ACCEPTED if number == 0 else Expected(False)
            note = Message("qa-note.at-once", times=times)
            self._record(token, press, note, answer, expected, code=press.code)

    def resynchronise(self, token: EnrolledToken, pair: tuple[Press, Press]) -> None:
        """Have the administrator resynchronise with two consecutive codes. NoAnswerError as in
        submit()."""
        assert isinstance(self.target, ResynchronisingTarget)  # noqa: S101 - the case's needs say so
        first, second = pair
        with self._answered(token, second):
            answer = self.target.resynchronise(token.serial, (first.code, second.code))
        note = Message("qa-note.resynchronisation")
        codes = f"{first.code} {second.code}"
        self._record(token, second, note, answer, ACCEPTED, code=codes)

    def middle(self, token: EnrolledToken, moment: float, steps: int = 0) -> float:
        """Give the middle of the step that holds `moment`, or of one `steps` later."""
        return (moment // token.period + steps + 0.5) * token.period

    def unlike(self, token: EnrolledToken, press: Press, candidates: list[str]) -> str:
        """Draw a candidate that is no code of the token within NEAR steps of `press`.

        KodebrikError when every candidate is one.
        """
        right = set()
        if token.credential is not None and token.credential.period is not None:
            steps = range(-NEAR, NEAR + 1)
            right = {token.credential.code(int(press.at + step * token.period)) for step in steps}
        wrong = [candidate for candidate in candidates if candidate not in right]
        if not wrong:
            raise KodebrikError("qa-no-mistyped-code", ExitCode.INTERNAL)
        return self.rng.choice(wrong)

    @contextmanager
    def _answered(self, token: EnrolledToken, press: Press) -> Iterator[None]:
        """Turn the server's silence into NoAnswerError. It may have taken the code, as right or as
        wrong."""
        try:
            yield
        except KodebrikError as error:
            if error.exit_code != ExitCode.SILENT:
                raise
            self._spend(token, press)
            token.failures += 1
            raise NoAnswerError(error) from None

    def _spend(self, token: EnrolledToken, press: Press) -> None:
        """Let the token's next code be that of a later step than `press`."""
        spent = (press.at // token.period + 1) * token.period + _SETTLE
        token.free_at = max(token.free_at, spent)

    def _record(  # noqa: PLR0913 - a submission has as many sides
        self,
        token: EnrolledToken,
        press: Press,
        note: str,
        answer: Answer,
        expected: Expected,
        *,
        code: str,
    ) -> None:
        now = self.time.now()
        if answer.accepted:
            token.failures = 0
            # The accepted code may be one of the step before or after: a code is new from the next
            # step on.
            token.free_at = (now // token.period + 1) * token.period + _SETTLE
        elif answer.reason not in _NOT_COUNTED:
            token.failures += 1
        if code == press.code and press.user_id == token.user_id:
            self._spend(token, press)  # refused or not, it is no new code any more
        self.submissions.append(Submission(token.user_id, press, code, note, now, expected, answer))
