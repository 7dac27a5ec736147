"""Our emulator with the processor's time charged (emulator/pace.py), in the place of the emulated
RP2040: what run_through measures there it measures here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from emulator.chips import sharp_lcd
from emulator.pace import Costs
from emulator.session import Emulator
from emulator.sound import SILENT
from host_tools.image.image import (
    build_frozen_package,
    build_frozen_tree,
    build_image,
    load_board,
    pack,
)
from tests.board import run_through
from tests.board.board import Event
from tests.board.figures import FILES
from tests.board.run_through import SEED, START, Figures

_DATA = 0x40  # a control byte of the SSD1306: what follows is for its memory
_I2C_CLOCKS, _I2C_HERTZ = 9, 400_000  # a byte takes nine clocks
_WATCHED = 2.5  # virtual seconds from power-on


class Paced:
    """An emulated token as run_through uses a Board. Times are virtual seconds since it began."""

    def __init__(self, emulator: Emulator) -> None:
        """Watch an emulator that is off."""
        self.emulator = emulator
        self.events: list[Event] = []
        self.read, self.write = emulator.port.read, emulator.port.write
        self.run_until, self.monotonic = emulator.run_until, emulator.port.monotonic
        self.close = emulator.port.close
        parts, wired = emulator.board.parts, emulator.board.wired
        self._watch(wired["latch"]["pin"], parts["latch"]._pin_changed, self._latched)
        if wired["display"]["chip"] == "ssd1306":
            self._before(parts["display"], "write", self._i2c_display)
        else:
            self._transfer, self._began = bytearray(), 0.0
            self._watch(wired["display"]["select"], parts["display"]._selected, self._selected)
            self._before(parts["display"], "spi_write", self._spi_display)
        self._before(parts["clock"], "read", lambda count: self._event("clock"))

    @property
    def now(self) -> float:
        """Seconds since the emulator began."""
        return self.emulator.elapsed

    def _event(self, kind: str, **more: Any) -> None:
        self.events.append(Event(self.now, kind, more))

    def _watch(self, pin: int, chip: Callable[[int], None], action: Callable[[int], None]) -> None:
        def both(level: int) -> None:
            chip(level)
            action(level)

        self.emulator.board.pins.watch(pin, both)

    @staticmethod
    def _before(part: Any, name: str, action: Callable[..., None]) -> None:
        method = getattr(part, name)

        def both(*arguments: Any) -> Any:
            action(*arguments)
            return method(*arguments)

        setattr(part, name, both)

    def _latched(self, level: int) -> None:
        self._event("latch", level=level)

    def _i2c_display(self, data: bytes) -> None:
        if data[0] == _DATA:
            took = _I2C_CLOCKS * (len(data) + 1) / _I2C_HERTZ
            self._event("drawn", began=self.now - took, ink=any(data[1:]))
        else:
            self._event("display command")

    def _selected(self, level: int) -> None:
        if level:
            self._transfer, self._began = bytearray(), self.now
        elif self._transfer[0] & sharp_lcd.WRITE:
            line = self.emulator.board.parts["display"].width // 8
            lines = [
                self._transfer[at + 1 : at + 1 + line]
                for at in range(1, len(self._transfer) - line - 1, line + 2)
            ]
            ink = any(pixels.strip(b"\xff") for pixels in lines)
            self._event("drawn", began=self._began, ink=ink)
        else:
            self._event("display command")

    def _spi_display(self, data: bytes, mode: int, hertz: int) -> None:
        self._transfer += data

    def advance(self, seconds: float, stop: tuple[str, ...] = ()) -> list[Event]:
        """As Board.advance."""
        before = len(self.events)
        self.emulator.advance(seconds)
        return self.events[before:]

    def wait(self, seconds: float) -> None:
        """As Board.wait."""
        self.emulator.advance(seconds)

    def key_down(self, key: str) -> None:
        """As Board.key_down."""
        self.emulator.key_down(key)

    def key_up(self, key: str) -> None:
        """As Board.key_up."""
        self.emulator.key_up(key)

    def plug(self) -> None:
        """As Board.plug."""
        self.emulator.plug()

    def pixels(self) -> bytes:
        """As Board.pixels."""
        return self.emulator.screen().data

    def sound(self) -> tuple[list[int], float | None, float | None]:
        """As Board.sound."""
        heard = self.emulator.board.parts["audio"].between(0, round(self.now * 1e6), 16_000)
        loud = next((n / 16_000 for n, sample in enumerate(heard) if abs(sample) > SILENT), None)
        return list(heard), None, loud

    def flash(self) -> bytes:
        """Give the file system's content."""
        return self.emulator.flash.read(0, self.emulator.flash.size)

    def largest_free_block(self) -> int:
        """As Board.largest_free_block."""
        return self.emulator.heap().largest_block

    def diagnosis(self) -> dict[str, Any]:
        """As Board.diagnosis."""
        return {"complaints": []}


class PacedParts(run_through.Parts):
    """The files and data of one run in our emulator; a flash is its file system alone."""

    def __init__(self, product: str, folder: Path, pace: str | Costs | None, form: str) -> None:
        """Take a blank token, whose states are kept in `folder`."""
        self._modules = (
            None if form == FILES else build_frozen_package(product, "pico", production=True)
        )
        filesystem = load_board("pico")["filesystem"]
        files = pack(build_frozen_tree(product), filesystem)
        image = build_image(product, "pico", production=True) if form == FILES else files
        super().__init__(image, b"", product)
        self._folder, self._pace, self._started = folder, pace, 0

    @contextmanager
    def started(self, flash: bytes, unix: float | None) -> Iterator[Paced]:  # type: ignore[override]
        """Give the token with that flash, off; `unix` as in Board."""
        self._started += 1
        with Emulator(
            self.product["name"],
            "pico",
            self._folder / str(self._started),
            image=flash,
            frozen=self._modules,
            seed=SEED,
            time=unix or START,
            pace=self._pace,
        ) as emulator:
            if unix is not None:
                emulator.set_rtc(unix)
            yield Paced(emulator)


def measured(product: str, pace: str | Costs = "rp2040", form: str = FILES) -> dict[str, float]:
    """Give what run_through measures, in virtual time."""
    figures = Figures(product)
    with TemporaryDirectory() as folder:
        parts = PacedParts(product, Path(folder), pace, form)
        provisioned = run_through.provision(parts, figures)
        run_through.press(parts, provisioned, figures, _WATCHED)
    return figures.figures
