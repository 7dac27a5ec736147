"""A wrong entry of a board file is named by its place, before an image is made of it."""

import copy

import pytest

from host_tools.errors import ExitCode, KodebrikError
from host_tools.image import board_check
from host_tools.image.image import load_board, load_product, names


@pytest.mark.parametrize("board", names("boards"))
def test_every_board_of_ours_is_right(board):
    data = load_board(board)
    for product in data["products"]:
        board_check.check(data, load_product(product))


FAULTS = [
    (("products", "kodeviser", "button", "pin"), 99, "button / pin: 99 is no pin of the RP2040"),
    (("products", "kodeviser", "button", "pin"), "GP15", "button / pin: 'GP15' is no pin"),
    (("products", "kodeviser", "button", "pin"), True, "button / pin: True is no pin"),
    (("products", "kodeviser", "latch", "pin"), 15, "latch / pin: pin 15 is in use by products"),
    (("products", "kodeviser", "latch", "pin"), 4, "buses / i2c / sda: pin 4 is in use by"),
    (("buses", "i2c", "sda"), 30, "buses / i2c / sda: 30 is no pin of the RP2040"),
    (("products", "kodeviser", "display", "chip"), "ssd1307", "display / chip: there is no driver"),
    (("products", "kodeviser", "clock", "bus"), "i3c", "clock / bus: the board has no bus 'i3c'"),
    (("products", "kodeviser", "latch"), None, "kodeviser: the part 'latch' is missing"),
]


@pytest.mark.parametrize(("place", "value", "told"), FAULTS)
def test_a_wrong_entry_is_named(place, value, told):
    board = copy.deepcopy(load_board("pico"))
    entry = board
    for key in place[:-1]:
        entry = entry[key]
    if value is None:
        del entry[place[-1]]
    else:
        entry[place[-1]] = value
    with pytest.raises(KodebrikError) as raised:
        board_check.check(board, load_product("kodeviser"))
    assert raised.value.exit_code == ExitCode.BAD_INPUT
    assert raised.value.message.startswith("firmware/boards/pico.py, ")
    assert told in raised.value.message


def test_a_key_of_the_keypad_is_checked_as_any_pin():
    board = copy.deepcopy(load_board("pico2"))
    board["products"]["kodeoplaeser"]["keypad"]["rows"] = (0, 1, 2, 77)
    with pytest.raises(KodebrikError, match="keypad / rows: 77 is no pin of the RP2350"):
        board_check.check(board, load_product("kodeoplaeser"))
