"""The drivers of a token that speaks against the chips' data sheets, on the VM with a recording
board."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.runtime import MicroPython, Runtime

pytestmark = pytest.mark.parametrize("runtime", [MicroPython], ids=["micropython"], indirect=True)

DRIVERS = "tests.firmware.drivers.vm_speaking_drivers"
WHITE = b"\xff\xff"


def traffic(runtime: Runtime, *steps: tuple) -> list[list[bytes]]:
    """Return the transfers of each step, on a panel of 16 x 16 pixels."""
    return runtime.call(DRIVERS, "lcd_traffic", list(steps), 16, 16)


def band(first: int, blank: bytes, lines: dict[int, bytes]) -> bytes:
    """Give a band of eight lines as it is sent, from line `first` on: those in `lines` (by line, of
    1 to 16), the others `blank`."""
    return b"".join(
        bytes((int(f"{number:08b}"[::-1], 2),)) + lines.get(number, blank) + b"\0"
        for number in range(first, first + 8)
    )


# Memory LCD


def test_lcd_is_cleared_first_and_gets_only_bands_that_changed(runtime: Runtime):
    first, *_, changed, again = traffic(runtime, ("show",), (0, 9), (15, 11), ("show",), ("show",))
    assert first == [b"\x20\0"]
    lines = band(9, WHITE, {10: b"\x7f\xff", 12: b"\xff\xfe"})
    assert changed == [b"\x80", lines, b"\0"]
    assert lines[4:8] == b"\x50\x7f\xff\0", "line 10 with its lowest bit first"
    assert again == []


def test_lcd_is_sent_the_whole_frame_with_white_ink_after_invert(runtime: Runtime):
    *_, shown, again = traffic(runtime, (0, 0), ("show",), ("invert", True), ("show",), ("show",))
    black = bytes(2)
    assert shown == [b"\x80", band(1, black, {1: b"\x80\0"}), band(9, black, {}), b"\0"]
    assert again == []


def test_lcd_flipped_is_turned_by_half_a_turn(runtime: Runtime):
    *_, shown = traffic(runtime, (1, 0), ("flip", True), ("show",))
    lines = shown[1] + shown[2]
    by_line = {int(f"{lines[at]:08b}"[::-1], 2): lines[at + 1 : at + 4] for at in range(0, 64, 4)}
    assert list(by_line) == list(range(16, 0, -1))
    assert by_line.pop(16) == b"\xff\xfd\0"
    assert set(by_line.values()) == {WHITE + b"\0"}


@given(st.binary(min_size=1, max_size=50), st.booleans(), st.booleans())
def test_lcd_lines_are_packed_without_garbage(
    runtime: Runtime, pixels: bytes, inverted: bool, flipped: bool
):
    bits = "".join(f"{byte:08b}" for byte in pixels)
    if flipped:
        bits = bits[::-1]
    if not inverted:
        bits = bits.translate(str.maketrans("01", "10"))
    sent = int(bits, 2).to_bytes(len(pixels), "big")
    address = b"\x10" if flipped else b"\x80"  # of line 8 of 8, or of line 1
    assert runtime.call(DRIVERS, "packed_line", pixels, inverted, flipped) == address + sent + b"\0"


@st.composite
def glyphs(draw: st.DrawFn) -> tuple[bytes, int, int, int, int]:
    """Give rows of bytes, their pixels in a row and number, and a place, mostly within 48 x 16."""
    columns, rows = draw(st.integers(1, 40)), draw(st.integers(1, 16))
    size = (columns + 7) // 8 * rows
    x, y = draw(st.integers(-8, 48 - columns)), draw(st.integers(-2, 17 - rows))
    return draw(st.binary(min_size=size, max_size=size)), columns, rows, x, y


@given(st.binary(min_size=96, max_size=96), glyphs())
def test_lcd_copies_a_glyph_as_framebuf_does(
    runtime: Runtime, picture: bytes, glyph: tuple[bytes, int, int, int, int]
):
    by_framebuf, by_bytes, by_plain = runtime.call(DRIVERS, "copied", picture, 48, 16, *glyph)
    assert by_bytes == by_framebuf
    _, columns, rows, x, y = glyph
    if 0 <= x <= 48 - columns and 0 <= y <= 16 - rows:
        assert by_plain == by_framebuf
    else:
        assert by_plain is None


@given(st.binary(min_size=96, max_size=96), st.integers(0, 12), st.sampled_from([0, 255]))
def test_lcd_lines_are_packed_by_machine_code_as_by_its_plain_twin(
    runtime: Runtime, picture: bytes, first: int, inverted: int
):
    native, plain = runtime.call(DRIVERS, "packed", picture, 6, first, 4, inverted)
    assert native == plain


def test_lcd_alternates_vcom_while_on_and_keeps_it_in_other_transfers(runtime: Runtime):
    _, off, _, tick, show, again, _, quiet = traffic(
        runtime,
        ("show",),
        ("tick",),
        ("on",),
        ("tick",),
        ("invert", True),
        ("tick",),
        ("off",),
        ("tick",),
    )
    assert off == []
    assert tick == [b"\x40\0"]
    assert show == []
    assert again == [b"\0\0"]
    assert quiet == []
    *_, show = traffic(runtime, ("on",), ("tick",), (0, 0), ("show",))
    assert show[0] == b"\xc0"


def test_lcd_is_sent_the_whole_frame_after_it_was_off(runtime: Runtime):
    *_, off, show = traffic(runtime, (0, 0), ("show",), ("on",), ("off",), ("show",))
    assert off == [b"\x20\0"]
    assert show == [b"\x80", band(1, WHITE, {1: b"\x7f\xff"}), b"\0"]


def test_lcd_has_no_contrast(runtime: Runtime):
    assert traffic(runtime, ("show",), ("contrast", 3))[1] == []


# Keypad


def changes(runtime: Runtime, *steps: tuple) -> list[tuple]:
    return runtime.call(DRIVERS, "keypad_changes", list(steps))


def test_a_bouncing_key_is_reported_once_with_the_time_it_was_first_seen(runtime: Runtime):
    told = changes(runtime, (100, "5"), (101, ""), (102, "5"), (300, ""), (301, "5"), (303, ""))
    assert [(key, down) for _, key, down, _ in told] == [("5", True), ("5", False)]
    assert told[0][3] in range(100, 106)
    assert told[0][0] <= 115
    assert told[1][3] in range(300, 310)


def test_a_tap_of_15_ms_is_reported_and_a_spike_of_3_ms_is_not(runtime: Runtime):
    assert [change[1:3] for change in changes(runtime, (100, "0"), (115, ""))] == [
        ("0", True),
        ("0", False),
    ]
    assert changes(runtime, (101, "0"), (104, "")) == []


def test_a_second_key_while_the_first_is_down(runtime: Runtime):
    told = changes(runtime, (100, "1"), (200, "19"), (300, "9"), (400, ""))
    assert [change[1:3] for change in told] == [
        ("1", True),
        ("9", True),
        ("1", False),
        ("9", False),
    ]


def test_a_ghost_key_is_not_reported_and_keys_it_hid_are_reported_after_it(runtime: Runtime):
    """1, 2 and 4 are down, so 5 at the fourth corner of the rectangle reads as down."""
    told = changes(runtime, (100, "12"), (200, "1245"), (300, "24"), (400, ""))
    assert [change[1:3] for change in told[:2]] == [("1", True), ("2", True)]
    assert sorted(change[1:3] for change in told[2:4]) == [("1", False), ("4", True)]
    assert told[2][0] > 300
    assert sorted(change[1:3] for change in told[4:]) == [("2", False), ("4", False)]


def test_a_key_that_is_down_at_the_start_is_reported(runtime: Runtime):
    assert changes(runtime, (0, "#"), (100, ""))[0][1:3] == ("#", True)


def test_a_key_is_reported_although_its_interrupt_was_lost(runtime: Runtime):
    told = runtime.call(
        DRIVERS, "keypad_changes", [(100, "5"), (200, ""), (300, "7"), (400, "")], False
    )
    assert [change[1:3] for change in told] == [
        ("5", True),
        ("5", False),
        ("7", True),
        ("7", False),
    ]
    assert told[0][0] <= 120


def test_the_keypads_handlers_allocate_nothing(runtime: Runtime):
    assert runtime.call(DRIVERS, "keypad_allocates") is True


def test_a_press_of_the_red_key_is_reported_at_once_and_a_bouncing_release_is_not(
    runtime: Runtime,
):
    down, up = 0, 1
    steps = [
        (down, False),
        (up, False),
        (down, True),
        (up, False),
        (down, False),
        (up, True),
        (down, False),
    ]
    assert runtime.call(DRIVERS, "touches", steps) == [1, 1, 2, 2, 2, 2, 3]


# Sound

PIECE = 800  # samples, 50 ms
RING = 4096  # samples, 256 ms


def test_the_port_is_set_up_at_start_and_again_by_a_stop_during_sound(
    runtime: Runtime,
):
    before, set_ups = runtime.call(DRIVERS, "sound_set_up")
    assert before == 1
    assert set_ups == [(0, 10, 11, 9, 1, 16, 0, 16000, 2 * RING + 1)] * 2


def test_pieces_are_sent_until_the_ring_is_full_and_the_rest_is_sent_first_later(
    runtime: Runtime,
):
    told, heard = runtime.call(DRIVERS, "sound_sent", [(0, 0), (1600, 100), (0, 10), (3200, 200)])
    assert [(position, count) for position, count, _, _ in told] == [
        (0, 6),  # five whole ones, and 96 samples of the sixth
        (6 * PIECE, 2),
        (8 * PIECE, 0),
        (8 * PIECE, 4),
    ]
    assert heard == list(range(1, RING + 4800 + 1))


def test_the_heard_position_follows_the_clock_and_not_the_samples_sent(runtime: Runtime):
    told, _ = runtime.call(DRIVERS, "sound_sent", [(0, 0), (0, 3), (0, 97), (0, 100)])
    assert [heard for _, _, heard, _ in told] == [-64, -16, 96 * 16, 196 * 16]


def test_silence_between_late_pieces_counts(runtime: Runtime):
    """After a second without pieces the next one begins a second after the first."""
    told, _ = runtime.call(DRIVERS, "sound_sent", [(0, 0), (RING, 1000)])
    assert told[1][0] == 16_000


def test_sound_is_over_after_the_whole_ring_was_sent_once_more(runtime: Runtime):
    assert runtime.call(DRIVERS, "sound_over", 50 + 255) is False
    assert runtime.call(DRIVERS, "sound_over", 50 + 256) is True


def test_sending_allocates_nothing(runtime: Runtime):
    assert runtime.call(DRIVERS, "sound_sent_without_allocating") is True


def test_mute_silences_at_once_and_no_samples_are_taken_until_stop(runtime: Runtime):
    untouched, *told = runtime.call(DRIVERS, "sound_muted")
    assert untouched == 1, "there was nothing to mute"
    assert told == [2, False, False, True, 3, True, 0]


# Jack, amplifier, bring-up


def test_the_jack_reports_edges_at_once_and_the_debounced_state_later(runtime: Runtime):
    before, edges, change, plugged, nothing = runtime.call(DRIVERS, "jack_edges")
    assert before is False
    assert edges == b"\1\0\1"
    assert change[0] is True
    assert plugged is True
    assert nothing is None


def test_the_amplifier_is_off_at_first(runtime: Runtime):
    assert runtime.call(DRIVERS, "amplifier_levels") == [(12, 0), (12, 1), (12, 0)]


def test_the_motor_is_on_and_off_for_so_many_ticks_in_turn(runtime: Runtime):
    levels, busy, stopped = runtime.call(DRIVERS, "motor_levels", b"\2\3\1\2", 10, -1)
    assert levels == [1, 1, 0, 0, 0, 1, 0, 0, 0, 0]
    assert not busy
    assert stopped


def test_the_motor_stops_when_it_is_told_to(runtime: Runtime):
    levels, busy, stopped = runtime.call(DRIVERS, "motor_levels", b"\5\5", 4, 1)
    assert levels == [1, 1, 0, 0]
    assert not busy
    assert stopped


def test_where_no_motor_is_connected_there_is_no_driver(runtime: Runtime):
    assert runtime.call(DRIVERS, "motor_of_a_bare_pin") is False


@pytest.mark.parametrize("board", ["pico", "pico2", "esp32_s3"])
def test_bring_up_of_a_token_that_speaks(runtime: Runtime, board: str):
    parts, faults, driven = runtime.call(
        "tests.firmware.drivers.vm_drivers", "bring_up", board, [], {}, "kodeoplaeser"
    )
    assert faults == []
    assert {"display", "keypad", "audio", "amplifier", "jack"} <= set(parts)
    assert any(each[0] == "spi" and each[4:] == (2_000_000, 0, 0) for each in driven)
