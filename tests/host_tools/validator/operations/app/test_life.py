"""The life of approvals against a small model: whatever is asked, answered, extended, cancelled,
used, blocked and in whatever order, the validator says what the model says."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from host_tools.errors import KodebrikError
from host_tools.validator.app_records import AppReason, Approval, WaitingApproval
from host_tools.validator.errors import SessionEndedError
from host_tools.validator.service import Validator
from tests.support.validator.clock import VirtualClock
from tests.support.validator.database import MASTER, make_empty
from tests.support.validator.direct_app import APP_PIN, ask, opened

LIFE, EXTENSIONS, TRIES, SESSION_LIFE = 300, 10, 3, 1800
KEPT_SECONDS = 86400


USE_WITHIN = 600  # seconds


@dataclass
class Model:
    """What is known of an approval without the validator."""

    asked: Approval
    session: str
    ends_at: float
    reaches: bool
    shown: WaitingApproval | None = None
    state: str = "waiting"
    extensions: int = EXTENSIONS
    tries: int = TRIES
    used: bool = False
    answered_at: float = 0.0
    answered_by: int = 0

    def now(self, at: float) -> str:
        return "expired" if self.state == "waiting" and self.ends_at <= at else self.state


class Life(RuleBasedStateMachine):
    """Two devices of one user, two browser sessions."""

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.clock = VirtualClock()
        path = make_empty(Path(self.folder.name) / "validator.db")
        self.validator = Validator(f"sqlite:///{path}", MASTER, self.clock)
        self.validator.create_user("anna.holm", actor="test")
        self.devices = [opened(self.validator, "anna.holm") for _ in range(2)]
        self.opened_at = [self.clock.now] * 2
        self.blocked = [False, False]
        self.approvals: list[Model] = []
        self.report: Model | None = None  # by which nothing reaches the user

    def teardown(self) -> None:
        if hasattr(self, "validator"):
            assert self.validator.verify_audit().broken == ()
            self.validator.close()
            self.folder.cleanup()

    def is_open(self, number: int) -> bool:
        return self.clock.now < self.opened_at[number] + SESSION_LIFE

    def is_locked(self, number: int) -> bool:
        """Say whether wrong PINs have locked a device; its lockout has tests of its own."""
        return self.validator.token(self.devices[number].device).locked_until > self.clock.now

    def usable(self) -> int | None:
        return next((n for n in range(2) if self.is_open(n) and not self.blocked[n]), None)

    @rule(session=st.sampled_from(["browser-session-1", "browser-session-2"]))
    def ask(self, session: str) -> None:
        asked = ask(self.validator, "anna.holm", session)
        day_ago = self.clock.now - KEPT_SECONDS
        self.approvals = [
            one for one in self.approvals if one.asked.created_at >= day_ago or one is self.report
        ]
        for one in self.approvals:
            if one.session == session and one.state == "waiting":
                one.state = "cancelled"
        made = Model(asked, session, self.clock.now + LIFE, reaches=self.report is None)
        self.approvals.append(made)
        number = self.usable()
        if number is not None and made.reaches:
            made.shown = self.devices[number].waiting()[-1]

    @precondition(lambda self: self.approvals)
    @rule(
        number=st.sampled_from([0, 1]),
        which=st.integers(0, 3),
        decision=st.sampled_from(["approve", "decline", "report"]),
        right=st.booleans(),
        twice=st.booleans(),
    )
    def answer(self, number: int, which: int, decision: str, right: bool, twice: bool) -> None:
        one = self.approvals[-1 - which % len(self.approvals)]
        if one.shown is None:
            return
        digits = ""
        if decision == "approve":
            digits = f"{(int(one.asked.digits) + (0 if right else 7)) % 100:02}"
        device = self.devices[number]
        given = device.signed(one.shown, decision, digits)
        expected = self.verdict(number, one, decision, right)
        try:
            told = self.validator.app.answer(device.session, given).reason
        except SessionEndedError:
            told = None
        assert told == expected
        if twice and expected is not None:
            again = self.validator.app.answer(device.session, given).reason
            unusable = (AppReason.BLOCKED, AppReason.LOCKED_OUT)
            repeated = expected if expected in unusable else AppReason.REPLAYED
            assert again == repeated

    def verdict(self, number: int, one: Model, decision: str, right: bool) -> AppReason | None:
        """Give the verdict, and change the model."""
        if not self.is_open(number):
            return None
        if self.blocked[number] or self.is_locked(number):
            return AppReason.BLOCKED if self.blocked[number] else AppReason.LOCKED_OUT
        state = one.now(self.clock.now)
        if decision == "report":
            self.reports(one, state, number)
            return AppReason.ACCEPTED
        if state != "waiting":
            return AppReason.EXPIRED if state == "expired" else AppReason.NOT_WAITING
        if decision == "approve" and not right:
            one.tries -= 1
            one.state = "waiting" if one.tries else "declined"
            return AppReason.WRONG_DIGITS
        one.state = "approved" if decision == "approve" else "declined"
        one.answered_at, one.answered_by = self.clock.now, number
        return AppReason.ACCEPTED

    def reports(self, one: Model, state: str, number: int) -> None:
        """Change the model by a report, which counts whatever has become of the approval."""
        if self.report is not None:
            return
        self.report = one
        if state in ("waiting", "expired"):
            one.state = "declined"
        one.answered_at, one.answered_by = self.clock.now, number
        for other in self.approvals:
            if other.reaches and other.now(self.clock.now) == "waiting":
                other.state = "declined"
            if other.state == "approved" and not other.used:
                other.state = "cancelled"

    @precondition(lambda self: self.approvals)
    @rule(number=st.sampled_from([0, 1]), which=st.integers(0, 3))
    def extend(self, number: int, which: int) -> None:
        one = self.approvals[-1 - which % len(self.approvals)]
        can = (
            self.is_open(number)
            and not self.blocked[number]
            and not self.is_locked(number)
            and one.now(self.clock.now) == "waiting"
            and one.extensions > 0
            and one.reaches
        )
        try:
            ends_at = self.devices[number].extend(one.asked.id)
        except KodebrikError:
            assert not can
            return
        assert can
        one.ends_at, one.extensions = self.clock.now + LIFE, one.extensions - 1
        assert ends_at == one.ends_at

    @precondition(lambda self: self.approvals)
    @rule(which=st.integers(0, 3))
    def cancel(self, which: int) -> None:
        one = self.approvals[-1 - which % len(self.approvals)]
        if one.now(self.clock.now) == "waiting":
            one.state = "cancelled"
        found = self.validator.app.cancel(["bank"], one.asked.id, actor="bank")
        assert found.state == one.now(self.clock.now)

    @precondition(lambda self: self.approvals)
    @rule(which=st.integers(0, 3))
    def use(self, which: int) -> None:
        one = self.approvals[-1 - which % len(self.approvals)]
        used = self.validator.app.use(["bank"], one.asked.id, actor="bank")
        soon = self.clock.now <= one.answered_at + USE_WITHIN
        approved = one.state == "approved" and not self.blocked[one.answered_by]
        assert used == (approved and soon and not one.used)
        one.used |= used

    @rule(number=st.sampled_from([0, 1]))
    def block_or_unblock(self, number: int) -> None:
        act = self.validator.unblock if self.blocked[number] else self.validator.block
        act(self.devices[number].device, actor="test")
        self.blocked[number] = not self.blocked[number]
        if not self.blocked[number]:
            self.opened_at[number] = -float("inf")  # the session from before is over
            for one in self.approvals:
                if one.state == "approved" and one.answered_by == number and not one.used:
                    one.state = "cancelled"

    @rule(number=st.sampled_from([0, 1]), pin=st.sampled_from([APP_PIN, "9753"]))
    def unlock(self, number: int, pin: str) -> None:
        locked = self.is_locked(number)
        told = self.devices[number].unlock(pin).reason
        if self.blocked[number]:
            assert told is AppReason.BLOCKED
        elif locked:
            assert told is AppReason.LOCKED_OUT
        else:
            right = pin == APP_PIN
            assert told is (AppReason.ACCEPTED if right else AppReason.WRONG_PIN)
            if right:
                self.opened_at[number] = self.clock.now

    @precondition(lambda self: self.report is not None)
    @rule(number=st.sampled_from([0, 1]), pin=st.sampled_from([APP_PIN, "9753"]))
    def lift(self, number: int, pin: str) -> None:
        can = self.is_open(number) and not self.blocked[number] and not self.is_locked(number)
        try:
            told = self.devices[number].lift(self.report.asked.id, pin)
        except SessionEndedError:
            assert not self.is_open(number)
            return
        assert told.accepted == (can and pin == APP_PIN)
        if told.accepted:
            self.report = None

    @precondition(lambda self: self.report is not None)
    @rule()
    def lift_for_the_user(self) -> None:
        self.validator.app.lift_report_for("anna.holm", actor="test")
        self.report = None

    @rule(seconds=st.sampled_from([1, 60, 299, 300, 1800, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.clock.now += seconds

    @invariant()
    def everybody_sees_the_state_of_the_model(self) -> None:
        if not hasattr(self, "validator"):
            return
        for one in self.approvals:
            found = self.validator.app.approval(["bank"], one.asked.id)
            assert found.state == one.now(self.clock.now)
        number = self.usable()
        if number is not None:
            waiting = [one.id for one in self.devices[number].waiting()]
            assert waiting == [
                one.asked.id
                for one in self.approvals
                if one.reaches and one.now(self.clock.now) == "waiting"
            ]
            found = self.validator.app.report("anna.holm")
            assert (found and found.id) == (self.report and self.report.asked.id)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
