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
    (
        ("products", "kodeviser", "button", "pin"),
        23,
        "button / pin: the Raspberry Pi Pico does not bring",
    ),
    (("products", "kodeviser", "button", "pin"), 24, "does not bring pin 24 out"),
    (
        ("products", "kodeviser", "battery", "pin"),
        29,
        "battery / pin: the Raspberry Pi Pico does not",
    ),
    (("buses", "i2c", "sda"), 24, "buses / i2c / sda: the Raspberry Pi Pico does not bring pin 24"),
    (("products", "kodeviser", "button", "pin"), True, "button / pin: True is no pin"),
    (("products", "kodeviser", "latch", "pin"), 15, "latch / pin: pin 15 is in use by products"),
    (("products", "kodeviser", "latch", "pin"), 4, "buses / i2c / sda: pin 4 is in use by"),
    (("buses", "i2c", "sda"), 30, "buses / i2c / sda: 30 is no pin of the RP2040"),
    (("products", "kodeviser", "display", "chip"), "ssd1307", "display / chip: there is no driver"),
    (("products", "kodeviser", "clock", "bus"), "i3c", "clock / bus: the board has no bus 'i3c'"),
    (("buses", "i2c", "sda"), 6, "i2c / sda: pin 6 cannot be SDA of I2C 0 on the RP2040; 0, 4, 8"),
    (("buses", "i2c", "id"), 1, "i2c / sda: pin 4 cannot be SDA of I2C 1 on the RP2040; 2, 6, 10"),
    (("buses", "i2c", "id"), 2, "i2c / id: the RP2040 has no I2C 2"),
    (("products", "kodeviser", "battery", "pin"), 22, "battery / pin: pin 22 of the RP2040 meas"),
    (("mcu",), "RP2041", "mcu: there is no data of 'RP2041'; there is ESP32-S3, RP2040, RP2350"),
    (("products", "kodeviser", "latch"), None, "kodeviser: the part 'latch' is missing"),
    (("products", "kodeviser", "display", "width"), None, "display: the entry 'width' is missing"),
    (("products", "kodeviser", "display", "width"), 0, "display / width: 0 is no number above"),
    (("products", "kodeviser", "display", "width"), True, "display / width: True is no number"),
    (("products", "kodeviser", "display", "height"), 6.4, "display / height: 6.4 is no number"),
    (("products", "kodeviser", "display", "address"), 0x99, "display / address: 0x99 is no addr"),
    (("products", "kodeviser", "display", "address"), "3C", "display / address: '3C' is no addr"),
    (("products", "kodeviser", "clock", "address"), 0x3C, "clock / address: the address 0x3C is"),
    (("products", "kodeviser", "clock", "colour"), "red", "clock: there is no entry 'colour' here"),
    (("products", "kodeviser", "clock", "bus"), None, "clock: the entry 'bus' is missing"),
    (("products", "kodeviser", "latch"), 14, "kodeviser / latch: it must be a table"),
    (("products", "kodeviser"), 14, "products / kodeviser: it must be a table"),
    (("buses", "i2c", "kind"), "foo", "buses / i2c / kind: there is no kind of bus 'foo'"),
    (("buses", "i2c", "kind"), None, "buses / i2c: the entry 'kind' is missing"),
    (("buses", "i2c", "frequency"), None, "buses / i2c: the entry 'frequency' is missing"),
    (("filesystem", "size"), 0, "filesystem / size: 0 is no number above zero"),
    (("filesystem", "size"), 5000, "filesystem / size: 5000 bytes are no whole number of blocks"),
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


@pytest.mark.parametrize(
    ("bus", "changed", "told"),
    [
        ("spi", {"sck": 27}, "spi / sck: pin 27 cannot be SCK of SPI 0 on the RP2040; 2, 6"),
        ("spi", {"id": 1}, "spi / sck: pin 18 cannot be SCK of SPI 1"),
        ("i2s", {"ws": 27}, "i2s / ws: pin 27: on the RP2040 it must be the pin after SCK, 11"),
    ],
)
def test_the_lines_of_display_and_sound_are_checked(bus, changed, told):
    board = copy.deepcopy(load_board("pico"))
    board["buses"][bus] |= changed
    with pytest.raises(KodebrikError) as raised:
        board_check.check(board, load_product("kodeoplaeser"))
    assert told in raised.value.message


def test_an_esp32_s3_leads_any_bus_to_any_pin_but_the_flashs():
    board = copy.deepcopy(load_board("esp32_s3"))
    board["buses"]["i2c"] |= {"sda": 47, "scl": 48}
    board_check.check(board, load_product("kodeviser"))
    board["buses"]["i2c"]["scl"] = 27
    with pytest.raises(KodebrikError, match="27 is no pin of the ESP32-S3"):
        board_check.check(board, load_product("kodeviser"))


def test_a_key_of_the_keypad_is_checked_as_any_pin():
    board = copy.deepcopy(load_board("pico2"))
    board["products"]["kodeoplaeser"]["keypad"]["rows"] = (0, 1, 2, 77)
    with pytest.raises(KodebrikError, match="keypad / rows: 77 is no pin of the RP2350"):
        board_check.check(board, load_product("kodeoplaeser"))


@pytest.mark.parametrize("entry", ["native", "products", "buses", "filesystem", "mcu", "name"])
def test_an_entry_of_the_file_itself_that_is_missing_is_named(entry):
    board = copy.deepcopy(load_board("pico"))
    del board[entry]
    with pytest.raises(KodebrikError, match=f"pico.py, {entry}: the entry '{entry}' is missing"):
        board_check.check_tables(board, "pico")


@pytest.mark.parametrize(
    ("entry", "value", "told"),
    [("colour", 1, "there is no entry 'colour'"), ("buses", [], "buses: it must be a table")],
)
def test_an_entry_of_the_file_itself_that_cannot_be_is_named(entry, value, told):
    board = copy.deepcopy(load_board("pico")) | {entry: value}
    with pytest.raises(KodebrikError, match=told):
        board_check.check_tables(board, "pico")
