"""Gathering: what arrives in an event loop one by one is handed over together, so that a fixed cost
(a transaction) is shared by as many as possible.

Whoever comes alone is handed over at the loop's next turn. While a batch is under way the next one
gathers; it is handed over when as many have come as were answered with the last one, most of whom
ask again at once, or else when as much time has passed as the last one took.
"""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

MAX_LINGER_SECONDS = 0.02  # that a batch waits after one of several, however long that took
Item = TypeVar("Item")


class Gathering(Generic[Item]):
    """Items that wait to be handed over. All methods are called in the event loop."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        hand_over: Callable[[list[Item]], None],
        most: int,
    ) -> None:
        """`hand_over` gets at most `most` items at once, and no more until done() is called."""
        self.loop = loop
        self._hand_over_items, self._most = hand_over, most
        self._items: list[Item] = []
        self._under_way = 0  # items
        self._since = 0.0  # the loop's time at which they were handed over
        self._expected = most
        self._due: asyncio.Handle | None = None

    def __len__(self) -> int:
        """Give the number of items that wait."""
        return len(self._items)

    def add(self, item: Item) -> None:
        """Let one more item wait."""
        self._items.append(item)
        if self._under_way:
            return
        if self._due is None:
            self._due = self.loop.call_soon(self._hand_over)
        elif len(self._items) >= self._expected:
            self._hand_over()

    def done(self) -> None:
        """What was handed over is dealt with: the next batch may follow."""
        answered, self._under_way = self._under_way, 0
        self._expected = min(answered + len(self._items), self._most)
        if answered > 1 and len(self._items) < self._expected:
            took = self.loop.time() - self._since
            self._due = self.loop.call_later(min(took, MAX_LINGER_SECONDS), self._hand_over)
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self._items:
            batch, self._items = self._items[: self._most], self._items[self._most :]
            self._under_way, self._since = len(batch), self.loop.time()
            self._hand_over_items(batch)
