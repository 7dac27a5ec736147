"""The virtual clock: a queue of alarms, in integer microseconds since the emulator started."""

import heapq
from collections.abc import Callable
from itertools import count


class Alarm:
    """A callback at a set time, made by `SimulationClock.at`."""

    __slots__ = ("callback", "time")

    def __init__(self, time: int, callback: Callable[[], None]) -> None:
        """Call `callback` at `time` (microseconds)."""
        self.time = time
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Do not call back; no effect after the alarm has rung."""
        self.callback = None


class SimulationClock:
    """A clock that moves only when told to. Alarms ring in the order of their times; alarms of one
    time ring in the order in which they were set."""

    def __init__(self) -> None:
        """Start at 0."""
        self.now = 0  # microseconds
        # Called with begin and end (microseconds) before the time moves on: nothing changes between
        self.passing: Callable[[int, int], None] | None = None
        self._queue: list[tuple[int, int, Alarm]] = []
        self._order = count()

    def at(self, time: int, callback: Callable[[], None]) -> Alarm:
        """Call back at `time` (microseconds); a time in the past rings at the next `run_to`."""
        alarm = Alarm(max(time, self.now), callback)
        heapq.heappush(self._queue, (alarm.time, next(self._order), alarm))
        return alarm

    def after(self, delay: int, callback: Callable[[], None]) -> Alarm:
        """Call back `delay` microseconds from now."""
        return self.at(self.now + delay, callback)

    @property
    def next_alarm(self) -> int | None:
        """Give the time of the earliest alarm, None when there is none."""
        while self._queue and self._queue[0][2].callback is None:
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    def run_to(self, time: int) -> None:
        """Advance to `time`, ringing every alarm on the way, including those that callbacks set.

        The clock never goes back.
        """
        while self._queue and self._queue[0][0] <= time:
            due, _, alarm = heapq.heappop(self._queue)
            callback, alarm.callback = alarm.callback, None
            if callback is not None:
                self._move(due)
                callback()
        self._move(time)

    def _move(self, time: int) -> None:
        if time > self.now:
            if self.passing is not None:
                self.passing(self.now, time)
            self.now = time
