"""What a token's cell gives its chips, by docs/hardware.md's power latch: cell, Q1, D2, the board's
regulator. Millivolts, milliamperes, milliohms.

A chip stops below the lowest voltage of its data sheet. Loads are the worst of each chip, not what
it takes on average: what matters is the moment at which the voltage is lowest.
"""

from typing import NamedTuple

# Adafruit 1578: "the battery will cut out when completely dead at 3.0V".
CELL_CUT_OFF = 3000
# Assumed: a cell of 500 mAh with its protection, new at 20 degrees, and worn or cold.
NEW_CELL, WORN_CELL = 150, 500
SWITCH = 85  # AO3401A: R_DS(on) at V_GS = -2.5 V, at most


class Regulator(NamedTuple):
    """From VSYS to the 3.3 V rail. `resistance` is the drop-out of a linear one by its current."""

    lowest_input: int
    resistance: int | None
    source: str


_RT6150 = Regulator(1800, None, "Pico data sheet: RT6150B, buck-boost, VSYS 1.8 to 5.5 V")
REGULATORS = {
    "pico": _RT6150,
    "pico2": _RT6150,
    "esp32_s3": Regulator(2500, 500, "linear; its drop-out of 0.5 V at 1 A is assumed"),
}


class Chip(NamedTuple):
    """The lowest supply, on VSYS or on the rail, and the highest current."""

    lowest: int
    current: int
    on_vsys: bool
    source: str


CHIPS = {
    "RP2040": Chip(2700, 100, False, "W25Q16JV data sheet: 2.7 V; Pico data sheet: 93 mA"),
    "RP2350": Chip(2700, 100, False, "RP2350 data sheet: VREG_VIN from 2.7 V; current as RP2040"),
    "ESP32-S3": Chip(2440, 110, False, "ESP-IDF: brown-out reset at 2.44 V; data sheet: 108 mA"),
    "ds3231": Chip(2700, 1, False, "data sheet: power-fail voltage, 2.70 V at most"),
    "ssd1306": Chip(1650, 30, False, "data sheet: VDD from 1.65 V; current assumed"),
    "amplifier": Chip(2500, 400, True, "MAX98357A data sheet: VDD from 2.5 V; 3.2 V into 8 ohm"),
}


def diode(current: int) -> int:
    """Give D2's forward voltage: 1N5817 data sheet, 0.32 V at 0.1 A, 0.45 V at 1 A."""
    return 306 + 144 * current // 1000


def vsys(terminal: int, current: int) -> int:
    """Give VSYS from the cell's voltage at its terminals."""
    return terminal - SWITCH * current // 1000 - diode(current)


def rail(board: str, system: int, current: int) -> int:
    """Give the 3.3 V rail from VSYS, with what the chips on it take."""
    regulator = REGULATORS[board]
    if system < regulator.lowest_input:
        return 0
    if regulator.resistance is None:
        return 3300
    return min(3300, system - regulator.resistance * current // 1000)


def stopped(board: str, terminal: int, chips: set[str]) -> set[str]:
    """Give those of the chips that stop while all of them work, with that voltage at the cell's
    terminals."""
    if terminal < CELL_CUT_OFF:
        return chips
    all_of_it = sum(CHIPS[chip].current for chip in chips)
    on_rail = sum(CHIPS[chip].current for chip in chips if not CHIPS[chip].on_vsys)
    system = vsys(terminal, all_of_it)
    level = rail(board, system, on_rail)
    return {
        chip for chip in chips if (system if CHIPS[chip].on_vsys else level) < CHIPS[chip].lowest
    }


def lowest_cell(board: str, chips: set[str], resistance: int) -> int:
    """Give the lowest open-circuit voltage of a cell with that resistance at which all work."""
    drop = resistance * sum(CHIPS[chip].current for chip in chips) // 1000
    terminal = CELL_CUT_OFF
    while stopped(board, terminal, chips):
        terminal += 1
    return terminal + drop
