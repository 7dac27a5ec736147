"""The token's keys by their labels: "0" to "9", "*" and "#" of the keypad, "red" for the button."""

from typing import Any

from emulator.board import Board

RED = "red"


class Keys:
    """Presses and releases keys; no time passes."""

    def __init__(self, board: Board) -> None:
        """Use the button and, if there is one, the keypad of `board`."""
        self._parts = board.parts

    def down(self, key: str) -> None:
        """Press a key. ValueError when the token has no such key."""
        if key == RED:
            self._parts["button"].press()
        else:
            self._keypad(key).press(key)

    def up(self, key: str) -> None:
        """Release a key. ValueError when the token has no such key."""
        if key == RED:
            self._parts["button"].release()
        else:
            self._keypad(key).release(key)

    def _keypad(self, key: str) -> Any:
        if "keypad" not in self._parts:
            raise ValueError(f"This token has no key {key!r}, but {RED!r} alone.")
        return self._parts["keypad"]
