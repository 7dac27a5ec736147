"""Recording a scenario while a token is used; its playback gives the same pixels and times."""

from collections.abc import Callable

from emulator.keys import RED
from emulator.scenario.runner import moment
from emulator.session import Emulator


class Recorder:
    """Passes a user's actions on to the token and records them, with waits between them."""

    def __init__(self, emulator: Emulator) -> None:
        """Begin now; a playback must begin with the token in the same state."""
        self._emulator = emulator
        self._lines = [f"set time {moment(emulator.now)}"]
        self._until = emulator.clock.now

    def key_down(self, key: str) -> None:
        """As User.key_down."""
        self._do(f"{_named(key)} down", lambda: self._emulator.key_down(key))

    def key_up(self, key: str) -> None:
        """As User.key_up."""
        self._do(f"{_named(key)} up", lambda: self._emulator.key_up(key))

    def plug_headset(self) -> None:
        """As User.plug_headset."""
        self._do("headset in", self._emulator.plug_headset)

    def unplug_headset(self) -> None:
        """As User.unplug_headset."""
        self._do("headset out", self._emulator.unplug_headset)

    def plug(self) -> None:
        """As Emulator.plug."""
        self._do("plug", self._emulator.plug)

    def unplug(self) -> None:
        """As Emulator.unplug."""
        self._do("unplug", self._emulator.unplug)

    def cut_power(self, at_operation: int | None = None, mode: str = "before") -> None:
        """As Emulator.cut_power."""
        at = "" if at_operation is None else f" at operation {at_operation} {mode}"
        self._do("cut power" + at, lambda: self._emulator.cut_power(at_operation, mode))

    def reset(self) -> None:
        """As Emulator.reset."""
        self._do("reset", self._emulator.reset)

    def set_battery(self, millivolts: int) -> None:
        """As Emulator.battery_mv."""
        self._set(f"battery {millivolts} mV", "battery_mv", millivolts)

    def set_drift(self, ppm: float) -> None:
        """As Emulator.rtc_drift_ppm."""
        self._set(f"drift {ppm:f} ppm", "rtc_drift_ppm", round(ppm, 6))

    def set_temperature(self, celsius: float) -> None:
        """As Emulator.temperature."""
        self._set(f"temperature {celsius:f} C", "temperature", round(celsius, 6))

    def set_time(self, unix: float) -> None:
        """As Emulator.set_time."""
        self._do(f"set time {moment(unix)}", lambda: self._emulator.set_time(unix))

    def set_clock(self, unix: float) -> None:
        """As Emulator.set_rtc."""
        self._do(f"set clock {moment(unix)}", lambda: self._emulator.set_rtc(unix))

    def text(self) -> str:
        """Give the scenario up to now."""
        with self._emulator.lock:
            self._wait()
        return "\n".join(self._lines) + "\n"

    def _set(self, line: str, name: str, value: float) -> None:
        self._do(line, lambda: setattr(self._emulator, name, value))

    def _do(self, line: str, action: Callable[[], None]) -> None:
        with self._emulator.lock:  # or serve() would let time pass between the two
            self._wait()
            self._lines.append(line)
            action()
            self._until = self._emulator.clock.now

    def _wait(self) -> None:
        passed = self._emulator.clock.now - self._until
        if passed:
            self._lines.append(f"wait {passed} us")
        self._until = self._emulator.clock.now


def _named(key: str) -> str:
    if key == RED:
        return "button"
    return f'key "{key}"' if key in "*#" else f"key {key}"
