"""The microcontroller: a VM process that exists while there is power, and its records."""

import re
import select
import struct
import time
from collections.abc import Callable
from errno import EIO
from typing import BinaryIO

from emulator.board import Board
from emulator.clock import Alarm
from emulator.errors import (
    EmulatorError,
    FirmwareCrashError,
    FlashFailureError,
    FlashReenteredError,
    VmDiedError,
)
from emulator.mcu.flash import Flash
from emulator.mcu.peripherals import Peripherals
from emulator.mcu.vm import Vm
from emulator.serial.link import Link
from emulator.shims import records

# Power-on to the first line of boot.py on an RP2040 at 125 MHz: found in the flash and compiled, or
# frozen.
BOOT_US = 18_000
FROZEN_BOOT_US = 8_000
OFF, RUNNING, IDLE, PROMPT = "off", "running", "idle", "prompt"
UNANSWERED = {
    records.PIN_WRITE,
    records.I2C_POST,
    records.SPI_WRITE,
    records.I2S_WRITE,
    records.I2S_PUT,
}
CTRL_C = 3
ENTER_RAW, LEAVE_RAW = b"\x01", b"\x02"  # Ctrl-A and Ctrl-B to the REPL
ALONE_US = 60_000_000  # longest virtual time in which the VM goes on by itself
_BLOCK = 16  # bytes of a board's heap that are given out together: four words
_ACCOUNT = re.compile(r"^(\d+)$.*\bmax free sz: (\d+)", re.MULTILINE | re.DOTALL)
PROMPT_STEP = 0.02  # real seconds to wait at a time for a REPL's output


