"""The circuit made of the board files."""

import pytest

from firmware.boards.pico import BOARD as PICO
from host_tools.hardware.circuit import BOARD, Circuit, circuit, from_data
from host_tools.hardware.headers import HEADERS
from host_tools.hardware.parts import Kind
from host_tools.image.image import load_board, names
from tests.host_tools.hardware.tokens import ALL


def _gpios(board: dict, product: str) -> set[int]:
    """Give every GPIO that the board file names for a product, however it is named there."""
    wired = board["products"][product]
    plain = {"pin", "select", "enable"}
    found = {entry[key] for entry in wired.values() for key in plain & set(entry)}
    for entry in wired.values():
        found |= set(entry.get("rows", ())) | set(entry.get("columns", ()))
        if "bus" in entry:
            bus = board["buses"][entry["bus"]]
            found |= {bus[line] for line in set(bus) - {"kind", "id", "frequency", "ring_ms"}}
    return found


@pytest.mark.parametrize(("board", "product"), ALL)
def test_every_gpio_of_the_board_file_is_a_net_from_the_board_to_a_part(board, product):
    whole = circuit(board, product)
    nets = whole.nets
    of_gpios = {name for name in nets if name.startswith("GPIO ")}
    assert of_gpios == {f"GPIO {gpio}" for gpio in _gpios(load_board(board), product)}
    for name in of_gpios:
        refs = [ref for ref, _ in nets[name]]
        assert refs[0] == BOARD
        assert len(refs) > 1
    assert all(len(pins) > 1 for pins in nets.values()), "a wire has two ends"
    assert len({ref for pins in nets.values() for ref, _ in pins}) == len(whole.parts)


@pytest.mark.parametrize(("board", "product"), ALL)
def test_pins_of_a_part_have_names_of_their_own(board, product):
    for part in circuit(board, product).parts.values():
        assert len({pin.name for pin in part.pins}) == len(part.pins), part
        for pin in part.pins:
            assert (pin.kind is Kind.OPEN) == (not pin.net), pin


@pytest.mark.parametrize("board", names("boards"))
def test_every_gpio_outside_of_the_board_has_its_place_on_the_header(board):
    """The Picos' GPIO 24, the sense of USB power, is not led out."""
    inside = {24} if board != "esp32_s3" else set()
    for product in load_board(board)["products"]:
        gpios = _gpios(load_board(board), product)
        assert gpios - set(HEADERS[board].gpio) == inside & gpios


def test_the_header_is_that_of_the_data_sheet():
    pico, devkit = HEADERS["pico"].gpio, HEADERS["esp32_s3"].gpio
    assert [pico[gpio] for gpio in (0, 15, 16, 22, 26, 28)] == [
        "GP0, pin 1",
        "GP15, pin 20",
        "GP16, pin 21",
        "GP22, pin 29",
        "GP26, pin 31",
        "GP28, pin 34",
    ]
    assert len(pico) == 26
    assert [devkit[gpio] for gpio in (4, 14, 1, 39, 19)] == [
        "4, J1-4",
        "14, J1-20",
        "1, J3-4",
        "39, J3-9",
        "19, J3-20",
    ]
    assert len(devkit) == 36


def test_the_latch_is_that_of_the_page():
    nets = circuit("pico", "kodeviser").nets
    assert set(nets["GATE"]) == {
        ("Q1", "gate"),
        ("R1", "2"),
        ("C1", "1"),
        ("D1", "anode 1"),
        ("Q2", "drain"),
    }
    of_the_charger = {("CHARGER", "VBAT"), ("C3", "1")}
    assert set(nets["CELL"]) == {("CELL", "+"), ("Q1", "source"), ("R1", "1")} | of_the_charger
    assert set(nets["SWITCHED"]) == {("Q1", "drain"), ("D2", "anode"), ("R3", "1")}
    assert set(nets["GPIO 15"]) == {(BOARD, "GP15, pin 20"), ("D1", "anode 2")}
    assert set(nets["KEY"]) == {("D1", "cathode"), ("BUTTON", "1")}


def test_the_charger_is_between_cable_and_cell_and_the_esp32_s3_has_none():
    nets = circuit("pico", "kodeoplaeser").nets
    assert set(nets["VBUS"]) == {(BOARD, "VBUS, pin 40"), ("CHARGER", "VDD"), ("C2", "1")}
    assert set(nets["GPIO 21"]) == {(BOARD, "GP21, pin 27"), ("CHARGER", "STAT")}
    assert set(nets["PROG"]) == {("CHARGER", "PROG"), ("R7", "1")}
    assert not {"VBUS", "PROG"} & set(circuit("esp32_s3", "kodeoplaeser").nets)


def test_a_part_that_the_data_does_not_know_appears_with_its_lines():
    wired = {
        **PICO["products"]["kodeviser"],
        "motor": {"chip": "haptic", "pin": 20},
        "sensor": {"chip": "xyz", "bus": "i2c", "address": 0x20},
    }
    nets = from_data(PICO, wired, "Test").nets
    assert nets["GPIO 20"] == [(BOARD, "GP20, pin 26"), ("MOTOR", "pin")]
    assert ("SENSOR", "sda") in nets["GPIO 4"]
    assert {("MOTOR", "GND"), ("SENSOR", "GND")} <= set(nets["GND"])


def test_a_gpio_drives_inputs_and_reads_outputs():
    whole: Circuit = circuit("pico", "kodeoplaeser")
    kinds = {pin.net: pin.kind for pin in whole.parts[BOARD].pins}
    assert kinds["GPIO 18"] is Kind.OUTPUT  # the display's clock
    assert kinds["GPIO 4"] is Kind.BIDIRECTIONAL  # SDA
    assert kinds["GPIO 14"] is Kind.OUTPUT  # the latch
