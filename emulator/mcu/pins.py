"""The MCU's pins: levels driven by firmware and by parts, pull-ups, and edge interrupts."""

from collections.abc import Callable

from emulator.shims.records import IN, IRQ_FALLING, IRQ_RISING, OPEN_DRAIN, OUT, PULL_UP

_NO_LEVEL = 255


class _Pin:
    __slots__ = ("latch", "mode", "output", "outside", "pull", "trigger")

    def __init__(self) -> None:
        self.mode, self.pull, self.latch, self.trigger = IN, 0, 0, 0
        self.output: int | None = None  # what the MCU drives; None: nothing
        self.outside: int | None = None  # what a part drives; None: nothing

    def level(self) -> int:
        if self.output is not None:
            return self.output
        if self.outside is not None:
            return self.outside
        return int(self.pull == PULL_UP)


class Pins:
    """`on_edge(pin, flags)` is called for edges on pins with an interrupt."""

    def __init__(self) -> None:
        """Let all pins float."""
        self.on_edge: Callable[[int, int], None] = lambda pin, flags: None
        self.on_level: Callable[[int, int], None] | None = None  # told each pin's new level
        self.levels = 0  # of all pins, bit by bit
        self.driven_low = 0  # pins that the MCU drives low, bit by bit
        self._pins: dict[int, _Pin] = {}
        self._watchers: dict[int, Callable[[int], None]] = {}
        self._passive: set[int] = set()  # pins whose watcher drives no pin
        self._output_watchers: dict[int, Callable[[], None]] = {}

    def _pin(self, number: int) -> _Pin:
        pin = self._pins.get(number)
        if pin is None:
            pin = self._pins[number] = _Pin()
        return pin

    def level(self, number: int) -> int:
        """Give a pin's level, 0 or 1; a floating pin reads 0."""
        return self._pin(number).level()

    def configure(self, number: int, mode: int, pull: int, level: int) -> bool:
        """Set a pin up; `level` 255 keeps the output latch. Say whether writing it changes no level
        but its own, and causes no event."""
        pin = self._pin(number)
        before = pin.level()
        pin.mode, pin.pull = mode, pull
        if level != _NO_LEVEL:
            pin.latch = level
        self._put_out(number, pin)
        self._tell(number, pin, before)
        return mode == OUT and not pin.trigger and number in self._passive

    def write(self, number: int, level: int) -> None:
        """Write the output latch."""
        pin = self._pin(number)
        before = pin.level()
        pin.latch = level
        self._put_out(number, pin)
        self._tell(number, pin, before)

    def drive(self, number: int, level: int | None) -> None:
        """Drive a pin from a part; None: stop driving it."""
        pin = self._pin(number)
        if pin.outside != level:
            before = pin.level()
            pin.outside = level
            self._tell(number, pin, before)

    def interrupt(self, number: int, trigger: int) -> None:
        """Set the edges that interrupt: IRQ_FALLING, IRQ_RISING, both, or 0 for none."""
        self._pin(number).trigger = trigger

    def watch(self, number: int, watcher: Callable[[int], None], *, passive: bool = False) -> None:
        """Call `watcher(level)` at each change of the pin's level. `passive`: it drives no pin."""
        self._watchers[number] = watcher
        (self._passive.add if passive else self._passive.discard)(number)

    def watch_output(self, number: int, watcher: Callable[[], None]) -> None:
        """Call `watcher()` at each change of what the MCU drives."""
        self._output_watchers[number] = watcher

    def reset(self) -> None:
        """Make all pins inputs without interrupts: the MCU loses power."""
        for number in list(self._pins):
            self._pin(number).trigger = 0
            self.configure(number, IN, 0, 0)

    def _put_out(self, number: int, pin: _Pin) -> None:
        """Let the MCU drive what the pin's mode and latch say."""
        driven = pin.mode == OUT or (pin.mode == OPEN_DRAIN and not pin.latch)
        output = pin.latch if driven else None
        if output == pin.output:
            return
        pin.output = output
        if output == 0:
            self.driven_low |= 1 << number
        else:
            self.driven_low &= ~(1 << number)
        if number in self._output_watchers:
            self._output_watchers[number]()

    def _tell(self, number: int, pin: _Pin, before: int) -> None:
        """Tell of a level that is another than `before`."""
        after = pin.level()
        if before == after:
            return
        self.levels ^= 1 << number
        if self.on_level is not None:
            self.on_level(number, after)
        flags = pin.trigger & (IRQ_RISING if after else IRQ_FALLING)
        if flags:
            self.on_edge(number, flags)
        if number in self._watchers:
            self._watchers[number](after)
