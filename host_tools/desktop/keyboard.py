"""The keyboard of a terminal, or characters from a pipe, as the keys, headset and cable of an
emulated token."""

from emulator.keys import RED
from emulator.scenario.recorder import Recorder
from emulator.session import Emulator

_TAP, _HOLD = 0.12, 7.0  # seconds
_KEYPAD = "0123456789*#"
_HOLD_KEYPAD = 2.2  # seconds


class Keyboard:
    """Turns typed characters into the user's actions."""

    def __init__(self, emulator: Emulator, recorder: Recorder) -> None:
        """Nothing is held down. `recorder` acts on the emulator and keeps what was done."""
        self._emulator, self._recorder = emulator, recorder
        self._keypad = "keypad" in emulator.board.parts
        # Keys held down -> when they are released, in virtual time: on a busy machine the token may
        # not have run at all while a moment of real time passed, and would miss the tap.
        self._down: dict[str, float] = {}
        self._prefix = ""  # R or L

    def type(self, character: str) -> None:
        """Do what a typed character stands for; nothing for one that stands for nothing."""
        recorder, emulator = self._recorder, self._emulator
        prefix, self._prefix = self._prefix, ""
        if character == " ":
            self._tap(RED, _TAP)
        elif character == "h" and not self._keypad:
            self._tap(RED, _HOLD)
        elif character == "u":
            (recorder.unplug if emulator.plugged else recorder.plug)()
        elif not self._keypad:
            return
        elif character in ("r", "l"):
            self._prefix = character
        elif character == "p":
            (
                recorder.unplug_headset
                if emulator.board.parts["jack"].plugged
                else recorder.plug_headset
            )()
        elif character in _KEYPAD:
            if prefix == "r":
                self._tap(RED, 3 * _TAP)
            self._tap(character, _HOLD_KEYPAD if prefix == "l" else _TAP)

    def release_due(self) -> None:
        """Release the keys that have been down for their time."""
        for key in [key for key, due in self._down.items() if self._emulator.elapsed >= due]:
            self._release(key)

    def release_all(self) -> None:
        """Release every key that is down."""
        for key in list(self._down):
            self._release(key)

    def _tap(self, key: str, seconds: float) -> None:
        """Hold a key down for virtual `seconds`; nothing when it is down already."""
        if key in self._down:
            return
        self._recorder.key_down(key)
        self._down[key] = self._emulator.elapsed + seconds

    def _release(self, key: str) -> None:
        del self._down[key]
        self._recorder.key_up(key)
