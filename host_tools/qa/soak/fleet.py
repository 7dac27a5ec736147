"""The fleet of a soak: tokens with drifting clocks and their users, drawn from the seed and a
token's number.

Offsets are seconds, token minus true time; rates are ppm, positive = fast; temperatures degrees
Celsius.

Crystals. "ds3231": DS3231 data sheet (19-5170 rev 10): +-2 ppm from 0 to 40 degrees, aging +-1 ppm
in the first year. "quartz": a bare tuning-fork crystal, +-20 ppm as made, -0.034 ppm/K^2 off 25
degrees, aging +-3 ppm in the first year (data sheet of Epson's FC-135). Aging slows with the
logarithm of time (MIL-O-55310, 6.4.3 "Aging").
"""

import math
import random
from dataclasses import dataclass

from host_tools.provisioning.clock_accuracy import CLOCK_PPM
from host_tools.validator.records import GENERIC_PPM

DAY, YEAR = 86_400.0, 365.25 * 86_400.0
CRYSTALS = ("ds3231", "quartz")
_REFERENCE = 25.0  # degrees at which a crystal's error is stated
_PARABOLA = 0.034  # ppm/K^2
_TCXO_SPAN = 20.0  # degrees from the reference over which a DS3231's residue of +-1 ppm builds up
_AGING_SCALE = 0.1  # years: half of the first year's aging is over after about a season


@dataclass(frozen=True)
class Crystal:
    """The errors of one clock: as manufactured, by temperature, by age, and of its setting."""

    ppm: float  # as manufactured
    parabola: float  # ppm/K^2
    slope: float  # ppm/K
    aging: float  # ppm in the first year
    set_off: float  # seconds
    specified_ppm: float  # its largest error, which the server is told

    def rate(self, age: float, temperature: float) -> float:
        """Give the rate after `age` seconds at a temperature."""
        off = temperature - _REFERENCE
        aged = self.aging * math.log1p(age / YEAR / _AGING_SCALE) / math.log1p(1 / _AGING_SCALE)
        return self.ppm - self.parabola * off * off + self.slope * off + aged


@dataclass(frozen=True)
class UserHabits:
    """How one user behaves.

    `typing` is the median time from press to submission in seconds, `spread` the standard deviation
    of its logarithm.
    """

    logins_per_week: float
    typing: float
    spread: float
    mistypes: float  # share of codes
    resubmits: float  # share of accepted codes that are sent a second time
    drawer: float  # chance after a login that the token then lies unused for months
    temperature: float  # of the token over the year, mean
    season: float  # half the difference between summer and winter

    def temperature_at(self, moment: float) -> float:
        """Give the token's temperature, coldest in January."""
        return self.temperature - self.season * math.cos(2 * math.pi * moment / YEAR)


@dataclass(frozen=True)
class CellLife:
    """The cell: days until it is empty and days until it is changed then."""

    lasts: float  # days
    change: float  # days
    clock_survives: bool  # whether the clock keeps its time meanwhile


@dataclass(frozen=True)
class FleetToken:
    """One token with its user."""

    number: int
    secret: bytes
    crystal: Crystal
    user: UserHabits
    battery: CellLife


def draw_token(seed: int, number: int, crystal: str, perfect: bool = False) -> FleetToken:
    """Draw token `number` of a fleet; `perfect`: the same, with a clock without any error."""
    rng = random.Random(f"soak {seed} {number}")  # noqa: S311 - the same seed, the same fleet
    secret = rng.randbytes(20)
    clock = _crystal(rng, crystal)
    if perfect:
        clock = Crystal(0, 0, 0, 0, 0, clock.specified_ppm)
    return FleetToken(number, secret, clock, _user(rng), _battery(rng))


def mistyped(rng: random.Random, code: str) -> str:
    """Give the code with two digits exchanged, or one of them another."""
    at = rng.randrange(len(code) - 1)
    if rng.random() < 0.3 and code[at] != code[at + 1]:  # noqa: PLR2004 - share of transpositions
        return code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    return code[:at] + str((int(code[at]) + rng.randint(1, 9)) % 10) + code[at + 1 :]


def _crystal(rng: random.Random, kind: str) -> Crystal:
    set_off = rng.gauss(0, 0.3)  # the host's clock is set by NTP
    if kind == "quartz":
        return Crystal(
            rng.uniform(-20, 20), _PARABOLA, 0.0, rng.uniform(-3, 3), set_off, GENERIC_PPM
        )
    ppm, slope = rng.uniform(-2, 2), rng.uniform(-1, 1) / _TCXO_SPAN
    return Crystal(ppm, 0.0, slope, rng.uniform(-1, 1), set_off, CLOCK_PPM["ds3231"])


def _user(rng: random.Random) -> UserHabits:
    slow = rng.random() < 0.2  # noqa: PLR2004 - share of users who type slowly
    return UserHabits(
        logins_per_week=min(20.0, rng.lognormvariate(math.log(2), 0.8)),
        typing=rng.uniform(12, 22) if slow else rng.uniform(4, 9),
        spread=0.3,
        mistypes=rng.uniform(0.005, 0.03),
        resubmits=0.01,
        drawer=0.01,
        temperature=rng.uniform(14, 24),
        season=rng.uniform(0, 10),
    )


def _battery(rng: random.Random) -> CellLife:
    return CellLife(rng.uniform(1.5, 4) * YEAR / DAY, rng.uniform(0.1, 14), rng.random() < 0.9)  # noqa: PLR2004 - share
