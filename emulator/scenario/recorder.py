"""Recording a scenario while a token is used; its playback gives the same pixels and times."""

from collections.abc import Callable
from datetime import UTC, datetime

from emulator.session import Emulator


class Recorder:
    """Passes a user's actions on to the token and records them, with waits between them."""

    def __init__(self, emulator: Emulator) -> None:
        """Begin now; a playback must begin with the token in the same state."""
        self._emulator = emulator
        moment = datetime.fromtimestamp(emulator.now, UTC)
        self._lines = [f"set time {moment.isoformat()}"]
        self._until = emulator.clock.now

    def press_down(self) -> None:
        """As User.press_down."""
        self._do("button down", self._emulator.press_down)

    def release(self) -> None:
        """As User.release."""
        self._do("button up", self._emulator.release)

    def key_down(self, key: str) -> None:
        """As User.key_down."""
        self._do(f"key {_quoted(key)} down", lambda: self._emulator.key_down(key))

    def key_up(self, key: str) -> None:
        """As User.key_up."""
        self._do(f"key {_quoted(key)} up", lambda: self._emulator.key_up(key))

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

    def text(self) -> str:
        """Give the scenario up to now."""
        with self._emulator.lock:
            self._wait()
        return "\n".join(self._lines) + "\n"

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


def _quoted(key: str) -> str:
    return f'"{key}"' if key in "*#" else key
