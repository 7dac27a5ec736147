"""Simulated tokens: the clock chip alone, which is fast, or the whole firmware on its VM.

Both count time with the emulator's DS3231 and must give the same codes; the soak compares them.
"""

import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Protocol

from emulator.chips.ds3231 import Ds3231
from emulator.clock import SimulationClock
from host_tools.otp import codes
from host_tools.otp.credential import Credential
from host_tools.qa.tokens.emulated import EmulatedToken, TokenModel, image_of
from host_tools.secret import Secret

_US = 1_000_000
PERIOD = 30


class SimulatedToken(Protocol):
    """A token in virtual time. Moments are Unix seconds; each is at or after the one before."""

    def set_drift(self, moment: float, ppm: float) -> None:
        """Let the clock run at a rate of `ppm` from `moment` on; positive: fast."""
        ...

    def set_clock(self, moment: float, off: float) -> None:
        """Set the clock at `moment`, `off` seconds ahead of it."""
        ...

    def press(self, moment: float) -> str:
        """Press at `moment` and give the code."""
        ...

    def offset(self, moment: float) -> float:
        """Give by how many seconds the clock is ahead."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class ClockChipToken:
    """The clock chip alone, with codes computed by the host."""

    def __init__(self, secret: bytes, start: float) -> None:
        """Set the clock right at `start`."""
        self._secret, self._start = secret, start
        self._clock = SimulationClock()
        self._chip = Ds3231({}, SimpleNamespace(clock=self._clock))
        self._chip.set_unix(start)

    def set_drift(self, moment: float, ppm: float) -> None:
        """As SimulatedToken.set_drift."""
        self._move(moment)
        self._chip.drift_ppm = round(ppm, 6)

    def set_clock(self, moment: float, off: float) -> None:
        """As SimulatedToken.set_clock."""
        self._move(moment)
        self._chip.set_unix(moment + off)

    def press(self, moment: float) -> str:
        """As SimulatedToken.press."""
        self._move(moment)
        return codes.totp(self._secret, int(self._chip.unix), PERIOD)

    def offset(self, moment: float) -> float:
        """As SimulatedToken.offset."""
        self._move(moment)
        return float(self._chip.unix) - moment

    def close(self) -> None:
        """As SimulatedToken.close: nothing to end."""

    def _move(self, moment: float) -> None:
        self._clock.run_to(max(self._clock.now, round((moment - self._start) * _US)))


class FirmwareToken:
    """The firmware on the MicroPython VM; codes are read from the display's pixels."""

    def __init__(self, secret: bytes, start: float, product: str = "kodeviser") -> None:
        """Provision a token at `start`."""
        self._folder = tempfile.TemporaryDirectory(prefix="kodebrik-soak-")
        model = TokenModel(product, image_of(product), "da")
        self._token = EmulatedToken(model, Path(self._folder.name), 1, start - 60)
        self._token.provision(Credential("QA", Secret(secret)))
        self.set_clock(start, 0)

    def set_drift(self, moment: float, ppm: float) -> None:
        """As SimulatedToken.set_drift."""
        self._token.advance_to(moment)
        self._token.emulator.rtc_drift_ppm = round(ppm, 6)

    def set_clock(self, moment: float, off: float) -> None:
        """As SimulatedToken.set_clock."""
        self._token.advance_to(moment)
        self._token.emulator.set_rtc(moment + off)

    def press(self, moment: float) -> str:
        """As SimulatedToken.press."""
        self._token.advance_to(moment)
        reading = self._token.press("")
        if reading.shown is None:
            raise RuntimeError(f"no code on the display: {reading.lines}")
        return reading.shown

    def offset(self, moment: float) -> float:
        """As SimulatedToken.offset."""
        self._token.advance_to(moment)
        return self._token.emulator.rtc_time - moment

    def close(self) -> None:
        """As SimulatedToken.close."""
        self._token.emulator.close()
        self._folder.cleanup()
