"""The SSD1306 against its data sheet (Solomon Systech, rev 1.1); section numbers are in
comments."""

import pytest

from emulator.board import Board
from emulator.chips.ssd1306 import PARAMETERS, Ssd1306
from emulator.clock import SimulationClock
from firmware.boards.pico import BOARD

WIDTH, HEIGHT = 128, 64
UPRIGHT = (0xA1, 0xC8)


def fresh(seed: int = 0) -> Ssd1306:
    chip = Ssd1306(
        {"width": WIDTH, "height": HEIGHT}, Board(BOARD, "kodeviser", SimulationClock(), seed)
    )
    chip.mcu_power(True)
    return chip


@pytest.fixture
def chip() -> Ssd1306:
    """Return a chip powered, cleared and switched on, upright."""
    chip = fresh()
    commands(chip, 0x20, 0x00, *UPRIGHT)
    data(chip, bytes(1024))
    commands(chip, 0x8D, 0x14, 0xAF)
    return chip


def commands(chip: Ssd1306, *codes: int) -> None:
    chip.write(bytes((0x00, *codes)))


def data(chip: Ssd1306, content: bytes) -> None:
    chip.write(b"\x40" + content)


def lit(chip: Ssd1306) -> set[tuple[int, int]]:
    return {(i % WIDTH, i // WIDTH) for i, pixel in enumerate(chip.pixels()) if pixel}


def test_memory_at_power_on_is_random_by_the_seed() -> None:
    chips = [fresh(1), fresh(1), fresh(2)]
    for one in chips:
        commands(one, 0x8D, 0x14, 0xAF)
    assert chips[0].pixels() == chips[1].pixels() != chips[2].pixels()
    assert len(lit(chips[0])) > 1000


def test_the_panel_is_dark_without_power_charge_pump_or_display_on(chip: Ssd1306) -> None:
    data(chip, b"\xff" * 1024)
    assert len(lit(chip)) == WIDTH * HEIGHT
    commands(chip, 0xAE)
    assert not lit(chip)
    commands(chip, 0xAF, 0x8D, 0x10)
    assert not lit(chip)
    commands(chip, 0x8D, 0x14)
    assert lit(chip)
    chip.mcu_power(False)
    assert not lit(chip)


def test_a_new_supply_means_reset_values(chip: Ssd1306) -> None:
    chip.mcu_power(False)
    chip.mcu_power(True)
    assert not lit(chip)
    commands(chip, 0x8D, 0x14, 0xAF)
    data(chip, b"\xff" * WIDTH)
    data(chip, b"\x00" * WIDTH)  # 8.9: page addressing, so the same page again
    assert not any(chip.memory[0])


def test_status_register_tells_whether_the_display_is_off(chip: Ssd1306) -> None:
    assert chip.read(1) == b"\x00"
    commands(chip, 0xAE)
    assert chip.read(2) == b"\x40\x40"


def test_horizontal_addressing_fills_the_window_row_by_row(chip: Ssd1306) -> None:
    commands(chip, 0x21, 10, 11, 0x22, 2, 3)
    data(chip, b"\x01\x02\x04\x08\x10")  # the fifth byte is back at the start
    assert lit(chip) == {(10, 20), (11, 17), (10, 26), (11, 27)}


def test_vertical_addressing_fills_the_window_column_by_column(chip: Ssd1306) -> None:
    commands(chip, 0x20, 0x01, 0x21, 10, 11, 0x22, 2, 3)
    data(chip, b"\x01\x02\x04\x08")
    assert lit(chip) == {(10, 16), (10, 25), (11, 18), (11, 27)}


def test_page_addressing_stays_on_its_page(chip: Ssd1306) -> None:
    commands(chip, 0x20, 0x02, 0xB3, 0x0E, 0x17)  # page 3, column 0x7E
    data(chip, b"\x01\x01\x01")
    assert lit(chip) == {(126, 24), (127, 24), (0, 24)}


def test_a_single_byte_is_taken_by_each_control_byte_with_co_set(chip: Ssd1306) -> None:
    chip.write(bytes((0x80, 0x21, 0x80, 5, 0x80, 9, 0xC0, 0x01, 0x40, 0x02, 0x03)))
    assert lit(chip) == {(5, 0), (6, 1), (7, 0), (7, 1)}


def test_parameters_may_come_in_messages_of_their_own(chip: Ssd1306) -> None:
    for byte in (0x21, 5, 9):
        chip.write(bytes((0x80, byte)))
    data(chip, b"\x01")
    assert lit(chip) == {(5, 0)}


def test_start_line_scrolls_the_picture_up(chip: Ssd1306) -> None:
    data(chip, b"\x01")
    commands(chip, 0x40 | 60)
    assert lit(chip) == {(0, 4)}


def test_display_offset_moves_the_picture(chip: Ssd1306) -> None:
    data(chip, b"\x01")
    commands(chip, 0xD3, 8)
    assert lit(chip) == {(0, 56)}  # table 10-2: line 7 on ROW0, which is the lowest of this panel
    commands(chip, 0xC0)
    assert lit(chip) == {(0, 7)}  # table 10-1: line 8 on ROW0, line 0 on ROW56


def test_multiplex_ratio_leaves_rows_dark(chip: Ssd1306) -> None:
    commands(chip, 0xA8, 47, 0xA5)
    assert {y for _, y in lit(chip)} == set(range(16, 64))


def test_invalid_multiplex_ratio_is_ignored(chip: Ssd1306) -> None:
    commands(chip, 0xA8, 14, 0xA5)
    assert len(lit(chip)) == WIDTH * HEIGHT


def test_entire_on_and_inverse_leave_the_memory_alone(chip: Ssd1306) -> None:
    data(chip, b"\x01")
    commands(chip, 0xA5)
    assert len(lit(chip)) == WIDTH * HEIGHT
    commands(chip, 0xA4, 0xA7)
    assert len(lit(chip)) == WIDTH * HEIGHT - 1
    commands(chip, 0xA6)
    assert lit(chip) == {(0, 0)}


def test_both_remaps_the_other_way_turn_the_picture_by_half_a_turn(chip: Ssd1306) -> None:
    commands(chip, 0xA0, 0xC0)
    data(chip, b"\x01\x02")
    assert lit(chip) == {(127, 63), (126, 62)}


def test_segment_remap_affects_only_data_written_later(chip: Ssd1306) -> None:
    data(chip, b"\x01")
    commands(chip, 0xA0)
    assert lit(chip) == {(0, 0)}
    data(chip, b"\x01")
    assert lit(chip) == {(0, 0), (126, 0)}


def test_com_scan_direction_acts_at_once(chip: Ssd1306) -> None:
    data(chip, b"\x01")
    commands(chip, 0xC0)
    assert lit(chip) == {(0, 63)}


def test_a_sequential_com_arrangement_shuffles_the_rows_of_this_panel(chip: Ssd1306) -> None:
    data(chip, b"\xff" * WIDTH)
    rows = {y for _, y in lit(chip)}
    commands(chip, 0xDA, 0x02)
    assert rows == set(range(8))
    assert len({y for _, y in lit(chip)} & rows) < 8


def test_contrast_is_kept(chip: Ssd1306) -> None:
    commands(chip, 0x81, 0xCF)
    assert chip.contrast == 0xCF


@pytest.mark.parametrize("code", [0x26, 0x27, 0x29, 0x2A, 0xA3, 0xD5, 0xD9, 0xDB, 0x2E, 0x2F, 0xE3])
def test_commands_without_effect_on_a_still_picture_take_their_parameters(
    chip: Ssd1306, code: int
) -> None:
    commands(chip, code, *[0xAE] * PARAMETERS.get(code, 0))
    data(chip, b"\x01")
    assert lit(chip) == {(0, 0)}


def test_undefined_commands_are_noted(chip: Ssd1306) -> None:
    commands(chip, 0xAF, 0xFF)
    assert chip.undefined == [0xFF]
