"""What an emulated token's wires carry, while somebody asks for it: transactions on its I2C and SPI
buses, levels of its pins and of its sound, and the kinds of the frames on its link.

Of a frame nothing but its kind and length is kept. Times are virtual microseconds since the
emulator started.
"""

import struct
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager
from errno import ETIMEDOUT
from importlib import import_module
from math import log10
from typing import Any, NamedTuple, Self

from emulator.board import Board
from emulator.errors import TracedAlreadyError
from emulator.mcu.mcu import Mcu
from emulator.serial.link import Link
from emulator.shims import records
from emulator.vcd import Value, dump

KEPT = 100_000  # events: about 35 MB
SHOWN = 16  # bytes of a transaction that are kept
SOUND_BLOCK_US = 10_000  # for which the sound's highest level is told
_US = 1_000_000
_FULL_SCALE = 32_768
_FRAMES = ("hello", "handshake", "transport", "error")
_TO_TOKEN, _TO_HOST = "link_to_token", "link_to_host"


class Event(NamedTuple):
    """Something on a channel: a text says what was transferred in `duration` from `time` on, an
    int is a pin's new level, a float the sound's highest in a block, 1 at full scale."""

    time: int
    duration: int
    channel: str
    what: Value


class Trace:
    """Records the last KEPT events until `stop()`. A context manager."""

    def __init__(  # noqa: PLR0913 - it has an end at each of them
        self,
        board: Board,
        mcu: Mcu,
        link: Link,
        lock: AbstractContextManager[Any],
        *,
        kept: int = KEPT,
        link_alone: bool = False,
    ) -> None:
        """Begin; with `link_alone` nothing but the link's frames is recorded. TracedAlreadyError
        while another trace records this token."""
        self._board, self._mcu, self._link, self._lock = board, mcu, link, lock
        self._events: deque[Event] = deque(maxlen=kept)
        self._recorded = 0
        self._link_alone = link_alone
        self._end: int | None = None
        self._end_levels = 0  # of the pins, bit by bit
        self._pins, self._chips = _pin_names(board), _chips(board)
        frames = import_module("firmware.protocol.frames")
        self._decoders = {_TO_TOKEN: frames.Decoder(), _TO_HOST: frames.Decoder()}
        with lock:
            if link.on_bytes is not None:
                raise TracedAlreadyError
            self._start = board.clock.now
            link.on_bytes = self._crossed
            if not link_alone:
                mcu.on_answer, board.pins.on_level = self._answered, self._level

    def __enter__(self) -> Self:
        """Give the trace itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop."""
        self.stop()

    def stop(self) -> None:
        """Record no more; what was recorded stays. Stopping again does nothing."""
        with self._lock:
            if self._end is None:
                self._end, self._end_levels = self._board.clock.now, self._board.pins.levels
                self._mcu.on_answer = self._board.pins.on_level = self._link.on_bytes = None

    @property
    def running(self) -> bool:
        """Whether it records."""
        return self._end is None

    def __len__(self) -> int:
        """Give the number of events that are kept, without the levels of the sound, which the
        events have too."""
        return len(self._events)

    @property
    def dropped(self) -> int:
        """How many events were recorded before the oldest one that is kept."""
        return self._recorded - len(self._events)

    def channels(self) -> list[str]:
        """Give the names of all channels: of the link, and of the pins and buses of the token's
        parts where they are recorded; and of what has used others."""
        names = {_TO_TOKEN, _TO_HOST}
        if not self._link_alone:
            names |= set(self._pins.values())
            names |= {f"{kind}{number}" for kind, number in self._board.bus_of.values()}
        with self._lock:
            return sorted(names | {event.channel for event in self._events})

    def events(self) -> list[Event]:
        """Give the events that are kept, by the time at which they began."""
        with self._lock:
            found = [*self._events, *self._sound(self._since(), self._until())]
        return sorted(found, key=lambda event: event.time)

    def text(self, channel: str = "", last: int = KEPT) -> str:
        """Give a line for each event: its beginning in seconds, its microseconds, channel, what.
        Of those whose channel has `channel` in its name, the `last` ones."""
        with self._lock:
            heading, found = self._heading(), self.events()
        events = [event for event in found if channel in event.channel][-last:]
        lines = [
            f"{event.time / _US:.6f} {event.duration:>7} us  {event.channel:<22} "
            f"{_described(event.what)}"
            for event in events
        ]
        return "\n".join([f"# {heading}", *lines]) + "\n"

    def vcd(self) -> str:
        """Give the events as a value change dump: a pin is a wire, sound a quantity; each other
        channel a text, and a wire, NAME_busy, that is 1 meanwhile."""
        with self._lock:
            events, heading = self.events(), self._heading()
            start, end = self._since(), self._until()
            levels = self._board.pins.levels if self.running else self._end_levels
        changed = {event.channel: event.what for event in reversed(events)}  # the first of each
        initial: dict[str, Value] = {}
        for number in sorted(self._pins):
            name = self._pins[number]
            initial[name] = 1 - int(changed[name]) if name in changed else levels >> number & 1
        for channel in sorted(changed.keys() - initial.keys()):
            if isinstance(changed[channel], float):
                initial[channel] = 0.0
            else:
                initial |= {f"{channel}_busy": 0, channel: ""}
        begin = min([start, *(event.time for event in events)])
        return dump(begin, end, initial, _changes(events), heading)

    def _heading(self) -> str:
        began, ended = self._start / _US, self._until() / _US
        return (
            f"kodebrik, {self._board.name}: {began:.6f} s to {ended:.6f} s, "
            f"{len(self._events)} events, {self.dropped} earlier ones dropped"
        )

    def _until(self) -> int:
        return self._board.clock.now if self._end is None else self._end

    def _since(self) -> int:
        """Give the time from which on everything is kept."""
        return self._events[0].time if self.dropped else self._start

    def _note(self, channel: str, what: Value, duration: int = 0) -> None:
        self._recorded += 1
        now = self._board.clock.now
        self._events.append(Event(max(self._start, now - duration), duration, channel, what))

    def _level(self, pin: int, level: int) -> None:
        self._note(self._pins.setdefault(pin, f"gpio{pin}"), level)

    def _answered(self, kind: int, payload: bytes, status: int, answer: bytes) -> None:
        if kind in (records.I2C_TRANSFER, records.I2C_POST):
            self._i2c(payload, status, answer)
        elif kind == records.I2C_SCAN:
            self._note(f"i2c{payload[0]}", f"scan: {_hex(answer) or 'nobody'} answers")
        elif kind == records.SPI_WRITE:
            bus, data = payload[0], payload[1:]
            chip = self._chips.get(("spi", bus, None), "nobody")
            duration = self._clocks("spi", bus, 8 * len(data))
            self._note(f"spi{bus}", f"{chip}: {_hex(data)}", duration)

    def _i2c(self, payload: bytes, status: int, answer: bytes) -> None:
        bus, address, count = struct.unpack_from("<BBH", payload)
        data = payload[4:]
        said = [f"write {_hex(data)}"] if data or not count else []
        if status:
            said += ["the bus is held" if status == ETIMEDOUT else "no answer"]
        elif count:
            said += [f"read {_hex(answer)}"]
        chip = self._chips.get(("i2c", bus, address), "nobody")
        sent = 1 + len(data) + (count + 1 if count else 0)
        duration = self._clocks("i2c", bus, 9 * sent + 2)  # with start and stop
        self._note(f"i2c{bus}", f"0x{address:02X} {chip}: {', '.join(said)}", duration)

    def _clocks(self, kind: str, bus: int, count: int) -> int:
        """Give the time that clock pulses of a bus take."""
        wires = self._board.buses.get((kind, bus))
        return count * _US // wires["frequency"] if wires else 0

    def _crossed(self, to_token: bool, data: bytes) -> None:
        """Note the frames that bytes on the link complete."""
        channel = _TO_TOKEN if to_token else _TO_HOST
        for payload in self._decoders[channel].feed(data):
            if payload is None:
                self._note(channel, "damaged, or no frame")
                continue
            kind = payload[0] if payload else 0
            name = _FRAMES[kind - 1] if 0 < kind <= len(_FRAMES) else f"kind {kind}"
            self._note(channel, f"{name}, {len(payload)} bytes")

    def _sound(self, start: int, end: int) -> Iterator[Event]:
        """Give the highest level of each block of sound, and the silence after the last."""
        if self._link_alone or "audio" not in self._board.parts:
            return
        channel = f"i2s{self._board.bus_of['audio'][1]}"
        for began, rate, samples in self._board.parts["audio"].since(start):
            block = rate * SOUND_BLOCK_US // _US
            for first in range(0, len(samples), block):
                time = began + first * _US // rate
                if start <= time < end:
                    part = samples[first : first + block]
                    level = max(*part, -min(part)) / _FULL_SCALE
                    yield Event(time, len(part) * _US // rate, channel, level)
            over = began + len(samples) * _US // rate
            if over < end:
                yield Event(over, 0, channel, 0.0)


def _pin_names(board: Board) -> dict[int, str]:
    """Give the pins of the product's parts, each as gpioNUMBER_PART."""
    names: dict[int, str] = {}
    for part, entry in board.wired.items():
        for line in ("pin", "select", "enable", "rows", "columns"):
            pins = entry.get(line, ())
            of = part if line == "pin" else f"{part}_{line}"
            for pin in pins if isinstance(pins, tuple) else (pins,):
                if pin not in board.adc:  # which has no level
                    names[pin] = f"gpio{pin}_{of}"
    return names


def _chips(board: Board) -> dict[tuple[str, int, int | None], str]:
    """Give the parts with their chips by bus and, on I2C, address."""
    found: dict[tuple[str, int, int | None], str] = {}
    for part, (kind, bus) in board.bus_of.items():
        entry = board.wired[part]
        found[kind, bus, entry.get("address")] = f"{part} ({entry['chip']})"
    return found


def _hex(data: bytes) -> str:
    """Give the first bytes, and how many there are when that is not all."""
    shown = data[:SHOWN].hex(" ").upper()
    return shown if len(data) <= SHOWN else f"{shown} ... {len(data)} bytes"


def _described(what: Value) -> str:
    if isinstance(what, float):
        return f"{20 * log10(what):.1f} dBFS" if what else "silence"
    return str(what)


def _changes(events: list[Event]) -> Iterator[tuple[int, str, Value]]:
    """Give the changes of a dump's variables. Transactions of a channel come one after another."""
    free: dict[str, int] = {}  # channel -> end of its last transaction
    for time, duration, channel, what in events:
        if not isinstance(what, str):
            yield time, channel, what
            continue
        begin = max(time, free.get(channel, 0))
        free[channel] = end = begin + max(1, duration)
        yield begin, f"{channel}_busy", 1
        yield begin, channel, what
        yield end, f"{channel}_busy", 0
        yield end, channel, ""
