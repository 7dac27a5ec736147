"""The user's fingers on the keys: the keypad's by what is printed on them, and the token's own
button as "red"."""

from typing import Any

from emulator.board import Board

RED = "red"


class Keys:
    """Moves contacts; time is the caller's."""

    def __init__(self, board: Board) -> None:
        """On the keys of the board."""
        self._parts = board.parts

    def down(self, key: str) -> None:
        """A finger goes down. ValueError when the token has no such key."""
        if key == RED:
            self._parts["button"].press()
        else:
            self._keypad(key).press(key)

    def up(self, key: str) -> None:
        """A finger goes up."""
        if key == RED:
            self._parts["button"].release()
        else:
            self._keypad(key).release(key)

    def _keypad(self, key: str) -> Any:
        if "keypad" not in self._parts:
            raise ValueError(f"This token has no key {key!r}.")
        return self._parts["keypad"]
