"""The drivers against their chips' data sheets, on the VM over a recording bus."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.protocol.messages import MAX_TIME, MIN_TIME
from tests.support.runtime import MicroPython, Runtime, refuses

# The drivers need modules that only a MicroPython VM has.
pytestmark = pytest.mark.parametrize("runtime", [MicroPython], ids=["micropython"], indirect=True)

DRIVERS = "tests.firmware.drivers.vm_drivers"
FULL = [
    part
    for page in range(8)
    for part in (bytes((0x00, 0xB0 + page, 0x00, 0x10)), b"\x40" + bytes(128))
]


def clock(runtime: Runtime, registers: bytes, method: str, *arguments: object):
    return runtime.call(DRIVERS, "clock_call", registers, method, *arguments)


def traffic(runtime: Runtime, *steps: tuple) -> list[list[bytes]]:
    """Return the display's bus traffic: of its set-up, then of each step."""
    return runtime.call(DRIVERS, "display_traffic", list(steps))


# SSD1306


def test_ssd1306_is_set_up_dark_with_page_addressing_for_64_rows(runtime: Runtime):
    commands = b"".join(message[1:] for message in traffic(runtime)[0])
    assert all(message[0] == 0x00 for message in traffic(runtime)[0])
    assert commands[:3] == b"\xe3\xe3\xae", "what a cut command still wants is given first"
    for part in (
        b"\xa8\x3f",
        b"\xda\x12",
        b"\x20\x02",
        b"\xd3\x00",
        b"\x40",
        b"\xa4\xa6",
        b"\xa1\xc8",
    ):
        assert part in commands
    assert 0xAF not in commands


def test_ssd1306_is_sent_a_whole_frame_first(runtime: Runtime):
    _, frame = traffic(runtime, ("show",))
    assert frame == FULL


def test_ssd1306_gets_only_the_columns_that_changed(runtime: Runtime):
    *_, nothing, _, _, change = traffic(runtime, ("show",), ("show",), (3, 9), (7, 15), ("show",))
    assert nothing == []
    assert change == [bytes((0x00, 0xB1, 0x03, 0x10)), b"\x40\x02\x00\x00\x00\x80"]


def test_ssd1306_turns_its_charge_pump_on_before_and_off_after_the_panel(runtime: Runtime):
    _, on, off = traffic(runtime, ("on",), ("off",))
    assert on == [b"\x00\x8d\x14\xaf"]
    assert off == [b"\x00\xae\x8d\x10"]


def test_ssd1306_is_sent_the_whole_frame_after_a_flip(runtime: Runtime):
    *_, flip, frame = traffic(runtime, ("show",), ("flip", True), ("show",))
    assert flip == [b"\x00\xa0\xc0"]
    assert frame == FULL


def test_ssd1306_that_is_on_is_only_turned_off_before_another_code(runtime: Runtime):
    *_, hidden, change = traffic(
        runtime, ("status", 0x00), ("show",), ("on",), ("hide",), ("show",)
    )
    assert hidden == [b"\x00\xae"]
    assert change == []


def test_ssd1306_that_is_off_without_having_been_told_is_set_up_anew(runtime: Runtime):
    """It has lost its supply for a moment, and with it orientation, contrast and memory."""
    first, *_, hidden, frame = traffic(
        runtime,
        ("contrast", 0x80),
        ("flip", True),
        ("show",),
        ("on",),
        ("status", 0x40),
        ("hide",),
        ("show",),
    )
    [set_up] = first
    assert set_up.endswith(b"\x81\x80\xa1\xc8")
    assert hidden == [set_up[:-4] + b"\x81\x80\xa0\xc0"]
    assert frame == FULL


def test_ssd1306_contrast(runtime: Runtime):
    steps = ("contrast", 128), ("contrast", 16), ("contrast", 16)
    sent = [[b"\x00\x81\x80"], [b"\x00\x81\x10"], [b"\x00\x81\x10"]]
    assert traffic(runtime, *steps)[1:] == sent, "also what it is"


def test_ssd1306_is_sent_the_whole_frame_after_a_failed_transfer(runtime: Runtime):
    *_, failed, _, frame = traffic(
        runtime, ("show",), (0, 0), ("silent",), ("show",), ("back",), ("show",)
    )
    assert failed == [b"OSError"]
    assert frame == [FULL[0], b"\x40\x01" + bytes(127), *FULL[2:]]


@given(st.integers(1, 24), st.integers(1, 6), st.integers(0, 104), st.integers(0, 7), st.data())
def test_ssd1306_copies_bytes_as_framebuf_does_their_pixels(
    runtime: Runtime, width: int, lines: int, x: int, y: int, data: st.DataObject
):
    picture = data.draw(st.binary(min_size=width * lines, max_size=width * lines))
    by_bytes, by_pixels = runtime.call(DRIVERS, "copied", picture, width, x, y)
    assert by_bytes == by_pixels


# DS3231


