"""An emulated token: its user, screen, sound, power, cable and serial link.

Times are virtual seconds unless a name says otherwise; the clock counts integer microseconds.
"""

import hashlib
import threading
from array import array
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from emulator import saved_state
from emulator.board import Board
from emulator.clock import SimulationClock
from emulator.errors import DamagedTokenError, OtherSnapshotError
from emulator.mcu import bytecode
from emulator.mcu.flash import Flash
from emulator.mcu.mcu import BOOT_US, FROZEN_BOOT_US, OFF, PROMPT, Mcu
from emulator.mcu.vm import Vm, find_vm
from emulator.pace import COSTS, Costs
from emulator.pace import arguments as cost_arguments
from emulator.screen import EMISSIVE, Screen
from emulator.screen_text import read_text
from emulator.serial.link import HostPort, Link
from emulator.serial.server import LinkEndpoints
from emulator.shims.records import PWRON_RESET
from emulator.snapshot import Snapshot
from emulator.sound import Heard, Sound
from emulator.trace import KEPT, Trace
from emulator.user import User

NEW_TOKEN_TIME = 1_767_225_600  # 2026-01-01, for a token that nobody gave a time
_US = 1_000_000
# An RP2040's for every board, as it has the least: docs/emulator.md tells how near it comes.
_HEAP, _FROZEN_HEAP = "224wk", "352wk"
_PATH_LENGTH = 200  # MicroPython takes arguments of at most 255 bytes


def _argument(path: Path) -> str:
    """Give a path for the VM, of one length, as its memory holds it: so the pace hangs on no
    folder's name."""
    return str(path.resolve()).rjust(_PATH_LENGTH, "/")


def _natives(modules: Sequence[str]) -> list[str]:
    """Give the VM's arguments for modules in machine code: the folder that has them for its own
    processor, where the image has them for the board's, and their names."""
    folder = bytecode.compiled([_source(module) for module in modules], machine_code=True)
    return [_argument(folder), *modules]


