"""Simulation of one token and its user over years, against the server's rule of acceptance
(host_tools/validator/rule/acceptance.py).

Times are Unix seconds of virtual time. Offsets are seconds, token minus true time.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from host_tools.qa.soak.clocks import PERIOD, ClockChipToken, FirmwareToken, SimulatedToken
from host_tools.qa.soak.fleet import DAY, YEAR, FleetToken, UserHabits, mistyped
from host_tools.validator.records import Status
from host_tools.validator.rule import drift
from host_tools.validator.rule.acceptance import TokenState, decide, resynchronise, search_range
from host_tools.validator.rule.code_search import CodeGenerator
from host_tools.validator.rule.drift import TokenClock
from host_tools.validator.rule.verdict import Reason

START = 1_893_456_000.0  # 2030-01-01
_RATE_INTERVAL = 30 * DAY  # seconds after which a clock's rate follows temperature and age
_TRIES = 4  # refusals after which a user calls the help desk
_SEARCH = 2880  # steps that resynchronisation searches to either side: a day
_PRESS_SECONDS = 0.2  # seconds after a press within which the firmware reads its clock


@dataclass(frozen=True)
class Rules:
    """The server's settings: window in steps, and whether drift is learnt and the search widened by
    the possible drift."""

    window: int = 1
    learns: bool = True

    @property
    def name(self) -> str:
        """The setting's name in plots and tables."""
        return f"window {self.window}" + ("" if self.learns else ", no learning")


