"""Tokens of a soak: the clock chip alone, which is quick, or the whole firmware on its VM, which is
the real thing.

Both count time in the emulator's DS3231 and give the same codes; the soak compares them.
"""

import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Protocol

from emulator.chips.ds3231 import Ds3231
from emulator.clock import SimulationClock
from host_tools.otp import codes
from host_tools.otp.credential import Credential
from host_tools.qa.tokens.emulated import EmulatedToken, Make, image_of
from host_tools.secret import Secret

_US = 1_000_000
PERIOD = 30


class Ticking(Protocol):
    """A token in virtual time; moments are Unix seconds and never go back."""

    def drift(self, moment: float, ppm: float) -> None:
        """From `moment` on its clock runs at this rate."""
        ...

    def set_clock(self, moment: float, off: float) -> None:
        """Set its clock at `moment`, `off` seconds wrong."""
        ...

    def press(self, moment: float) -> str:
        """Press and give the code."""
        ...

    def offset(self, moment: float) -> float:
        """Give by how many seconds its clock is ahead."""
        ...

    def close(self) -> None:
        """Put it away."""
        ...


class ChipToken:
    """The chip, and codes by the host's own lines."""

    def __init__(self, secret: bytes, start: float) -> None:
        """Set its clock right at `start`."""
        self._secret, self._start = secret, start
        self._clock = SimulationClock()
        self._chip = Ds3231({}, SimpleNamespace(clock=self._clock))
        self._chip.set_unix(start)

    def drift(self, moment: float, ppm: float) -> None:
        """As Ticking.drift."""
        self._move(moment)
        self._chip.drift_ppm = round(ppm, 6)

    def set_clock(self, moment: float, off: float) -> None:
        """As Ticking.set_clock."""
        self._move(moment)
        self._chip.set_unix(moment + off)

    def press(self, moment: float) -> str:
        """As Ticking.press."""
        self._move(moment)
        return codes.totp(self._secret, int(self._chip.unix), PERIOD)

    def offset(self, moment: float) -> float:
        """As Ticking.offset."""
        self._move(moment)
        return float(self._chip.unix) - moment

    def close(self) -> None:
        """Nothing is held."""

    def _move(self, moment: float) -> None:
        self._clock.run_to(max(self._clock.now, round((moment - self._start) * _US)))


class VmToken:
    """The firmware on the MicroPython VM; its code is read from the display's pixels."""

    def __init__(self, secret: bytes, start: float, product: str = "kodeviser") -> None:
        """Provision it at `start`."""
        self._folder = tempfile.TemporaryDirectory(prefix="kodebrik-soak-")
        make = Make(product, image_of(product), "da")
        self._token = EmulatedToken(make, Path(self._folder.name), 1, start - 60)
        self._token.provision(Credential("QA", Secret(secret)))
        self.set_clock(start, 0)

    def drift(self, moment: float, ppm: float) -> None:
        """As Ticking.drift."""
        self._token.move_on(moment)
        self._token.emulator.rtc_drift_ppm = round(ppm, 6)

    def set_clock(self, moment: float, off: float) -> None:
        """As Ticking.set_clock."""
        self._token.move_on(moment)
        self._token.emulator.set_rtc(moment + off)

    def press(self, moment: float) -> str:
        """As Ticking.press."""
        self._token.move_on(moment)
        reading = self._token.press("")
        if reading.shown is None:
            raise RuntimeError(f"no code on the display: {reading.lines}")
        return reading.shown

    def offset(self, moment: float) -> float:
        """As Ticking.offset."""
        self._token.move_on(moment)
        return self._token.emulator.rtc_time - moment

    def close(self) -> None:
        """End its emulator."""
        self._token.emulator.close()
        self._folder.cleanup()
