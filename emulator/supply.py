"""What a token's cell gives its chips, by docs/hardware.md's power latch: cell, Q1, D2, the board's
regulator. Millivolts, milliamperes, milliohms.

The figures stand in datasheet.py. A chip stops below the lowest voltage of its data sheet. Loads
are the worst of each chip, not what it takes on average (charge.py): what matters is the moment at
which the voltage is lowest.
"""

from emulator.datasheet import (
    CELL_CUT_OFF,
    CHIPS,
    DIODE_AT_NOTHING,
    DIODE_RESISTANCE,
    RAIL,
    REGULATORS,
    SWITCH,
)


def diode(current: int) -> int:
    """Give D2's forward voltage."""
    return DIODE_AT_NOTHING + DIODE_RESISTANCE * current // 1000


def vsys(terminal: int, current: int) -> int:
    """Give VSYS from the cell's voltage at its terminals."""
    return terminal - SWITCH * current // 1000 - diode(current)


def rail(board: str, system: int, current: int) -> int:
    """Give the 3.3 V rail from VSYS, with what the chips on it take."""
    regulator = REGULATORS[board]
    if system < regulator.lowest_input:
        return 0
    if regulator.resistance is None:
        return RAIL
    return min(RAIL, system - regulator.resistance * current // 1000)


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
