"""An emulated token: press its button, look at its screen, plug it in, take its power away.

Times are virtual seconds unless a name says otherwise; inside, the clock counts integer
microseconds.
"""

import hashlib
import threading
from collections.abc import Callable
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import firmware
from emulator import saved_state
from emulator.board import Bench
from emulator.clock import Clock
from emulator.keys import Keys
from emulator.mcu.flash import Flash
from emulator.mcu.mcu import OFF, PROMPT, Mcu
from emulator.mcu.vm import Vm, find_vm
from emulator.screen import EMISSIVE, Screen
from emulator.screen_text import read_text
from emulator.serial.link import Link, Port
from emulator.serial.server import Served, Server
from emulator.sound import Heard, Sound
from emulator.user import Handled

MACHINE_CODE = Path(firmware.__file__).parent / "speech" / "adpcm_native.py"
NEW_TOKEN_TIME = 1_767_225_600  # 2026-01-01, for a token that nobody gave a time
_US = 1_000_000


class Emulator(Handled, Served):
    """One token. Unplugged and switched off at first, with its battery in. A context manager."""

    def __init__(  # noqa: PLR0913 - a token has that many sides
        self,
        product: str = "kodeviser",
        board: str = "pico",
        state: Path | str = "state",
        *,
        image: bytes | None = None,
        seed: int = 0,
        time: float | None = None,
        heap: str = "224wk",
        vm: str | None = None,
    ) -> None:
        """Take up the token that lies in the directory `state`, or make one there from a littlefs
        `image`.

        `time` is the world's Unix time (default: where the token stopped, or NEW_TOKEN_TIME); the
        token's clock chip has counted in between. `vm` names another MicroPython binary, `heap` the
        size of its heap, as -X heapsize takes it: an RP2040 leaves 236 KB to the firmware, and here
        some 40 KB go to what stands in for the board. `seed` settles all that is random about a new
        token.
        """
        self.product = import_module(f"firmware.products.{product}").PRODUCT
        self.board = import_module(f"firmware.boards.{board}").BOARD
        names = sorted({self.product["text_font"], *self.product["code_fonts"].values()})
        self._fonts = [import_module(f"firmware.products.fonts.{name}") for name in names]
        self.directory = Path(state)
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = saved_state.load(self.directory)
        if kept is None and image is None:
            raise ValueError(
                f"There is no token in {self.directory} yet: give an image to make one."
            )
        self.lock = threading.RLock()  # held by whatever moves the token on
        self._seed = kept["seed"] if kept else seed
        self._draws = kept["draws"] if kept else 0
        self.clock = Clock()
        filesystem = self.board["filesystem"]
        self.flash = Flash(
            self.directory / saved_state.FLASH,
            filesystem["size"],
            filesystem["block"],
            self._seed,
            image if kept is None else None,
        )
        self.flash.on_cut = self._all_power_gone
        self.bench = Bench(self.board, product, self.clock, self._seed)
        self.keys, self.sound = Keys(self.bench), Sound(self.bench)
        self.link = Link()
        self._closed = False
        self._server = Server(self.link)
        self._said: list[tuple[int, bytes]] | None = (
            None  # what they are to hear, and when; None: at once
        )
        self.port = Port(self.link, self.run_until)
        self.vm_name, command = find_vm(vm)
        arguments = [str((self.directory / saved_state.FLASH).resolve()), str(filesystem["block"])]
        arguments += [
            str(filesystem["size"] // filesystem["block"]),
            str(filesystem["program"]),
            self.unique_id.hex(),
        ]
        arguments.append(str(MACHINE_CODE))
        self.mcu = Mcu(
            self.bench, self.flash, self.link, lambda: Vm(command, heap, arguments), self._urandom
        )
        self.bench.parts["latch"].on_power = self.mcu.power
        now = time if time is not None else kept["time"] if kept else NEW_TOKEN_TIME
        self._epoch = round(Fraction(now) * _US)  # the world's time at clock 0, microseconds
        self._restore(kept)
        self.save()
        self.mcu.warm_up()

    def __enter__(self) -> Self:
        """The emulator itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Keep the token's state, and end the VM and the link. Closing again does nothing."""
        with self.lock:
            if self._closed:
                return
            self._closed = True
            self._server.close_lines()
            self.mcu.close()
            self.save()
            self.flash.close()
            self._server.close()

    def save(self) -> None:
        """Write down what the token keeps without the emulator: wear, clock chip, battery, the
        time."""
        rtc, battery = self.bench.parts.get("clock"), self.bench.parts.get("battery")
        state = {
            "seed": self._seed,
            "draws": self._draws,
            "time": self.now,
            "wear": self.flash.wear,
        }
        state["operations"] = self.flash.operations
        state["clock"] = rtc.state() if rtc else None
        state["battery_mv"] = battery.millivolts if battery else None
        saved_state.save(self.directory, state)

    def _restore(self, kept: dict[str, Any] | None) -> None:
        if kept is None:
            return
        self.flash.wear, self.flash.operations = kept["wear"], kept["operations"]
        if kept["battery_mv"] is not None:
            self.bench.parts["battery"].millivolts = kept["battery_mv"]
        if kept["clock"]:
            rtc = self.bench.parts["clock"]
            rtc.restore(kept["clock"])
            away = self._epoch - round(Fraction(kept["time"]) * _US)
            if away > 0:  # it lay in a drawer
                self._epoch -= away
                self.clock.run_to(away)
            else:
                rtc.shift(away)

    @property
    def unique_id(self) -> bytes:
        """The MCU's, 8 bytes."""
        return hashlib.sha256(f"unique id {self._seed}".encode()).digest()[:8]

    def _urandom(self, count: int) -> bytes:
        self._draws += 1
        return hashlib.shake_256(f"random {self._seed} {self._draws}".encode()).digest(count)

    # Time

    @property
    def now(self) -> float:
        """The world's Unix time."""
        return (self._epoch + self.clock.now) / _US

    @property
    def elapsed(self) -> float:
        """Time since the emulator started, which no setting of the world's time moves."""
        return self.clock.now / _US

    def advance(self, seconds: float) -> None:
        """Let time pass. Returns when the firmware waits for something, so that all it has drawn is
        complete."""
        self.run_until(lambda: False, seconds)

    def run_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Let time pass until `condition()` holds, looked at whenever the firmware waits; False
        after `seconds`."""
        with self.lock:
            target = self.clock.now + round(Fraction(seconds) * _US)
            while True:
                self.mcu.settle()
                if condition():
                    return True
                if self.mcu.due():
                    self.mcu.wake()
                    continue
                if self.clock.now >= target:
                    return False
                if self.mcu.state == PROMPT:
                    self.mcu.wait_prompt((target - self.clock.now) / _US)
                    continue
                times = (target, self.mcu.deadline, self.clock.next_alarm)
                self.clock.run_to(min(time for time in times if time is not None))

    def set_time(self, unix: float) -> None:
        """The world's time jumps, and the token's clock with it; nothing else happens, the firmware
        notices nothing."""
        with self.lock:
            jump = round(Fraction(unix) * _US) - self._epoch - self.clock.now
            self._epoch += jump
            if "clock" in self.bench.parts:
                self.bench.parts["clock"].shift(jump)

    # What is heard and seen

    def audio(self, start: float, end: float | None = None) -> Heard:
        """What was heard from `start` to `end` (default: now), both as `elapsed` counts."""
        return self.sound.heard(start, self.elapsed if end is None else end)

    def screen(self, rotated: bool = False) -> Screen:
        """What the display shows; `rotated` when the user holds the token the other way up."""
        display = self.bench.parts["display"]
        colours = getattr(display, "colours", EMISSIVE)
        screen = Screen(display.width, display.height, display.pixels(), colours)
        return screen.rotated() if rotated else screen

    def screen_text(self, rotated: bool = False) -> list[str]:
        """The lines of text on the display, read from its pixels."""
        return read_text(self.screen(rotated).ink_on_paper(), self._fonts)

    @property
    def display_on(self) -> bool:
        """Whether the display shows anything."""
        return not self.screen().dark

    # Power and cable

    @property
    def powered(self) -> bool:
        """Whether the MCU has power."""
        return self.mcu.state != OFF

    @property
    def plugged(self) -> bool:
        """Whether the USB cable is in."""
        return self.link.plugged

    def plug(self) -> None:
        """Put the USB cable in: power and link."""
        with self.lock:
            if not self.plugged:
                self.link.set_plugged(True)
                self.bench.set_usb(True)
                self._server.open_lines()
                self.advance(0)

    def unplug(self) -> None:
        """Pull the USB cable out."""
        with self.lock:
            if self.plugged:
                self._pull_cable()
                self.advance(0)

    def cut_power(self, at_operation: int | None = None, mode: str = "before") -> None:
        """Take battery and cable away, now or at the n-th flash operation from now (1: the next).

        The battery comes back, the clock chip's backup cell stays. `mode`: "before" the operation,
        "torn" midway, or "after" it.
        """
        with self.lock:
            if at_operation is not None:
                self.flash.cut_at(at_operation, mode)
            else:
                self._all_power_gone()

    def _pull_cable(self) -> None:
        self._server.close_lines()
        self.link.set_plugged(False)
        self.bench.set_usb(False)

    def _all_power_gone(self) -> None:
        self._pull_cable()
        self.bench.parts["latch"].drop()
