"""The user's hands: keys and headset. Times are virtual seconds unless a name ends in `ms`.

Each action runs the emulator until the firmware waits, so that its effect is complete.
"""

import threading
from collections.abc import Callable

from emulator.board import Board
from emulator.keys import RED, Keys

AFTER_PRESS = 0.05  # seconds that pass after a release: bounce and debouncing are over then


class User:
    """Presses keys and moves the headset's plug."""

    def __init__(
        self, board: Board, lock: threading.RLock, advance: Callable[[float], None]
    ) -> None:
        """`lock` is held during an action; `advance(seconds)` lets virtual time pass."""
        self._parts, self._keys = board.parts, Keys(board)
        self._lock, self._advance = lock, advance

    def press(self, ms: float = 120) -> None:
        """Press the token's button for `ms` milliseconds."""
        self.hold(ms / 1000)

    def hold(self, seconds: float) -> None:
        """Press the token's button for `seconds`."""
        self.press_down()
        self.wait(seconds)
        self.release()

    def press_down(self) -> None:
        """Press the token's button and keep it down."""
        self.key_down(RED)

    def release(self) -> None:
        """Release the token's button."""
        self.key_up(RED)

    def press_key(self, key: str, ms: float = 120) -> None:
        """Press a key for `ms` milliseconds: "0" to "9", "*", "#", or "red" for the button."""
        self.key_down(key)
        self.wait(ms / 1000)
        self.key_up(key)

    def wait(self, seconds: float) -> None:
        """Do nothing for `seconds`: when the token is served, they are part of real time."""
        self._advance(seconds)

    def key_down(self, key: str) -> None:
        """Press a key and keep it down. ValueError when the token has no such key."""
        with self._lock:
            self._keys.down(key)
            self._advance(0)

    def key_up(self, key: str) -> None:
        """Release a key."""
        with self._lock:
            self._keys.up(key)
            self._advance(AFTER_PRESS)

    def plug_headset(self) -> None:
        """Put a headset's plug into the jack."""
        with self._lock:
            self._parts["jack"].plug()
            self._advance(0)

    def unplug_headset(self) -> None:
        """Pull the headset's plug out."""
        with self._lock:
            self._parts["jack"].unplug()
            self._advance(0)
