"""Virtual time: a queue of alarms over integer microseconds since the emulator started."""

import heapq
from collections.abc import Callable
from itertools import count


class Alarm:
    """One callback at one instant; `Clock.at` makes it, `cancel` takes it back."""

    __slots__ = ("callback", "time")

    def __init__(self, time: int, callback: Callable[[], None]) -> None:
        """`time` in microseconds."""
        self.time = time
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Never call back. Harmless when it has already rung."""
        self.callback = None


class Clock:
    """Time stands still until somebody moves it; alarms ring in the order of their times, then of
    their setting."""

    def __init__(self) -> None:
        """The clock starts at 0."""
        self.now = 0  # microseconds
        self._queue: list[tuple[int, int, Alarm]] = []
        self._order = count()

    def at(self, time: int, callback: Callable[[], None]) -> Alarm:
        """Call back at `time` (microseconds); a time already past rings at the next move of the
        clock."""
        alarm = Alarm(max(time, self.now), callback)
        heapq.heappush(self._queue, (alarm.time, next(self._order), alarm))
        return alarm

    def after(self, delay: int, callback: Callable[[], None]) -> Alarm:
        """Call back `delay` microseconds from now."""
        return self.at(self.now + delay, callback)

    @property
    def next_alarm(self) -> int | None:
        """The time of the first alarm, None when there is none."""
        while self._queue and self._queue[0][2].callback is None:
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    def run_to(self, time: int) -> None:
        """Move to `time`, ringing every alarm on the way, also those that the callbacks set. Never
        moves back."""
        while (due := self.next_alarm) is not None and due <= time:
            alarm = heapq.heappop(self._queue)[2]
            self.now = max(self.now, due)
            callback, alarm.callback = alarm.callback, None
            if callback is not None:
                callback()
        self.now = max(self.now, time)