class Mcu:
    """`state` is OFF, RUNNING, IDLE (until `deadline`, None: without end) or PROMPT (the REPL)."""

    def __init__(  # noqa: PLR0913, PLR0917 - what is around it, and how it starts
        self,
        board: Board,
        flash: Flash,
        link: Link,
        spawn: Callable[[], Vm],
        random: Callable[[int], bytes],
        boot_us: int = BOOT_US,
    ) -> None:
        """`spawn` starts a VM process; `random(count)` gives the bytes of os.urandom."""
        self._boot_us = boot_us
        self._board, self._flash, self._link, self._spawn, self._random = (
            board,
            flash,
            link,
            spawn,
            random,
        )
        self.state = OFF
        self.deadline: int | None = None
        self.light_sleep = False  # whether it sleeps while IDLE: machine.lightsleep()
        self.compute_limit = 10.0  # seconds of processor time between two records of the firmware
        # Time until which nobody looks (microseconds): the VM may go on by itself where the host
        # could only answer that nothing has happened.
        self.alone_until = 0
        self.trace: BinaryIO | None = None  # where every record is written, for comparing runs
        # Told each executed record: kind, payload, status and answer, as in shims/records.py.
        self.on_answer: Callable[[int, bytes, int, bytes], None] | None = None
        self._vm: Vm | None = None
        self._raw_repl = False
        self._base_state = RUNNING  # PROMPT once the REPL runs
        self._link_wakes = False
        self._events = bytearray()
        self._started = 0
        self._watchdog: Alarm | None = None
        self._boot_alarm: Alarm | None = None
        self._peripherals = Peripherals(board, self._ring)
        board.pins.on_edge = lambda pin, flags: self._events.extend((pin, flags))
        flash.spend = self._spend

    @property
    def computing(self) -> bool:
        """Whether the processor runs: not off, and not waiting for an event or asleep."""
        return self.state in (RUNNING, PROMPT) or (self.state == IDLE and self._vm is None)

    @property
    def vm(self) -> Vm:
        """The process. EmulatorError when there is no power."""
        if self._vm is None:
            raise EmulatorError("The token is off.")
        return self._vm

    def _spend(self, microseconds: int) -> bool:
        vm = self._vm
        self._board.clock.run_to(self._board.clock.now + microseconds)
        return self._vm is vm

    def power(self, on: bool) -> None:
        """Switch the supply."""
        self._stop()
        self._board.mcu_power(on)
        if on:
            self._start(records.PWRON_RESET)

    def reset(self, cause: int, only_boot: bool = False) -> None:
        """Restart the MCU, not the chips. `only_boot`: the raw REPL follows, not main.py.

        A reset lets go of the pin that holds the power: without button and cable it goes off.
        """
        self._stop()
        self._board.pins.reset()
        if self._board.powered:
            self._start(cause, only_boot)

    def close(self) -> None:
        """End the process."""
        self._stop()

    def _start(self, cause: int, only_boot: bool = False) -> None:
        self.state, self.deadline = IDLE, None
        self._boot_alarm = self._board.clock.after(
            self._boot_us, lambda: self._boot(cause, only_boot)
        )

    def _boot(self, cause: int, only_boot: bool) -> None:
        self._vm = self._spawn()
        self._started = self._board.clock.now - self._boot_us
        self.vm.next_record(self.compute_limit)  # READY
        self._events.clear()
        self.state = self._base_state = RUNNING
        self._raw_repl = only_boot
        self._reply(payload=bytes((cause, only_boot)))

    def _stop(self) -> None:
        for alarm in (self._watchdog, self._boot_alarm):
            if alarm is not None:
                alarm.cancel()
        self._watchdog = self._boot_alarm = None
        self._peripherals.reset()
        self.state, self.deadline = OFF, None
        if self._vm is not None:
            self._link.send(self._vm.take_output())
            self._vm.kill()
            self._vm = None

    def settle(self) -> None:
        """Serve the VM until it waits. FirmwareCrashError when main.py ended with an exception."""
        while self.state == RUNNING:
            self._serve(self.vm.next_record(self.compute_limit))
        if self.state == PROMPT:
            self._settle_prompt()
        if self._vm is not None:
            self._link.send(self._vm.take_output())
            if self.state == PROMPT:
                self._feed()

    def _settle_prompt(self) -> None:
        """Serve what the REPL runs; does not wait, as the REPL may be reading input."""
        try:
            while self.state == PROMPT and (record := self.vm.poll_record()) is not None:
                self._serve(record)
        except VmDiedError:
            # Ctrl-D: a soft reset, which leaves main.py out in the raw REPL, as on a board
            self._link.send(self.vm.take_output() + b"MPY: soft reboot\r\n")
            self.reset(records.PWRON_RESET, self._raw_repl)

    def at_rest(self) -> bool:
        """Whether the REPL waits for input, of which there is none: time may pass at once."""
        if self._link.waiting or self.vm.has_input() or not self.vm.sleeps():
            return False
        return not select.select([self.vm.requests, self.vm.output], [], [], 0)[0]

    def wait_prompt(self, seconds: float) -> None:
        """Wait a little real time for the REPL, at most `seconds`; as much virtual time passes."""
        before = time.monotonic()
        select.select([self.vm.requests, self.vm.output], [], [], min(seconds, PROMPT_STEP))
        passed = min(seconds, time.monotonic() - before)
        self._board.clock.run_to(self._board.clock.now + max(1, round(passed * 1_000_000)))

    def prompt_ends(self) -> list[int]:
        """Give the file descriptors of a running REPL's records and output."""
        return [self.vm.requests, self.vm.output] if self.state == PROMPT else []

    def due(self) -> bool:
        """Tell whether an idle VM has something to wake for now."""
        if self.state != IDLE or self._vm is None:
            return False
        waiting = self._link_wakes and self._link.waiting
        late = self.deadline is not None and self._board.clock.now >= self.deadline
        return bool(late or waiting or self._events or self._interrupted())

    def wake(self) -> None:
        """Let the idle VM continue with the events and bytes that came meanwhile."""
        self.state, self.deadline = self._base_state, None
        if self._interrupted():
            self._link.take(self._link.waiting.index(CTRL_C) + 1)
            self._reply(records.INTERRUPT)
            return
        self._feed()
        self._reply()

    def heap(self) -> tuple[int, int]:
        """Have the idle VM collect garbage; give the free bytes of its heap and the largest free
        block, on the scale of a board. EmulatorError when it is not idle."""
        vm = self.vm
        if self.state != IDLE or self._base_state != RUNNING:
            raise EmulatorError("The firmware does not wait: let time pass first.")
        self._link.send(vm.take_output())
        now = self._board.clock.now - self._started, 0, self._board.pins.levels
        vm.reply(now, records.TELL, b"", b"")
        vm.next_record(self.compute_limit)  # that it waits; the deadline stays as it was
        told = _ACCOUNT.search(vm.take_output().decode())
        if told is None:
            raise EmulatorError("This MicroPython does not tell how its heap is used.")
        return int(told[1]), _BLOCK * int(told[2])

    def _interrupted(self) -> bool:
        """Tell whether Ctrl-C has come for something that the REPL runs."""
        return self._base_state == PROMPT and CTRL_C in self._link.waiting

    def _feed(self) -> None:
        waiting = self._link.waiting
        if not waiting:
            return
        count = self.vm.feed(waiting)
        self._link.take(count)
        if self._base_state == PROMPT:
            last = max(ENTER_RAW + LEAVE_RAW, key=waiting[:count].rfind)
            if last in waiting[:count]:
                self._raw_repl = last in ENTER_RAW

    def _reply(self, status: int = 0, payload: bytes = b"") -> None:
        events, self._events = bytes(self._events), bytearray()
        now = self._board.clock.now - self._started, self._quiet(), self._board.pins.levels
        self.vm.reply(now, status, events, payload)

    def _quiet(self) -> int:
        """Give the microseconds in which no event can come while the VM computes; above QUIET_US
        where it may also wait so long by itself."""
        if self._base_state == PROMPT or self._link.waiting:
            return 0
        clock = self._board.clock
        # Whether somebody counts what it does, compares records or hears what it sends.
        watched = clock.passing is not None or self.trace is not None or self._link.plugged
        alone = 0 if watched else min(self.alone_until - clock.now, ALONE_US)
        quiet, alarm = max(alone, records.QUIET_US), clock.next_alarm
        return quiet if alarm is None else min(alarm - clock.now, quiet)

    def _ring(self, source: int) -> None:
        """Queue an event, unless one of this source waits already: MicroPython drops it too."""
        if source not in self._events[::2]:
            self._events.extend((source, 0))

    def _serve(self, record: tuple[int, int, bytes]) -> None:
        kind, spent, payload = record
        vm, clock = self.vm, self._board.clock
        clock.run_to(clock.now + spent)
        if self.trace is not None:
            self.trace.write(struct.pack("<QBH", clock.now, kind, len(payload)) + payload)
        if self._vm is not vm:  # an alarm took the power away
            return
        if kind == records.IDLE:
            left, waits = struct.unpack("<qB", payload)
            self.deadline = None if left < 0 else clock.now + left
            self._link_wakes, self.light_sleep = waits == 1, waits == 2  # noqa: PLR2004
            self.state = IDLE
            if (
                self._base_state == PROMPT
            ):  # a program at the prompt reads no input, but Ctrl-C ends it
                self._link.put_back(vm.take_back())
            return
        if kind == records.RESET:
            self.reset(payload[0])
            return
        status, answer = self._answer(kind, payload)
        if self.on_answer is not None:
            self.on_answer(kind, payload, status, answer)
        if self._vm is vm and kind not in UNANSWERED:
            self._reply(status, answer)
        if kind == records.PROMPT:
            self._link.send(vm.take_output())
            self.state = self._base_state = PROMPT
            if self._raw_repl:
                vm.feed(ENTER_RAW)
            if payload:
                raise FirmwareCrashError(
                    f"The firmware ended with an exception.\n{payload.decode()}"
                )

    def _answer(self, kind: int, payload: bytes) -> tuple[int, bytes]:
        """Execute a record; give (status, payload) of the reply."""
        answer = b""
        if kind in self._peripherals.serves:
            try:
                answer = self._peripherals.serves[kind](payload) or b""
            except OSError as error:
                return error.errno or EIO, b""
        elif kind in (records.PROGRAM, records.ERASE):
            address = struct.unpack_from("<I", payload)[0]
            try:
                if kind == records.PROGRAM:
                    self._flash.program(address, payload[4:])
                else:
                    self._flash.erase(address)
            except FlashFailureError:
                return EIO, b""
        elif kind == records.RANDOM:
            answer = self._random(struct.unpack("<H", payload)[0])
        elif kind == records.WATCHDOG:
            self._set_watchdog(struct.unpack("<I", payload)[0])
        elif kind == records.PROMPT:
            self._link.put_back(self.vm.take_back())  # unread bytes are for the REPL
        elif kind == records.REENTERED:
            raise FlashReenteredError(payload[0])
        elif kind == records.TICK and self._base_state == RUNNING:
            self._feed()
        return 0, answer

    def _set_watchdog(self, milliseconds: int) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
        self._watchdog = self._board.clock.after(
            milliseconds * 1000, lambda: self.reset(records.WDT_RESET)
        )
