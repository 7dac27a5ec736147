"""The MCU's pins: levels driven by firmware and by parts, pull-ups, and edge interrupts."""

from collections.abc import Callable

from emulator.shims.records import IN, IRQ_FALLING, IRQ_RISING, OPEN_DRAIN, OUT, PULL_UP

_NO_LEVEL = 255


class _Pin:
    def __init__(self) -> None:
        self.mode, self.pull, self.latch, self.trigger = IN, 0, 0, 0
        self.outside: int | None = None  # what a part drives; None: nothing


class Pins:
    """`on_edge(pin, flags)` is called for edges on pins with an interrupt."""

    def __init__(self) -> None:
        """Let all pins float."""
        self.on_edge: Callable[[int, int], None] = lambda pin, flags: None
        self.levels = 0  # of all pins, bit by bit
        self._pins: dict[int, _Pin] = {}
        self._watchers: dict[int, Callable[[int], None]] = {}
        self._output_watchers: dict[int, Callable[[], None]] = {}

    def _pin(self, number: int) -> _Pin:
        pin = self._pins.get(number)
        if pin is None:
            pin = self._pins[number] = _Pin()
        return pin

    def level(self, number: int) -> int:
        """Give a pin's level, 0 or 1; a floating pin reads 0."""
        pin = self._pin(number)
        driven = self.output(number)
        if driven is not None:
            return driven
        if pin.outside is not None:
            return pin.outside
        return int(pin.pull == PULL_UP)

    def output(self, number: int) -> int | None:
        """Give the level that the MCU drives, None when it drives none."""
        pin = self._pin(number)
        return pin.latch if pin.mode == OUT or (pin.mode == OPEN_DRAIN and not pin.latch) else None

    def configure(self, number: int, mode: int, pull: int, level: int) -> None:
        """Set a pin up; `level` 255 keeps the output latch."""

        def change(pin: _Pin) -> None:
            pin.mode, pin.pull = mode, pull
            if level != _NO_LEVEL:
                pin.latch = level

        self._change(number, change)

    def write(self, number: int, level: int) -> None:
        """Write the output latch."""
        self._change(number, lambda pin: setattr(pin, "latch", level))

    def drive(self, number: int, level: int | None) -> None:
        """Drive a pin from a part; None: stop driving it."""
        if self._pin(number).outside != level:
            self._change(number, lambda pin: setattr(pin, "outside", level))

    def interrupt(self, number: int, trigger: int) -> None:
        """Set the edges that interrupt: IRQ_FALLING, IRQ_RISING, both, or 0 for none."""
        self._pin(number).trigger = trigger

    def watch(self, number: int, watcher: Callable[[int], None]) -> None:
        """Call `watcher(level)` at each change of the pin's level."""
        self._watchers[number] = watcher

    def watch_output(self, number: int, watcher: Callable[[], None]) -> None:
        """Call `watcher()` at each change of what the MCU drives."""
        self._output_watchers[number] = watcher

    def reset(self) -> None:
        """Make all pins inputs without interrupts: the MCU loses power."""
        for number in list(self._pins):
            self._pin(number).trigger = 0
            self.configure(number, IN, 0, 0)

    def _change(self, number: int, change: Callable[[_Pin], None]) -> None:
        pin = self._pin(number)
        before, output = self.level(number), self.output(number)
        change(pin)
        if number in self._output_watchers and self.output(number) != output:
            self._output_watchers[number]()
        after = self.level(number)
        if before == after:
            return
        self.levels ^= 1 << number
        flags = pin.trigger & (IRQ_RISING if after else IRQ_FALLING)
        if flags:
            self.on_edge(number, flags)
        if number in self._watchers:
            self._watchers[number](after)