def test_ds3231_registers_of_known_times(runtime: Runtime):
    # Sunday 2026-11-22 07:26:40, then the last second that the chip's century bit reaches.
    for unix, registers in ((1795332400, "40260707221126"), (MIN_TIME, "00000006010100")):
        assert runtime.call(DRIVERS, "clock_registers", unix).hex() == registers
    assert runtime.call(DRIVERS, "clock_registers", MAX_TIME).hex()[8:] == "30" + "92" + "99"


def test_ds3231_century_bit_and_its_own_leap_day_in_2100(runtime: Runtime):
    march = int(datetime(2100, 3, 1, 12, tzinfo=UTC).timestamp())
    assert runtime.call(DRIVERS, "clock_registers", march)[4:] == bytes((0x29, 0x82, 0x00))
    assert runtime.call(DRIVERS, "clock_registers", march + 86400)[4:] == bytes((0x01, 0x83, 0x00))


@given(times=st.lists(st.integers(MIN_TIME, MAX_TIME), min_size=50, max_size=50))
def test_ds3231_keeps_every_second_from_2000_to_2199(runtime: Runtime, times: list[int]):
    times += [MIN_TIME, MAX_TIME]
    assert runtime.call(DRIVERS, "clock_times", times) == times


def test_ds3231_registers_match_the_calendar_up_to_2099(runtime: Runtime):
    moment = datetime(2000, 1, 1, tzinfo=UTC)
    while moment.year < 2100:
        got = runtime.call(DRIVERS, "clock_registers", int(moment.timestamp()))
        assert got.hex() == f"{moment:%S%M%H}{moment.isoweekday():02}{moment:%d%m%y}"
        moment += timedelta(days=13, hours=7, minutes=11, seconds=29)


def test_ds3231_set_writes_every_register_and_clears_the_stop_flag_last(runtime: Runtime):
    _, written = clock(runtime, bytes(15) + b"\x88", "set", 1795332400)
    alarms_and_control = bytes(7) + b"\x1c"
    assert written == [
        b"\x00" + bytes.fromhex("40260707221126") + alarms_and_control,
        b"\x0f\x00",
    ]


@pytest.mark.parametrize("unix", [MIN_TIME - 1, MAX_TIME + 86401])
def test_ds3231_refuses_a_time_out_of_its_range(runtime: Runtime, unix: int):
    refuses(runtime, "ValueError", DRIVERS, "clock_call", bytes(19), "set", unix)


@pytest.mark.parametrize(
    ("registers", "control", "status", "lost"),
    [
        ("00000006010100", "1c", "00", False),
        ("00000006010100", "3c", "04", False),
        ("00000006010100", "1c", "03", False),
        ("00000006010100", "1c", "80", True),
        ("7a000006010100", "1c", "00", True),
        ("00000006310200", "1c", "00", True),
        ("00000006290201", "1c", "00", True),
        ("00000006000100", "1c", "00", True),
        ("00002406010100", "1c", "00", True),
        ("00000006011300", "1c", "00", True),
        ("00005206010100", "1c", "00", True),
        ("00007106010100", "1c", "00", True),
        ("00000005010100", "1c", "00", True),
        ("00000000010100", "1c", "00", True),
        ("00000006018100", "1c", "00", True),
        ("00000006010100", "1c", "08", True),
        ("00000006010100", "5c", "00", True),
        ("00000006010100", "18", "00", True),
        ("00000006010100", "1d", "00", True),
        ("00000006010100", "9c", "00", True),
        ("ffffffffffffff", "ff", "ff", True),
        ("00000000000000", "00", "00", True),
    ],
    ids=[
        "good",
        "converting",
        "an alarm that nobody asked for",
        "stopped",
        "seconds",
        "31 Feb",
        "29 Feb",
        "day 0",
        "24 h",
        "month 13",
        "12 am",
        "11 pm",
        "another weekday",
        "no weekday",
        "another century",
        "32 kHz output",
        "square wave on the backup cell",
        "square wave",
        "alarm",
        "oscillator off on the backup cell",
        "bus of ones",
        "bus of zeros",
    ],
)
def test_ds3231_is_lost_when_it_stopped_or_is_set_otherwise_than_we_do(
    runtime: Runtime, registers: str, control: str, status: str, lost: bool
):
    """Other software may have set it: rightly in its own way, which gives wrong codes."""
    held = bytes.fromhex(registers) + bytes(7) + bytes.fromhex(control + status)
    if lost:
        refuses(runtime, "ValueError", DRIVERS, "clock_call", held, "read")
    else:
        assert clock(runtime, held, "read")[0] == MIN_TIME


def test_ds3231_aging_is_signed_and_acts_at_once(runtime: Runtime):
    assert clock(runtime, bytes(16) + b"\xf6", "aging")[0] == -10
    assert clock(runtime, bytes(14) + b"\x1c\x00", "set_aging", -10)[1] == [
        b"\x10\xf6",
        b"\x0e\x3c",
    ]
    busy = bytes(14) + b"\x1c\x04"
    assert clock(runtime, busy, "set_aging", 127)[1] == [b"\x10\x7f"]
    refuses(runtime, "ValueError", DRIVERS, "clock_call", bytes(19), "set_aging", 128)


