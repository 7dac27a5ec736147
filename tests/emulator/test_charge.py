"""The charge meter against calculations by hand, whose currents are typed in here from the data
sheets and not taken from the code."""

from types import SimpleNamespace

import pytest

from emulator import charge, datasheet
from emulator.board import Board
from emulator.charge import ChargeMeter
from emulator.clock import SimulationClock
from emulator.mcu.mcu import OFF, RUNNING
from firmware.boards.esp32_s3 import BOARD as ESP32_S3
from firmware.boards.pico import BOARD as PICO

# A buck-boost converter of 85 % makes 3.3 V from a cell of 3.7 V behind a diode of 0.306 V.
CONVERTED = 3.3 / (0.85 * 3.394)
SECOND = 1_000_000


class Used:
    """A board whose microcontroller does as it is told."""

    def __init__(self, board_file: dict, product: str) -> None:
        self.clock = SimulationClock()
        self.board = Board(board_file, product, self.clock, 0)
        self.mcu = SimpleNamespace(state=OFF, computing=False, light_sleep=False)
        self.meter = ChargeMeter(self.board, self.mcu)

    def on(self) -> None:
        self.mcu.state = RUNNING
        self.board.mcu_power(True)

    def wait(self, seconds: float) -> None:
        self.clock.run_to(self.clock.now + round(seconds * SECOND))


def test_a_kodeviser_on_a_pico_takes_what_a_calculation_by_hand_says():
    used = Used(PICO, "kodeviser")
    used.wait(1000)  # off: the meter counts what a press takes
    used.on()
    used.mcu.computing = True
    used.wait(0.5)
    used.mcu.computing = False
    used.wait(1.5)  # the display is dark
    bus = used.board.i2c_buses[0]
    for command in (0x8D, 0x14, 0x81, 0x33, 0x20, 0x00, 0xAF):  # contrast 51 of 255
        bus.transfer(0x3C, bytes((0x80, command)), 0)
    bus.transfer(0x3C, b"\x40" + b"\xff" * 128 + bytes(896), 0)  # 1,024 dots of 8,192
    used.wait(8)
    taken = used.meter.read()
    # RP2040: 29.6 mA for 0.5 s, 25.0 mA for 9.5 s.
    assert taken["mcu"] == pytest.approx((29.6 * 0.5 + 25.0 * 9.5) * CONVERTED)
    # 1,024 dots / 64 rows x 0.1 mA x 51/255 = 0.32 mA of segments; 0.24 + 2 x (0.625 + 0.32) mA.
    assert taken["display"] == pytest.approx((2.13 * 8 + 0.02 * 2) * CONVERTED)
    assert taken["clock"] == pytest.approx(0.11 * 10 * CONVERTED)
    # RT6150 60 uA and 3.394 V over 200 kohm, straight from the cell's side.
    assert taken["board"] == pytest.approx((0.06 + 3.394 / 200) * 10)
    # Seven commands of an address and two bytes, one of an address and 1,025; 9 clocks a byte at
    # 400 kHz; 3.3 V over 5 kohm.
    clocks = 9 * (7 * 3 + 1026)
    assert taken["bus"] == pytest.approx(0.66 * clocks / 400_000 * CONVERTED)
    assert set(taken) == {"mcu", "display", "clock", "board", "bus"}
    assert used.meter.on_s == pytest.approx(10)


def test_a_linear_regulator_passes_its_current_on():
    used = Used(ESP32_S3, "kodeviser")
    used.on()
    used.wait(10)
    taken = used.meter.read()
    assert taken["mcu"] == pytest.approx(42.3 * 10)
    # Lamps and bridge 2.3 mA, the regulator 0.1 mA, the divider.
    assert taken["board"] == pytest.approx((2.3 + 0.1 + 3.394 / 200) * 10)


