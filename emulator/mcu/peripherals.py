"""The MCU's peripherals as the VM's records reach them: pins, buses, ADC, timers, sound output."""

import struct
from collections.abc import Callable
from errno import EIO

from emulator.board import Board
from emulator.clock import Alarm
from emulator.errors import EmulatorError
from emulator.mcu.i2s import I2sOut
from emulator.shims import records


class Peripherals:
    """`serves` maps the kind of a record to what executes it.

    `ring(source)` is called for events of timers and sound output.
    """

    def __init__(self, board: Board, ring: Callable[[int], None]) -> None:
        """Start with all timers and outputs stopped."""
        self._board, self._ring = board, ring
        self._timers: dict[int, Alarm] = {}
        self._i2s: dict[int, I2sOut] = {}
        pins = board.pins
        self.serves: dict[int, Callable[[bytes], bytes | None]] = {
            records.PIN_INIT: lambda payload: b"\1" * pins.configure(*payload),
            records.PIN_WRITE: lambda payload: pins.write(*payload),
            records.PIN_READ: lambda payload: None,
            records.PIN_IRQ: lambda payload: pins.interrupt(*payload),
            records.I2C_INIT: lambda payload: board.connect(
                "i2c", payload[0], sda=payload[1], scl=payload[2]
            ),
            records.I2C_TRANSFER: self._i2c_transfer,
            records.I2C_POST: self._i2c_transfer,
            records.I2C_SCAN: lambda payload: board.i2c_scan(payload[0]),
            records.ADC_READ: self._adc_read,
            records.SPI_INIT: self._spi_init,
            records.SPI_WRITE: lambda payload: board.spi_write(payload[0], payload[1:]),
            records.I2S_INIT: self._i2s_init,
            records.I2S_WRITE: lambda payload: self._i2s[payload[0]].write(
                payload[2:], bool(payload[1])
            ),
            records.I2S_PUT: self._i2s_put,
            records.I2S_FILLED: lambda payload: struct.pack("<I", self._i2s[payload[0]].filled()),
            records.I2S_DEINIT: lambda payload: self._i2s[payload[0]].stop(),
            records.TIMER: lambda payload: self._set_timer(*struct.unpack("<BBI", payload)),
        }

    def reset(self) -> None:
        """Stop all timers and outputs: the MCU loses power or restarts."""
        for alarm in self._timers.values():
            alarm.cancel()
        self._timers.clear()
        for output in self._i2s.values():
            output.stop()

    def _i2c_transfer(self, payload: bytes) -> bytes:
        """Give the bytes read; of a write, a byte when the next one may end otherwise. OSError as
        of machine.I2C."""
        bus, address, count = struct.unpack_from("<BBH", payload)
        wires = self._board.i2c(bus)
        if wires is None:
            raise OSError(EIO, "no chip acknowledges")
        answer = wires.transfer(address, payload[4:], count)
        return answer if count else b"\1" * wires.faulty

    def _adc_read(self, payload: bytes) -> bytes:
        cell = self._board.adc.get(payload[0])
        return struct.pack("<H", cell.read_u16() if cell else 0)

    def _spi_init(self, payload: bytes) -> None:
        bus, sck, mosi, mode, hertz = struct.unpack("<BBBBI", payload)
        self._board.connect("spi", bus, sck=sck, mosi=mosi)
        self._board.spi_clock(bus, mode, hertz)

    def _i2s_init(self, payload: bytes) -> bytes:
        """The rate at which the clocks really run, hertz."""
        bus, sck, ws, sd, width, channels, rate, ring = struct.unpack("<BBBBBBII", payload)
        self._board.connect("i2s", bus, sck=sck, ws=ws, sd=sd)
        if bus not in self._i2s:
            self._i2s[bus] = I2sOut(self._board.clock, lambda: self._ring(records.I2S_EVENT + bus))
        sink = self._board.i2s_sink(bus)
        rate = round(rate * (sink.clock_speed if sink else 1))
        self._i2s[bus].start(sink, width, channels, rate, ring)
        return struct.pack("<I", rate)

    def _i2s_put(self, payload: bytes) -> None:
        if self._i2s[payload[0]].put(payload[1:]) != len(payload) - 1:
            raise EmulatorError(
                "The stand-in for machine.I2S saw room where the transmitter has none."
            )

    def _set_timer(self, number: int, periodic: int, period: int) -> None:
        """Start a timer of `period` microseconds, 0: stop it."""
        if number in self._timers:
            self._timers.pop(number).cancel()
        if period:
            self._run_timer(number, self._board.clock.now + period, period if periodic else None)

    def _run_timer(self, number: int, due: int, period: int | None) -> None:
        def ring() -> None:
            self._ring(records.TIMER_EVENT + number)
            if period is not None:
                self._run_timer(number, due + period, period)

        self._timers[number] = self._board.clock.at(due, ring)
