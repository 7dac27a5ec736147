"""Button, latch, battery and VBUS sense, each on the Pico's pins."""

import pytest

from emulator.board import Bench
from emulator.chips.latch import HOLD_UP_US
from emulator.clock import Clock
from emulator.shims.records import IN, IRQ_FALLING, IRQ_RISING, OUT, PULL_UP
from firmware.boards.pico import BOARD

BUTTON, HOLD, VBUS, CELL = 15, 14, 24, 26


@pytest.fixture
def bench() -> Bench:
    return Bench(BOARD, "kodeviser", Clock(), 0)


def test_the_button_bounces_within_3_ms_and_ends_where_the_finger_is(bench: Bench) -> None:
    edges: list[tuple[int, int]] = []
    bench.pins.configure(BUTTON, IN, PULL_UP, 255)
    bench.pins.interrupt(BUTTON, IRQ_FALLING | IRQ_RISING)
    bench.pins.on_edge = lambda pin, flags: edges.append((bench.clock.now, flags))
    for move, level in ((bench.parts["button"].press, 0), (bench.parts["button"].release, 1)):
        edges.clear()
        start = bench.clock.now
        move()
        bench.clock.run_to(start + 1_000_000)
        assert bench.pins.level(BUTTON) == level
        assert len(edges) > 2
        assert edges[-1][0] - start <= 3000


def test_a_press_shorter_than_its_bounce_still_ends_open(bench: Bench) -> None:
    bench.pins.configure(BUTTON, IN, PULL_UP, 255)
    bench.parts["button"].press()
    bench.clock.run_to(1000)
    bench.parts["button"].release()
    bench.clock.run_to(1_000_000)
    assert bench.pins.level(BUTTON) == 1


def test_power_ends_half_a_second_after_the_button_when_nobody_holds_it(bench: Bench) -> None:
    latch = bench.parts["latch"]
    bench.parts["button"].press()
    bench.clock.run_to(10_000_000)
    assert latch.powered
    bench.parts["button"].release()
    bench.clock.run_to(10_000_000 + HOLD_UP_US - 1)
    assert latch.powered
    bench.clock.run_to(10_000_000 + HOLD_UP_US)
    assert not latch.powered


def test_the_hold_pin_keeps_power_and_dropping_it_ends_power_at_once(bench: Bench) -> None:
    latch = bench.parts["latch"]
    bench.parts["button"].press()
    bench.pins.configure(HOLD, OUT, 0, 1)
    bench.parts["button"].release()
    bench.clock.run_to(60_000_000)
    assert latch.powered
    bench.pins.write(HOLD, 0)
    assert not latch.powered


def test_a_held_button_or_the_cable_keeps_power_when_the_pin_drops(bench: Bench) -> None:
    latch = bench.parts["latch"]
    bench.parts["button"].press()
    bench.pins.configure(HOLD, OUT, 0, 1)
    bench.pins.write(HOLD, 0)
    assert latch.powered
    bench.set_usb(True)
    bench.parts["button"].release()
    bench.clock.run_to(60_000_000)
    assert latch.powered
    bench.set_usb(False)
    bench.clock.run_to(61_000_000)
    assert not latch.powered


def test_vbus_sense_follows_the_cable(bench: Bench) -> None:
    assert bench.pins.level(VBUS) == 0
    bench.set_usb(True)
    assert bench.pins.level(VBUS) == 1


@pytest.mark.parametrize("millivolts", [0, 3000, 3500, 4200])
def test_the_adc_sees_half_of_the_cell_against_3300_mv(bench: Bench, millivolts: int) -> None:
    bench.parts["battery"].millivolts = millivolts
    assert bench.adc[CELL].read_u16() * 2 * 3300 / 65535 == pytest.approx(millivolts, abs=3)


def test_a_bus_on_other_pins_reaches_nobody(bench: Bench) -> None:
    bench.connect("i2c", 0, sda=4, scl=5)
    assert bench.i2c_scan(0) == b"\x3c\x68"
    bench.connect("i2c", 0, sda=8, scl=9)
    assert bench.i2c_scan(0) == b""
    assert bench.i2c(0, 0x3C) is None


def test_a_detached_part_does_not_answer(bench: Bench) -> None:
    bench.connect("i2c", 0, sda=4, scl=5)
    bench.detach("clock")
    assert bench.i2c_scan(0) == b"\x3c"
