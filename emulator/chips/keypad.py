"""A telephone keypad of 3 columns and 4 rows without diodes: Adafruit 419 or 3845.

A closed contact joins its row to its column, so all lines that keys join have one level; where
three keys are at corners of a rectangle, the key at the fourth corner seems closed too. Contacts
bounce. Times in microseconds.
"""

from typing import Any

from emulator.chips.button import BOUNCE

KEYS = ("123", "456", "789", "*0#")  # row by row


class Keypad:
    """`press(key)` and `release(key)` take effect after the contact has bounced."""

    def __init__(self, part: dict[str, Any], board: Any) -> None:
        """Between the pins `part["rows"]` and `part["columns"]`; pull-ups are the MCU's."""
        self._board, self._rows, self._columns = board, part["rows"], part["columns"]
        self.bounce = BOUNCE
        self.pressed: set[str] = set()
        self._edges: dict[str, list[Any]] = {}
        self._closed: set[tuple[int, int]] = set()  # (pin of the row, pin of the column)
        self._shorts: set[tuple[int, int]] = set()  # pairs of lines
        self._open: set[int] = set()  # lines that are cut
        self._pulled: set[int] = set()  # lines that contacts pull down
        self._lines = (*self._rows, *self._columns)
        self._found: dict[int, set[int]] = {}  # lines driven low -> lines that contacts pull down
        self._mask = sum(1 << line for line in self._lines)
        for line in self._lines:
            board.pins.watch_output(line, self._settle)

    def press(self, key: str) -> None:
        """Press a key; ValueError when there is no such key."""
        self._pins_of(key)
        if key not in self.pressed:
            self.pressed.add(key)
            self._move(key)

    def release(self, key: str) -> None:
        """Release a key."""
        if key in self.pressed:
            self.pressed.remove(key)
            self._move(key)

    def short(self, first: int, second: int) -> None:
        """Join two lines, named by their pins, as a fault of the board does."""
        self._shorts.add((first, second))
        self._found.clear()
        self._settle()

    def cut(self, line: int) -> None:
        """Open a line, named by its pin: its keys no longer join it to anything."""
        self._open.add(line)
        self._found.clear()
        self._settle()

    def _pins_of(self, key: str) -> tuple[int, int]:
        for row, keys in enumerate(KEYS):
            if len(key) == 1 and key in keys:
                return self._rows[row], self._columns[keys.index(key)]
        raise ValueError(f"The keypad has no key {key!r}: its keys are {' '.join(''.join(KEYS))}.")

    def _move(self, key: str) -> None:
        for edge in self._edges.get(key, ()):
            edge.cancel()
        clock, down = self._board.clock, key in self.pressed
        self._edges[key] = [
            clock.after(delay, self._contact(key, moved == down)) for delay, moved in self.bounce
        ]

    def _contact(self, key: str, closed: bool) -> Any:
        def change() -> None:
            (self._closed.add if closed else self._closed.discard)(self._pins_of(key))
            self._found.clear()
            self._settle()

        return change

    def _settle(self) -> None:
        """Pull down each line that closed contacts connect to a line driven low."""
        pins = self._board.pins
        if not (self._closed or self._shorts or self._pulled):
            return
        low = pins.driven_low & self._mask
        pulled = self._found.get(low)
        if pulled is None:
            pulled = self._found[low] = self._joined_to(low)
        if pulled != self._pulled:
            before, self._pulled = self._pulled, pulled
            for line in self._lines:
                if (line in pulled) != (line in before):
                    pins.drive(line, 0 if line in pulled else None)

    def _joined_to(self, low: int) -> set[int]:
        """Give the lines that contacts join to another one of `low`, a number of bits."""
        joined = {line: {line} for line in self._lines}
        for row, column in self._closed | self._shorts:
            if self._open & {row, column}:
                continue
            net = joined[row] | joined[column]
            for line in net:
                joined[line] = net
        driven = {line for line in self._lines if low >> line & 1}
        return {line for line in self._lines if (joined[line] - {line}) & driven}


CHIP = Keypad