def _source(module: str) -> Path:
    """The path of a module's source."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"The product names a module that there is not: {module}.")
    return Path(spec.origin)


class Heap(NamedTuple):
    """Bytes of the firmware's heap, on the scale of a board's words of four bytes."""

    free: int
    largest_block: int


class Emulator:
    """One token, at first unplugged and off, with its battery in. A context manager.

    `lock` is held by whatever advances the token. The methods of `User` (`press`, `hold`,
    `press_key` …) and of `LinkEndpoints` (`open_pty`, `serve` …) are methods of the emulator too.
    """

    def __init__(  # noqa: PLR0913 - a token has that many sides
        self,
        product: str = "kodeviser",
        board: str = "pico",
        state: Path | str = "state",
        *,
        image: bytes | None = None,
        frozen: bytes | None = None,
        seed: int = 0,
        time: float | None = None,
        heap: str | None = None,
        vm: str | None = None,
        pace: str | Costs | None = None,
    ) -> None:
        """Load the token in the directory `state`, or make a new one there from a littlefs `image`.

        `frozen` is a file system with the sources of the package `firmware`, which stand for those
        that are frozen into a new token's MicroPython. `time` is the true Unix time (default: the
        time at which the token was saved, or NEW_TOKEN_TIME); the token's clock chip has counted
        meanwhile. `vm` names another MicroPython binary. `heap` is the size of its heap, in the
        form of -X heapsize: an RP2040 leaves 236 KB to the firmware; the shims take 32 KB here, and
        what is frozen on a board 128 KB. `pace` names the microcontroller whose processor's
        time is charged (emulator/pace.py, or costs of one's own; None: computing takes no time).
        `seed` determines everything random about a new token. OtherTokenError when the one that is
        there is of another product or board.
        """
        self.product = import_module(f"firmware.products.{product}").PRODUCT
        board_file = import_module(f"firmware.boards.{board}").BOARD
        names = sorted({self.product["text_font"], *self.product["code_fonts"].values()})
        self._fonts = [import_module(f"firmware.products.fonts.{name}") for name in names]
        self.directory = Path(state)
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        filesystem = board_file["filesystem"]
        self.vm_name, command = find_vm(vm)
        with ExitStack() as on_failure:
            on_failure.enter_context(saved_state.locked(self.directory))
            kept = saved_state.load(self.directory)
            if kept is None and image is None:
                raise ValueError(
                    f"There is no token in {self.directory} yet: give an image to make one."
                )
            if kept is not None:
                saved_state.check(
                    self.directory,
                    kept,
                    self.product["name"],
                    board_file["name"],
                    filesystem["size"],
                )
            self._seed = kept["seed"] if kept else seed
            self.flash = Flash(
                self.directory / saved_state.FLASH,
                filesystem["size"],
                filesystem["block"],
                self._seed,
                image if kept is None else None,
            )
            if kept is None and frozen is not None:
                (self.directory / saved_state.FROZEN).write_bytes(frozen)
            self._in_use = on_failure.pop_all()
        self.frozen = (self.directory / saved_state.FROZEN).exists()
        self._board_name = board_file["name"]
        self._draws = kept["draws"] if kept else 0
        self.lock = threading.RLock()
        self.clock = SimulationClock()
        self.flash.on_cut = self._all_power_gone
        self.board = Board(board_file, product, self.clock, self._seed)
        self.sound = Sound(self.board)
        self.link = Link()
        self._closed = False
        self.port = HostPort(self.link, self.run_until, lambda: self.elapsed)
        flash, modules = (
            _argument(self.directory / name) for name in (saved_state.FLASH, saved_state.FROZEN)
        )
        blocks = filesystem["size"] // filesystem["block"]
        geometry = [str(count) for count in (filesystem["block"], blocks, filesystem["program"])]
        costs = COSTS[pace] if isinstance(pace, str) else pace or {}
        arguments = [modules if self.frozen else "", str(len(costs)), *cost_arguments(costs)]
        size = heap or (_FROZEN_HEAP if self.frozen else _HEAP)

        def started() -> Vm:
            natives = _natives(self.product["native_modules"])
            return Vm(command, size, [flash, *geometry, self.unique_id.hex(), *arguments, *natives])

        self.mcu = Mcu(
            self.board,
            self.flash,
            self.link,
            started,
            self._urandom,
            FROZEN_BOOT_US if self.frozen else BOOT_US,
        )
        self.board.parts["latch"].on_power = self.mcu.power
        self._add_user()
        self._add_server()
        now = time if time is not None else kept["time"] if kept else NEW_TOKEN_TIME
        self._epoch = round(Fraction(now) * _US)  # true time at clock 0, microseconds
        if kept is not None:
            self._restore(kept)
        self._saved: tuple[object, ...] = ()
        self.save()

    def _add_user(self) -> None:
        user = User(self.board, self.lock, self._advance)
        self.press, self.hold = user.press, user.hold
        self.press_down, self.release = user.press_down, user.release
        self.press_key, self.key_down, self.key_up = user.press_key, user.key_down, user.key_up
        self.plug_headset, self.unplug_headset = user.plug_headset, user.unplug_headset
        self.wait = user.wait

    def _add_server(self) -> None:
        self._server = server = LinkEndpoints(
            self.link, self.clock, self.mcu, self.lock, self._advance, self.plug
        )
        self.open_pty, self.open_rfc2217 = server.open_pty, server.open_rfc2217
        self.serve, self.serving, self.follow = server.serve, server.serving, server.follow
        self.wake = server.wake

    def __enter__(self) -> Self:
        """Give the emulator itself."""
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
        """Save the token, and end the VM and the link. Closing again does nothing."""
        with self.lock:
            if self._closed:
                return
            self._closed = True
            with self._in_use:
                self._server.unplugged()
                self.mcu.close()
                self.save()
                self.flash.close()
                self._server.close()

    def save(self) -> None:
        """Save what is not in the flash file: wear, clock chip, battery voltage, the time. That
        happens by itself whenever the token waits and has changed, so that an emulator that is
        killed leaves it as it was."""
        self._saved = self._lasting()
        saved_state.save(self.directory, self._state())

    def _lasting(self) -> tuple[object, ...]:
        """Give what is different when there is something to save, beside the time that has passed,
        for which the clock chip goes on counting while nothing emulates it."""
        rtc, battery = (self.board.parts.get(name) for name in ("clock", "battery"))
        true = Fraction(self._epoch + self.clock.now, _US)
        chip = (rtc.settings, round(rtc.unix - true)) if rtc else None
        return self._draws, self.flash.operations, chip, battery and battery.millivolts

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = {"product": self.product["name"], "board": self._board_name}
        state |= {"seed": self._seed, "draws": self._draws, "time": self.now}
        return state | saved_state.of_parts(self.board.parts) | saved_state.of_flash(self.flash)

    def snapshot(self) -> Snapshot:
        """Give what the token keeps without power: flash, clock chip and cell, as they are now."""
        with self.lock:
            flash = self.flash.read(0, self.flash.size)
            return Snapshot(flash, saved_state.write(self._state()), self._frozen_modules())

    def restore(self, snapshot: Snapshot, *, and_time: bool = False) -> None:
        """Have the token keep what it kept at `snapshot`, which leaves it off and unplugged. The
        true time goes on, and its clock chip has counted since; `and_time`: it is as it was then.

        A snapshot of another token makes it that one. NoSnapshotError for a damaged one,
        StateValueError for a value that no token has, and OtherSnapshotError for one of another
        product, board or frozen firmware: then nothing has changed.
        """
        with self.lock:
            kind = self.product["name"], self._board_name
            kept = snapshot.checked_state(*kind, self.board.parts, self.flash)
            if snapshot.frozen != self._frozen_modules():
                raise OtherSnapshotError(*kind)
            self._all_power_gone()
            self.flash.cancel_cut()
            self.flash.replace(snapshot.flash)
            self._seed = self.flash.seed = kept["seed"]
            self._draws = kept["draws"]
            saved_state.restore_flash(self.flash, kept)
            saved_state.restore_parts(self.board.parts, kept)
            if and_time:
                self._epoch = round(Fraction(kept["time"]) * _US) - self.clock.now
            if kept["clock"]:
                self.board.parts["clock"].shift(round((self.now - kept["time"]) * _US))
            self._advance(0)
            self.save()  # whose token it is, of which _lasting() knows nothing

    def _frozen_modules(self) -> bytes | None:
        """Give the file system with the frozen modules' sources, None where none are frozen."""
        return (self.directory / saved_state.FROZEN).read_bytes() if self.frozen else None

    def _restore(self, kept: dict[str, Any]) -> None:
        try:
            saved_state.check_parts(self.board.parts, kept)
        except ValueError:
            self.flash.close()
            self._in_use.close()
            raise DamagedTokenError(self.directory / saved_state.STATE) from None
        saved_state.restore_flash(self.flash, kept)
        saved_state.restore_parts(self.board.parts, kept)
        if kept["clock"]:
            away = self._epoch - round(Fraction(kept["time"]) * _US)
            if away > 0:  # time has passed since the token was saved
                self._epoch -= away
                self.clock.run_to(away)
            else:
                self.board.parts["clock"].shift(away)

    @property
    def unique_id(self) -> bytes:
        """The MCU's unique id, 8 bytes."""
        return hashlib.sha256(f"unique id {self._seed}".encode()).digest()[:8]

    def _urandom(self, count: int) -> bytes:
        self._draws += 1
        return hashlib.shake_256(f"random {self._seed} {self._draws}".encode()).digest(count)

    # Time

    @property
    def now(self) -> float:
        """The true Unix time, from which the token's clock may drift."""
        return (self._epoch + self.clock.now) / _US

    @property
    def elapsed(self) -> float:
        """Seconds since the emulator started; `set_time` does not change it."""
        return self.clock.now / _US

    def advance(self, seconds: float) -> None:
        """Let time pass. Returns when the firmware waits, so that its drawing is complete."""
        self._run_for(None, seconds)

    def run_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Let time pass until `condition()` holds, and give True, or False after `seconds`.

        The condition is evaluated whenever the firmware waits. A token that is served does not
        wait for real time to catch up with this.
        """
        return self._run_for(condition, seconds)

    def _run_for(self, condition: Callable[[], bool] | None, seconds: float) -> bool:
        with self.lock:
            before = self.clock.now
            met = self._run_until(condition, seconds)
            asked = round(Fraction(seconds) * _US)
            self._server.leapt(self.clock.now - before if met else asked)
            return met

    def _advance(self, seconds: float) -> None:
        """Let time pass, of which real time has its part when the token is served."""
        self._run_until(None, seconds)

    def _run_until(self, condition: Callable[[], bool] | None, seconds: float) -> bool:
        with self.lock:
            met = self._runs_until(condition, seconds)
            if self._lasting() != self._saved:
                self.save()
            return met

    def _runs_until(self, condition: Callable[[], bool] | None, seconds: float) -> bool:
        target = self.clock.now + round(Fraction(seconds) * _US)
        self.mcu.alone_until = target if condition is None else 0
        while True:
            self.mcu.settle()
            if condition is not None and condition():
                return True
            if self.mcu.due():
                self.mcu.wake()
                continue
            if self.clock.now >= target:
                return False
            if self.mcu.state == PROMPT and not self.mcu.at_rest():
                self.mcu.wait_prompt((target - self.clock.now) / _US)
                continue
            times = (target, self.mcu.deadline, self.clock.next_alarm)
            self.clock.run_to(min(time for time in times if time is not None))

    @property
    def rate(self) -> float:
        """Virtual seconds in a real one while the token is served; 0: time stands still."""
        return self._server.rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._server.rate = rate

    def set_time(self, unix: float) -> None:
        """Set the true time, and move the clock chip's time by the same amount.

        No virtual time passes, so the firmware does not notice.
        """
        with self.lock:
            jump = round(Fraction(unix) * _US) - self._epoch - self.clock.now
            self._epoch += jump
            if "clock" in self.board.parts:
                self.board.parts["clock"].shift(jump)

    # Surroundings

    @property
    def battery_mv(self) -> int:
        """The cell's voltage, millivolts."""
        return int(self.board.parts["battery"].millivolts)

    @battery_mv.setter
    def battery_mv(self, millivolts: int) -> None:
        self.board.parts["battery"].millivolts = millivolts

    @property
    def battery_milliohms(self) -> int:
        """Resistance of the cell, milliohms: by it the voltage falls under load. At first 0."""
        return int(self.board.parts["battery"].milliohms)

    @battery_milliohms.setter
    def battery_milliohms(self, milliohms: int) -> None:
        self.board.parts["battery"].milliohms = milliohms

    @property
    def rtc_drift_ppm(self) -> float:
        """Error of the clock chip's oscillator in ppm, positive: fast."""
        return float(self.board.parts["clock"].drift_ppm)

    @rtc_drift_ppm.setter
    def rtc_drift_ppm(self, ppm: float) -> None:
        self.board.parts["clock"].drift_ppm = ppm

    @property
    def temperature(self) -> float:
        """Temperature of the clock chip, degrees Celsius."""
        return float(self.board.parts["clock"].temperature)

    @temperature.setter
    def temperature(self, celsius: float) -> None:
        self.board.parts["clock"].temperature = celsius

    @property
    def rtc_time(self) -> float:
        """The Unix time that the clock chip counts."""
        return float(self.board.parts["clock"].unix)

    def set_rtc(self, unix: float) -> None:
        """Set the clock chip's time from outside, without the firmware."""
        self.board.parts["clock"].set_unix(unix)

    def remove_rtc_supply(self) -> None:
        """Interrupt both supplies of the clock chip: it loses the time and sets its flag."""
        self.board.parts["clock"].first_supply()

    @property
    def rtc_cell(self) -> str:
        """The clock chip's backup cell: "good", "weak" (while the token is off the time stands
        still, and the chip says so) or "dead" (it is lost)."""
        return str(self.board.parts["clock"].cell)

    @rtc_cell.setter
    def rtc_cell(self, state: str) -> None:
        if state not in ("good", "weak", "dead"):
            raise ValueError(f"A cell is good, weak or dead, not {state!r}.")
        self.board.parts["clock"].cell = state

    # Sound and display

    def audio(self, start: float, end: float | None = None) -> Heard:
        """Give the sound from `start` to `end` (default: now), both in terms of `elapsed`."""
        return self.sound.heard(start, self.elapsed if end is None else end)

    def vibration(self, start: float, end: float | None = None) -> "array[float]":
        """Give the strength of the vibration from `start` to `end` (default: now), 0 to 1, a sample
        each millisecond; nothing where there is no motor."""
        motor = self.board.parts.get("vibration")
        if motor is None:
            return array("f")
        until = self.elapsed if end is None else end
        return motor.waveform(round(start * _US), round(until * _US))  # type: ignore[no-any-return]

    def screen(self, rotated: bool = False) -> Screen:
        """Give what the display shows; `rotated`: as seen with the token held upside down."""
        display = self.board.parts["display"]
        colours = getattr(display, "colours", EMISSIVE)
        screen = Screen(display.width, display.height, display.pixels(), colours)
        return screen.rotated() if rotated else screen

    def screen_text(self, rotated: bool = False) -> list[str]:
        """Give the lines of text on the display, read from its pixels."""
        return self.text_of(self.screen(rotated))

    def text_of(self, screen: Screen) -> list[str]:
        """Give the lines of text on a screen of this token."""
        return read_text(screen.ink_on_paper(), self._fonts)

    @property
    def display_on(self) -> bool:
        """Whether the display shows anything."""
        return not self.screen().dark

    def trace(self, kept: int = KEPT, *, link_alone: bool = False) -> Trace:
        """Begin to record what the wires carry, or the link alone, see Trace; of `kept` events the
        last ones.

        TracedAlreadyError until the trace before is stopped.
        """
        return Trace(self.board, self.mcu, self.link, self.lock, kept=kept, link_alone=link_alone)

    # Power and cable

    @property
    def powered(self) -> bool:
        """Whether the MCU has power."""
        return self.mcu.state != OFF

    def heap(self) -> Heap:
        """Have the waiting firmware collect garbage, and give what is free then. A board has more
        of it where much code is loaded, whose bytes are counted as if they were words here."""
        with self.lock:
            return Heap(*self.mcu.heap())

    @property
    def plugged(self) -> bool:
        """Whether the USB cable is in."""
        return self.link.plugged

    def plug(self) -> None:
        """Put the USB cable in, which carries power and the link."""
        with self.lock:
            if not self.plugged:
                self.link.set_plugged(True)
                self.board.set_usb(True)
                self._server.plugged()
                self._advance(0)

    def unplug(self) -> None:
        """Pull the USB cable out."""
        with self.lock:
            if self.plugged:
                self._pull_cable()
                self._advance(0)

    def cut_power(self, at_operation: int | None = None, mode: str = "before") -> None:
        """Interrupt battery and USB power, now or at the n-th flash operation from now (1: next).

        The battery returns at once; the clock chip keeps its backup cell. `mode`: "before" the
        operation, "torn" midway, or "after" it.
        """
        with self.lock:
            if at_operation is not None:
                self.flash.cut_at(at_operation, mode)
            else:
                self._all_power_gone()

    def reset(self) -> None:
        """Pull the MCU's reset line: it starts anew. On the cell alone it goes off, as the pin that
        holds the power is let go; a token that is off stays off."""
        with self.lock:
            if self.powered:
                self.mcu.reset(PWRON_RESET)
                self._advance(0)

    def _pull_cable(self) -> None:
        self._server.unplugged()
        self.link.set_plugged(False)
        self.board.set_usb(False)

    def _all_power_gone(self) -> None:
        self._pull_cable()
        self.board.parts["latch"].drop()
