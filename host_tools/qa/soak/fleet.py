"""The fleet of a soak: tokens whose clocks drift, and users as they are; all drawn from a seed and
a token's number.

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
from host_tools.validator.rule.drift import GENERIC_PPM

DAY, YEAR = 86_400.0, 365.25 * 86_400.0
CRYSTALS = ("ds3231", "quartz")
_REFERENCE = 25.0  # degrees at which a crystal's error is stated
_PARABOLA = 0.034  # ppm/K^2
_TCXO_SPAN = 20.0  # degrees from the reference over which a DS3231's residue of +-1 ppm builds up
_AGING_SCALE = 0.1  # years: half of the first year's aging is over after about a season


@dataclass(frozen=True)
class Crystal:
    """One clock's errors: as made, per temperature, with age; and by how much its setting was
    off."""

    ppm: float
    parabola: float  # ppm/K^2
    slope: float  # ppm/K
    aging: float  # ppm in the first year
    set_off: float  # seconds
    ppm_told: float  # what the server is told that it can be off by

    def rate(self, age: float, temperature: float) -> float:
        """Give the rate after `age` seconds at a temperature."""
        off = temperature - _REFERENCE
        aged = self.aging * math.log1p(age / YEAR / _AGING_SCALE) / math.log1p(1 / _AGING_SCALE)
        return self.ppm - self.parabola * off * off + self.slope * off + aged


@dataclass(frozen=True)
class User:
    """One user's ways. `typing` is the median, seconds from the press to the submission; `spread`
    its log-deviation."""

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
class Battery:
    """The cell: days until it is empty, days until the user has changed it, whether the clock
    survives the change."""

    life: float
    change: float
    clock_survives: bool


@dataclass(frozen=True)
class Member:
    """One token with its user."""

    number: int
    secret: bytes
    crystal: Crystal
    user: User
    battery: Battery


def member(seed: int, number: int, crystal: str, perfect: bool = False) -> Member:
    """Draw a member of the fleet; `perfect` gives it a clock without any error, and leaves all else
    as it was."""
    dice = random.Random(f"soak {seed} {number}")  # noqa: S311 - the same seed, the same fleet
    secret = dice.randbytes(20)
    clock = _crystal(dice, crystal)
    if perfect:
        clock = Crystal(0, 0, 0, 0, 0, clock.ppm_told)
    return Member(number, secret, clock, _user(dice), _battery(dice))


def _crystal(dice: random.Random, kind: str) -> Crystal:
    set_off = dice.gauss(0, 0.3)  # the host's clock is NTP's, or nearly
    if kind == "quartz":
        return Crystal(
            dice.uniform(-20, 20), _PARABOLA, 0.0, dice.uniform(-3, 3), set_off, GENERIC_PPM
        )
    ppm, slope = dice.uniform(-2, 2), dice.uniform(-1, 1) / _TCXO_SPAN
    return Crystal(ppm, 0.0, slope, dice.uniform(-1, 1), set_off, CLOCK_PPM["ds3231"])


def _user(dice: random.Random) -> User:
    slow = dice.random() < 0.2  # noqa: PLR2004 - share of users who type slowly
    return User(
        logins_per_week=min(20.0, dice.lognormvariate(math.log(2), 0.8)),
        typing=dice.uniform(12, 22) if slow else dice.uniform(4, 9),
        spread=0.3,
        mistypes=dice.uniform(0.005, 0.03),
        resubmits=0.01,
        drawer=0.01,
        temperature=dice.uniform(14, 24),
        season=dice.uniform(0, 10),
    )


def _battery(dice: random.Random) -> Battery:
    return Battery(dice.uniform(1.5, 4) * YEAR / DAY, dice.uniform(0.1, 14), dice.random() < 0.9)  # noqa: PLR2004 - share