def test_a_spoken_tone_takes_what_its_power_says():
    used = Used(PICO, "kodeoplaeser")
    used.on()
    used.board.pins.configure(12, 1, 0, 0)  # the amplifier's pin, an output
    used.board.pins.write(12, 1)
    used.wait(0.1)
    audio = used.board.parts["audio"]
    audio.begin(16_000, used.clock.now)
    audio.hear([8_192, -8_192] * 8_000)  # a second of a quarter of full scale
    used.wait(1)
    used.board.pins.write(12, 0)
    used.wait(1)
    taken = used.meter.read()
    # Full scale is 2.1 + 9 dBV, a peak of 5.08 V; a quarter 1.269 V; 0.2013 W into 8 ohm; 92 %.
    volts = 10 ** (11.1 / 20) * 2**0.5 / 4
    loud = volts**2 / 8 / 0.92 / 3.394 * 1000
    assert loud == pytest.approx(64.5, abs=0.1)
    assert taken["amplifier"] == pytest.approx(2.85 * 1.1 + 0.002 * 1 + loud, rel=1e-3)
    assert taken["headphones"] == pytest.approx(21 * 2.1)
    assert taken["display"] == pytest.approx(0.1 * 2.1 * CONVERTED)  # its converter alone


def test_a_sample_beyond_the_supply_takes_no_more_than_the_supply_gives():
    used = Used(PICO, "kodeoplaeser")
    used.on()
    used.board.pins.configure(12, 1, 0, 0)
    used.board.pins.write(12, 1)
    used.wait(0.1)
    audio = used.board.parts["audio"]
    audio.begin(16_000, used.clock.now)
    audio.hear([32_767, -32_768] * 8_000)
    used.wait(1)
    clipped = 3.394**2 / 8 / 0.92 / 3.394 * 1000
    assert used.meter.read()["amplifier"] == pytest.approx(2.85 * 1.1 + clipped, rel=1e-3)


def test_a_written_memory_lcd_takes_more_than_one_at_rest():
    used = Used(PICO, "kodeoplaeser")
    used.on()
    pins, board = used.board.pins, used.board
    for pin in (17, 20):
        pins.configure(pin, 1, 0, 1)
    board.connect("spi", 0, sck=18, mosi=19)
    board.spi_clock(0, 0, 2_000_000)
    lines = b"".join(bytes((_turned(n),)) + bytes(51) for n in range(1, 241))
    board.spi_write(0, b"\x80" + lines + b"\0")
    pins.write(17, 0)
    used.wait(10)
    # 0.123 mW at rest and 0.362 mJ for 240 lines, by a converter of 80 %; 0.1 mA of its own.
    current = 0.1 + 0.123 / 0.8 / 3.3
    assert used.meter.read()["display"] == pytest.approx(
        (current * 10 + 0.362 / 0.8 / 3.3) * CONVERTED
    )


def test_on_the_cable_and_off_nothing_is_counted():
    used = Used(PICO, "kodeviser")
    used.board.usb = True
    used.on()
    used.wait(10)
    used.mcu.state = OFF
    used.board.usb = False
    used.wait(10)
    assert used.meter.read() == {}
    used.wait(10)  # it has stopped
    assert used.clock.passing is None


def test_asleep_the_microcontroller_takes_less():
    used = Used(PICO, "kodeviser")
    used.on()
    used.mcu.light_sleep = True
    used.wait(10)
    assert used.meter.read()["mcu"] == pytest.approx(1.9 * 10 * CONVERTED)


def test_the_life_of_a_cell_by_hand():
    # 1,000 mAs a press, 4 a day: 4,000 mAs. Off: 2 uA, 5 uA, and 2 % of 500 mAh a month, 13.7 uA.
    off = 0.002 + 0.005 + 500 * 0.02 / (365.25 * 24 / 12)
    days = 500 * 0.9 * 3600 / (4000 + off * 86_400)
    assert charge.life({"mcu": 900.0, "display": 100.0}, 4) == pytest.approx(days / 365.25)
    assert charge.backup_life(0.84) == pytest.approx(34_000 / 0.84 / 24 / 365.25)


def test_the_display_s_worst_case_is_that_of_the_supply_s_model():
    assert 27 < datasheet.lit_display(8192, 255) <= datasheet.CHIPS["ssd1306"].current


def test_every_microcontroller_and_board_has_its_figures():
    assert set(datasheet.MCUS) <= set(datasheet.CHIPS)
    assert set(datasheet.BOARDS) == set(datasheet.REGULATORS)
    for figures in (*datasheet.MCUS.values(), *datasheet.CHIPS.values()):
        assert "data sheet" in figures.source or "assumed" in figures.source


def _turned(number: int) -> int:
    return int(f"{number:08b}"[::-1], 2)
