"""What a token's user does to it, and its surroundings: keys, headset, battery, weather. Virtual
seconds."""

import threading
from abc import ABC, abstractmethod

from emulator.board import Bench
from emulator.keys import RED, Keys

AFTER_PRESS = 0.05  # press() ends so long after the finger is gone: bounce and debouncing are over


class Handled(ABC):
    """A token in somebody's hands."""

    bench: Bench
    keys: Keys
    lock: threading.RLock  # held by whatever moves the token on

    @abstractmethod
    def advance(self, seconds: float) -> None:
        """Let time pass."""

    # The user

    def press(self, ms: float = 120) -> None:
        """Press and let go."""
        self.hold(ms / 1000)

    def hold(self, seconds: float) -> None:
        """Press, hold, let go."""
        self.press_down()
        self.advance(seconds)
        self.release()

    def press_down(self) -> None:
        """The finger goes down."""
        self.key_down(RED)

    def release(self) -> None:
        """The finger goes up."""
        self.key_up(RED)

    def press_key(self, key: str, ms: float = 120) -> None:
        """Press a key and let go: "0" to "9", "*", "#", or "red" for the button that turns the
        token on."""
        self.key_down(key)
        self.advance(ms / 1000)
        self.key_up(key)

    def key_down(self, key: str) -> None:
        """A finger goes down on a key, and stays."""
        with self.lock:
            self.keys.down(key)
            self.advance(0)

    def key_up(self, key: str) -> None:
        """A finger goes up."""
        with self.lock:
            self.keys.up(key)
            self.advance(AFTER_PRESS)

    def plug_headset(self) -> None:
        """Put a headset into the jack."""
        with self.lock:
            self.bench.parts["jack"].plug()
            self.advance(0)

    def unplug_headset(self) -> None:
        """Pull the headset out."""
        with self.lock:
            self.bench.parts["jack"].unplug()
            self.advance(0)

    # Surroundings

    @property
    def battery_mv(self) -> int:
        """The cell's voltage."""
        return int(self.bench.parts["battery"].millivolts)

    @battery_mv.setter
    def battery_mv(self, millivolts: int) -> None:
        self.bench.parts["battery"].millivolts = millivolts

    @property
    def rtc_drift_ppm(self) -> float:
        """Error of the clock chip's oscillator; positive runs fast."""
        return float(self.bench.parts["clock"].drift_ppm)

    @rtc_drift_ppm.setter
    def rtc_drift_ppm(self, ppm: float) -> None:
        self.bench.parts["clock"].drift_ppm = ppm

    @property
    def temperature(self) -> float:
        """Degrees Celsius."""
        return float(self.bench.parts["clock"].temperature)

    @temperature.setter
    def temperature(self, celsius: float) -> None:
        self.bench.parts["clock"].temperature = celsius

    def set_rtc(self, unix: float) -> None:
        """Set the clock chip alone, as if somebody had done so over its bus."""
        self.bench.parts["clock"].set_unix(unix)

    @property
    def rtc_time(self) -> float:
        """The Unix time that the clock chip counts."""
        return float(self.bench.parts["clock"].unix)

    def remove_rtc_supply(self) -> None:
        """Both supplies of the clock chip fail for a moment: it forgets the time and says so."""
        self.bench.parts["clock"].first_supply()