@pytest.mark.parametrize(
    ("registers", "centi"), [(b"\x19\x40", 2525), (b"\x00\x00", 0), (b"\xf5\xc0", -1025)]
)
def test_ds3231_temperature(runtime: Runtime, registers: bytes, centi: int):
    assert clock(runtime, bytes(17) + registers, "temperature")[0] == centi


# Button


def changes(runtime: Runtime, edges: list, reads: list, debounce: int = 5):
    return runtime.call(DRIVERS, "button_changes", edges, reads, debounce)


def test_a_bouncing_press_is_one_change_at_the_time_of_its_first_edge(runtime: Runtime):
    edges = [(2000, 0), (2001, 1), (2002, 0), (2003, 1), (2004, 0), (2100, 1), (2101, 0), (2103, 1)]
    assert changes(runtime, edges, [1990, 2000, 2050, 2100, 2200]) == [
        (False, []),
        (True, [(True, 2000)]),
        (False, []),
        (True, [(False, 2100)]),
        (False, []),
    ]


def test_presses_while_the_program_is_busy_are_not_lost(runtime: Runtime):
    edges = [(2000, 0), (2100, 1), (2300, 0), (2301, 1), (2302, 0), (2400, 1)]
    assert changes(runtime, edges, [3000]) == [
        (True, [(True, 2000), (False, 2100), (True, 2300), (False, 2400)])
    ]


def test_a_spike_shorter_than_the_debounce_time_is_ignored(runtime: Runtime):
    assert changes(runtime, [(2000, 0), (2002, 1)], [2001, 2100]) == [(True, []), (False, [])]


def test_a_contact_that_bounces_without_end_does_not_block_the_program(runtime: Runtime):
    edges = [(2000 + at, at % 2) for at in range(400)]
    ((readable, found),) = changes(runtime, edges, [2001])
    assert readable
    assert len(found) <= 2


def test_more_presses_than_the_queue_holds_end_at_the_right_level(runtime: Runtime):
    edges = [(2000 + 100 * at, at % 2) for at in range(41)]
    ((_, found),) = changes(runtime, edges, [9000])
    assert found[-1][0] is True
    assert [down for down, _ in found] == [at % 2 == 0 for at in range(len(found))]


def test_a_press_is_reported_although_its_interrupt_was_lost(runtime: Runtime):
    assert runtime.call(DRIVERS, "button_unheard", [1, 0, 0, 1]) == [
        (False, None, None),
        (True, (True, 1000), None),
        (False, None, None),
        (True, (False, 1005), None),
    ]


def test_a_press_whose_interrupt_comes_late_is_reported_once(runtime: Runtime):
    changes = runtime.call(DRIVERS, "button_heard_late")
    assert [change[0] for change in changes if change is not None] == [True]


def test_the_buttons_stream_supports_polling_only(runtime: Runtime):
    assert runtime.call(DRIVERS, "button_other_request") == -1


# Battery and bring-up


@pytest.mark.parametrize(
    ("samples", "calibrated", "millivolts"), [([32767], False, 3299), ([1_875_000], True, 3750)]
)
def test_battery_voltage_includes_the_divider_ratio(
    runtime: Runtime, samples: list, calibrated: bool, millivolts: int
):
    assert runtime.call(DRIVERS, "battery_millivolts", samples, calibrated) == millivolts


def test_battery_is_the_mean_of_its_samples(runtime: Runtime):
    assert (
        runtime.call(DRIVERS, "battery_millivolts", [30000, 31000, 32000, 33000], False)
        == 31500 * 3300 * 2 // 65535
    )


def test_bring_up_holds_the_power_before_anything_else(runtime: Runtime):
    parts, faults, driven = runtime.call(DRIVERS, "bring_up", "pico", [], {})
    assert driven[0] == (14, 1)
    assert ("i2c", 0, 4, 5, 400_000) in driven
    assert faults == []
    assert parts == ["display", "clock", "button", "battery", "latch", "usb"]


def test_a_chip_that_does_not_answer_is_a_fault_and_the_rest_works(runtime: Runtime):
    parts, faults, _ = runtime.call(DRIVERS, "bring_up", "pico", [0x3C], {})
    assert faults == ["display"]
    assert parts == ["clock", "button", "battery", "latch", "usb"]


def test_a_part_missing_from_the_board_is_no_fault(runtime: Runtime):
    parts, faults, _ = runtime.call(DRIVERS, "bring_up", "esp32_s3", [], {})
    assert faults == []
    assert "usb" not in parts


@pytest.mark.parametrize(("level", "charging"), [(0, True), (1, False)])
def test_the_charger_s_status_is_low_while_it_charges(runtime: Runtime, level: int, charging: bool):
    assert runtime.call(DRIVERS, "charging", level) == charging


def test_a_bus_that_a_chip_holds_low_is_clocked_free(runtime: Runtime):
    """DS3231 data sheet, I2C interface: toggle SCL until SDA is high."""
    parts, faults, driven = runtime.call(DRIVERS, "bring_up", "pico", [], {4: 0})
    assert driven.count((5, 0)) == 3
    assert faults == []
    assert "clock" in parts
