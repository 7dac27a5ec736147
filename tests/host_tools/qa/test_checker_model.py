"""The validator against a model of fifty lines: equal verdicts for any sequence of events."""

import base64
from itertools import count
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from host_tools.otp.credential import Credential
from host_tools.provisioning.clock_accuracy import CLOCK_PPM
from host_tools.qa.targets.local import LocalTarget
from host_tools.qa.time_source import VirtualTime
from host_tools.secret import Secret
from host_tools.validator.rule.verdict import CheckRequest
from tests.host_tools.qa.checker_model import PERIOD, WINDOW, Model

START = 1_893_456_000.0
DAY = 86_400
USERS = ("first", "second")
WHO = st.sampled_from(USERS)
SERIALS = count(1)


class ValidatorAndModel(RuleBasedStateMachine):
    """Two users, to see that neither's codes affect the other.

    It is always the middle of a step, so that no drift is learnt.
    """

    def __init__(self, target: LocalTarget, time_source: VirtualTime) -> None:
        super().__init__()
        self.target, self.time_source = target, time_source
        self.time_source.wait_until(
            (time_source.now() // PERIOD + 100.5) * PERIOD, "earlier examples must not matter"
        )
        self.models: dict[str, Model] = {}
        self.names: dict[str, str] = {}
        for who in USERS:
            number = next(SERIALS)
            secret = bytes([number % 256]) * 12 + number.to_bytes(8, "big")
            self.names[who] = f"model-{number}"
            target.enrol(
                self.names[who], f"M{number}", Credential("M", Secret(secret)), time_source.now()
            )
            self.models[who] = Model(
                base64.b32encode(secret).decode(), CLOCK_PPM["ds3231"], time_source.now()
            )
        self.used: dict[str, list[str]] = {who: [] for who in USERS}

    @property
    def step(self) -> int:
        return int(self.time_source.now() // PERIOD)

    def both(self, who: str, code: str) -> None:
        expected = self.models[who].check(code, self.time_source.now())
        answer = self.target.submit(self.names[who], code)
        assert answer.reason == expected
        assert answer.accepted == (expected == "accepted")
        if answer.accepted:
            self.used[who].append(code)

    @rule(steps=st.integers(1, 5))
    def time_passes(self, steps: int) -> None:
        self.time_source.wait_until(self.time_source.now() + steps * PERIOD, "time passes")

    @rule(who=WHO, days=st.integers(1, 1000), away=st.integers(-9, 9))
    def a_code_after_days_without_use(self, who: str, days: int, away: int) -> None:
        """The clocks are set afterwards: learning from such codes is tested elsewhere."""
        self.time_source.wait_until(
            self.time_source.now() + days * DAY, "the token lies in a drawer"
        )
        self.both(who, self.models[who].code(self.step + away))
        for each, model in self.models.items():
            serial = self.target.validator.user(self.names[each]).serial
            self.target.validator.clock_was_set(serial, actor="model")
            model.clock_was_set(self.time_source.now())

    @rule(who=WHO)
    def the_lock_runs_out(self, who: str) -> None:
        until = self.models[who].locked_until
        if until > self.time_source.now():
            self.time_source.wait_until((until // PERIOD + 1.5) * PERIOD, "the lock runs out")

    @rule(who=WHO, away=st.integers(-WINDOW - 1, WINDOW + 1))
    def a_code_about_now(self, who: str, away: int) -> None:
        self.both(who, self.models[who].code(self.step + away))

    @rule(who=WHO, away=st.one_of(st.integers(-70, -2), st.integers(2, 70)))
    def a_code_of_another_time(self, who: str, away: int) -> None:
        self.both(who, self.models[who].code(self.step + away))

    @rule(who=WHO, away=st.integers(-WINDOW, WINDOW), place=st.integers(0, 4))
    def two_digits_exchanged(self, who: str, away: int, place: int) -> None:
        code = self.models[who].code(self.step + away)
        self.both(who, code[:place] + code[place + 1] + code[place] + code[place + 2 :])

    @rule(who=WHO)
    def somebody_elses_code(self, who: str) -> None:
        other = USERS[1 - USERS.index(who)]
        self.both(who, self.models[other].code(self.step))

    @rule(who=WHO, place=st.integers(0, 9))
    def a_used_code_again(self, who: str, place: int) -> None:
        """What is drawn does not depend on which codes were accepted: secrets differ."""
        if self.used[who]:
            self.both(who, self.used[who][-1 - place % len(self.used[who])])

    @rule(who=WHO, code=st.integers(0, 999_999).map(lambda number: f"{number:06}"))
    def a_guess(self, who: str, code: str) -> None:
        self.both(who, code)

    @rule(who=WHO, code=st.sampled_from(["", "12345", "1234567", "12345a", "١٢٣٤٥٦"]))
    def no_code_at_all(self, who: str, code: str) -> None:
        if code.isascii():
            self.both(who, code)
            return
        assert not self.target.submit(self.names[who], code).accepted

    @rule(who=WHO, offsets=st.lists(st.integers(-2, 2), min_size=2, max_size=6))
    def many_in_one_transaction(self, who: str, offsets: list[int]) -> None:
        codes = [self.models[who].code(self.step + offset) for offset in offsets]
        requests = [CheckRequest(code, user_id=self.names[who]) for code in codes]
        expected = [self.models[who].check(code, self.time_source.now()) for code in codes]
        assert [
            str(verdict.reason) for verdict in self.target.validator.check_many(requests)
        ] == expected

    @rule(who=WHO)
    def the_help_desk_unblocks(self, who: str) -> None:
        token = self.target.validator.user(self.names[who]).serial
        if self.models[who].failures:
            self.target.validator.unblock(token, actor="model")
            self.models[who].unblock()

    @invariant()
    def what_the_database_keeps_is_what_the_model_keeps(self) -> None:
        for who in USERS:
            serial = self.target.validator.user(self.names[who]).serial
            kept, model = self.target.validator.token(serial), self.models[who]
            assert (kept.last_step, kept.failures) == (model.last, model.failures)


def test_the_validator_answers_as_the_model_does(tmp_path: Path):
    time_source = VirtualTime(START)
    target = LocalTarget(tmp_path, time_source)
    try:
        run_state_machine_as_test(
            lambda: ValidatorAndModel(target, time_source),
            settings=settings(max_examples=40, stateful_step_count=40, deadline=None),
        )
    finally:
        target.close()
