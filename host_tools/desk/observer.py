"""What can be seen and heard of an emulated token: looked at whenever it has run, and published as
events when it has changed."""

from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emulator.mcu.mcu import PROMPT
from host_tools.desk.broadcast import Broadcast

if TYPE_CHECKING:
    from emulator.screen import Screen
    from emulator.session import Emulator

_GRAIN = 8000  # a second has so many spans that are whole microseconds and two samples
_LEAP = 5  # seconds: what sounded earlier was leapt over, and nobody wants to hear it now
_PASSING = ("elapsed", "time", "clock")  # what changes by itself, at a rate that is known


class Observer:
    """Publishes the token's `state`, `screen` and `sound`. Its caller holds the emulator's lock."""

    def __init__(self, emulator: "Emulator", broadcast: Broadcast) -> None:
        """`links` are the addresses of the token's serial port, by kind; `trembles` says whether
        the hand does that presses its keys, `tracing` whether a trace records and `traced` whether
        there is one, `recording` whether a scenario is recorded and `recorded` whether one was;
        `played_at` gives the rate at which one is played, None while none is."""
        self._emulator, self._broadcast = emulator, broadcast
        self.links: dict[str, str] = {}
        self.trembles = self.tracing = self.traced = self.recording = self.recorded = False
        self.played_at: Callable[[], float | None] = lambda: None
        self._lasting: dict[str, Any] = {}
        self._screen: Screen | None = None
        self._heard = 0  # where the sound that was not published yet begins, in 1/_GRAIN seconds

    def look(self, acted: bool = False) -> None:
        """Publish what is new; after an action the state in any case."""
        state = self.state()
        lasting = {name: value for name, value in state.items() if name not in _PASSING}
        if acted or lasting != self._lasting:
            self._lasting = lasting
            self._broadcast.publish("state", state)
        screen = self._emulator.screen()
        if screen != self._screen:
            self._screen = screen
            self._broadcast.publish("screen", packed(screen))
        self._listen()

    def state(self) -> dict[str, Any]:
        """Give the token's state, as host_tools.desk.models.TokenState has it."""
        emulator, parts = self._emulator, self._emulator.board.parts
        keypad, battery, clock = (parts.get(name) for name in ("keypad", "battery", "clock"))
        down = ["red"] if parts["button"].pressed else []
        played_at = self.played_at()
        return {
            "powered": emulator.powered,
            "prompt": emulator.mcu.state == PROMPT,
            "plugged": emulator.plugged,
            "headset": parts["jack"].plugged if "jack" in parts else None,
            "keys_down": sorted(down + list(keypad.pressed if keypad else ())),
            "battery_mv": battery.millivolts if battery else None,
            "drift_ppm": clock.drift_ppm if clock else None,
            "temperature": clock.temperature if clock else None,
            "rate": emulator.rate if played_at is None else played_at,
            "trembles": self.trembles,
            "tracing": self.tracing,
            "traced": self.traced,
            "recording": self.recording,
            "recorded": self.recorded,
            "playing": played_at is not None,
            "links": dict(self.links) if emulator.plugged else {},
            "flash_operations": emulator.flash.operations,
            "operations_to_cut": emulator.flash.operations_to_cut,
            "elapsed": emulator.elapsed,
            "time": emulator.now,
            "clock": emulator.rtc_time if clock else None,
        }

    def _listen(self) -> None:
        """Publish the sound since the last look, while there is any and somebody listens."""
        until = int(self._emulator.clock.now * _GRAIN // 1_000_000)
        since, self._heard = max(self._heard, until - _LEAP * _GRAIN), until
        if "audio" not in self._emulator.board.parts or not self._broadcast.heard:
            return
        sound = self._emulator.audio(since / _GRAIN, until / _GRAIN)
        samples = sound.samples.tobytes()
        if samples.strip(b"\0"):
            way = "headphones" if sound.headphones.tobytes().strip(b"\0") else "speaker"
            data = {"start": sound.start, "rate": sound.rate, "way": way}
            self._broadcast.publish("sound", {**data, "samples": b64encode(samples).decode()})


def packed(screen: "Screen") -> dict[str, Any]:
    """Give a screen as an event has it: eight pixels a byte, the leftmost in the highest bit, row
    by row from the top left, in base64."""
    bits = int(screen.data.translate(_DIGITS), 2) if screen.data else 0
    size = screen.width * screen.height // 8
    return {
        "width": screen.width,
        "height": screen.height,
        "pixels": b64encode(bits.to_bytes(size, "big")).decode(),
    }


_DIGITS = bytes.maketrans(b"\0\1", b"01")
