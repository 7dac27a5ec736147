"""Events for any number of subscribers, each of which takes them at its own pace."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

_WAITING = 1000  # events for one subscriber; who does not take them is cut off, and comes again


class Event(NamedTuple):
    """What has happened: its kind, and data that are JSON."""

    kind: str
    data: Any


class Subscription:
    """The events from its making on, for a coroutine of the event loop `loop`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Nothing waits."""
        self._loop = loop
        self._waiting: asyncio.Queue[Event | None] = asyncio.Queue()

    def put(self, event: Event | None) -> None:
        """Add an event, or None for the end; from any thread."""
        self._loop.call_soon_threadsafe(self._add, event)

    def _add(self, event: Event | None) -> None:
        full = self._waiting.qsize() >= _WAITING
        self._waiting.put_nowait(None if full else event)

    async def events(self) -> AsyncIterator[Event]:
        """Give the events as they come, until the end."""
        while (event := await self._waiting.get()) is not None:
            yield event


class Broadcast:
    """Passes events on to its subscribers. Any thread may call it."""

    def __init__(self) -> None:
        """Nobody listens."""
        self._lock = threading.Lock()
        self._subscriptions: set[Subscription] = set()
        self._closed = False

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._subscriptions)

    def publish(self, kind: str, data: Any) -> None:
        """Give an event to all subscribers."""
        with self._lock:
            for subscription in self._subscriptions:
                subscription.put(Event(kind, data))

    def subscribe(self, loop: asyncio.AbstractEventLoop) -> Subscription:
        """Give the events from now on."""
        subscription = Subscription(loop)
        with self._lock:
            if self._closed:
                subscription.put(None)
            self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription."""
        with self._lock:
            self._subscriptions.discard(subscription)

    def close(self) -> None:
        """End all subscriptions, also those to come."""
        with self._lock:
            self._closed = True
            for subscription in self._subscriptions:
                subscription.put(None)
            self._subscriptions.clear()