@dataclass
class Tally:
    """Counts of one or more simulated tokens.

    `by_rate` maps the clock's mean drift in ppm, rounded, to [accepted, all] of the right codes
    that were submitted first in a login.
    """

    tokens: int = 0
    logins: int = 0
    presses: int = 0
    first_tries: int = 0
    first_accepted: int = 0
    help_desk: int = 0
    empty_battery: int = 0
    clock_lost: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    by_rate: dict[int, list[int]] = field(default_factory=dict)
    # Largest error of the server's belief about a clock, seconds: too slow, too fast.
    believed_slow: float = 0.0
    believed_fast: float = 0.0
    furthest: float = 0.0  # largest true offset, seconds
    learnt: float = 0.0  # largest believed offset, seconds
    searched: int = 0  # steps searched, summed over all submissions
    widest: int = 0  # steps searched for one submission, at most
    compared: int = 0  # codes of the firmware that were compared with the clock chip's
    differing: int = 0

    def add(self, other: "Tally") -> None:
        """Add another tally."""
        for name in (
            "tokens",
            "logins",
            "presses",
            "first_tries",
            "first_accepted",
            "help_desk",
            "empty_battery",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("clock_lost", "searched", "compared", "differing"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("believed_slow", "believed_fast", "furthest", "learnt", "widest"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))
        self.verdicts.update(other.verdicts)
        for rate, (accepted, tried) in other.by_rate.items():
            counts = self.by_rate.setdefault(rate, [0, 0])
            counts[0] += accepted
            counts[1] += tried


def simulate(token: FleetToken, rules: Rules, years: float, firmware: bool = False) -> Tally:
    """Simulate one token and its user for `years` of virtual time.

    With `firmware`, the firmware on its VM is pressed too and its codes compared with the chip's.
    """
    simulation = _Simulation(token, rules, firmware)
    try:
        simulation.run_until(START + years * YEAR)
    finally:
        simulation.close()
    return simulation.tally


class _Simulation:
    def __init__(self, drawn: FleetToken, rules: Rules, firmware: bool) -> None:
        self._drawn, self._rules = drawn, rules
        self._rng = random.Random(f"life {drawn.number} {drawn.secret.hex()}")  # noqa: S311 - the same seed, the same simulation
        self._chip: SimulatedToken = ClockChipToken(drawn.secret, START)
        self._vm: SimulatedToken | None = FirmwareToken(drawn.secret, START) if firmware else None
        self.tally = Tally(tokens=1)
        self._now = START
        self._set_at = START
        self._empty_at = START + drawn.battery.lasts * DAY
        self._each(lambda token: token.set_clock(START, drawn.crystal.set_off))
        self._state = TokenState(
            Status.ACTIVE,
            CodeGenerator("totp", drawn.secret, "SHA1", 6, PERIOD),
            rules.window,
            0,
            -1,
            0,
            0.0,
            TokenClock(0.0, START, ppm=drawn.crystal.specified_ppm),
        )

    def close(self) -> None:
        self._each(lambda token: token.close())

    def run_until(self, end: float) -> None:
        user = self._drawn.user
        while True:
            gap = self._rng.expovariate(user.logins_per_week / (7 * DAY))
            if self._rng.random() < user.drawer:
                gap += self._rng.uniform(30, 400) * DAY
            if self._now + gap > end:
                return
            self._pass(gap)
            if self._now >= self._empty_at:
                self._change_battery()
            self._log_in(user)

    def _each(self, do: Callable[[SimulatedToken], None]) -> None:
        do(self._chip)
        if self._vm is not None:
            do(self._vm)

    def _pass(self, seconds: float) -> None:
        """Let time pass, with the clock's rate following temperature and age."""
        end = self._now + seconds
        while self._now < end:
            rate = self._drawn.crystal.rate(
                self._now - START, self._drawn.user.temperature_at(self._now)
            )
            self._each(lambda token, rate=rate: token.set_drift(self._now, rate))  # type: ignore[misc]
            self._now = min(end, self._now + _RATE_INTERVAL)

    def _change_battery(self) -> None:
        battery = self._drawn.battery
        self.tally.empty_battery += 1
        self._pass(battery.change * DAY)
        self._empty_at = self._now + battery.lasts * DAY
        if not battery.clock_survives:
            # The token gives no code until its issuer has set the clock and told the server.
            self.tally.clock_lost += 1
            self._pass(self._rng.uniform(1, 10) * DAY)
            self._set_at = self._now
            self._each(lambda token: token.set_clock(self._now, self._drawn.crystal.set_off))
            clock = TokenClock(0.0, self._now, ppm=self._state.clock.ppm)
            self._state = self._state._replace(clock=clock)

    def _log_in(self, user: UserHabits) -> None:
        self.tally.logins += 1
        for tries in range(1, _TRIES + 1):
            code = self._press()
            wrong = self._rng.random() < user.mistypes
            self._now += self._rng.lognormvariate(0, user.spread) * user.typing
            reason = self._submit(mistyped(self._rng, code) if wrong else code)
            if tries == 1 and not wrong:
                self._count_first(reason is Reason.ACCEPTED)
            if reason is Reason.ACCEPTED:
                if self._rng.random() < user.resubmits:
                    self._submit(code)
                return
            wait = max(0.0, self._state.locked_until - self._now)
            self._now += wait + self._rng.uniform(3, 40)
        self._call_help_desk()

    def _press(self) -> str:
        self.tally.presses += 1
        if self._vm is None:
            return self._chip.press(self._now)
        before, shown = self._chip.press(self._now), self._vm.press(self._now)
        self._now += _PRESS_SECONDS
        self.tally.compared += 1
        self.tally.differing += shown not in (before, self._chip.press(self._now))
        return shown

    def _submit(self, code: str) -> Reason:
        if not self._rules.learns:
            unlearnt = self._state.clock._replace(observations=(), rate=0.0, ppm=0.0)
            self._state = self._state._replace(clock=unlearnt)
        searched = search_range(self._state, self._now)
        self.tally.searched += searched.last - searched.first + 1
        self.tally.widest = max(self.tally.widest, searched.last - searched.first + 1)
        decision = decide(self._state, code, self._now)
        self._state = decision.state
        self.tally.verdicts[str(decision.reason)] += 1
        self._compare_clocks()
        return decision.reason

    def _compare_clocks(self) -> None:
        believed, true = (
            drift.estimated_offset(self._state.clock, self._now),
            self._chip.offset(self._now),
        )
        tally = self.tally
        tally.believed_slow = max(tally.believed_slow, min(0.0, true) - believed)
        tally.believed_fast = max(tally.believed_fast, believed - max(0.0, true))
        tally.furthest = max(tally.furthest, abs(true))
        tally.learnt = max(tally.learnt, abs(believed))

    def _count_first(self, accepted: bool) -> None:
        self.tally.first_tries += 1
        self.tally.first_accepted += accepted
        age = max(DAY, self._now - self._set_at)
        rate = round(self._chip.offset(self._now) / age * 1e6)
        counts = self.tally.by_rate.setdefault(rate, [0, 0])
        counts[0] += accepted
        counts[1] += 1

    def _call_help_desk(self) -> None:
        """Resynchronise by two consecutive codes."""
        self.tally.help_desk += 1
        into = (self._now + self._chip.offset(self._now)) % PERIOD
        self._now += PERIOD - into + 1
        first = self._press()
        self._now += PERIOD
        second = self._press()
        self._now += self._rng.uniform(2, 10)
        self._state = resynchronise(self._state, (first, second), self._now, _SEARCH).state
        self._state = self._state._replace(failures=0, locked_until=0.0)
        self._now += 2 * PERIOD
