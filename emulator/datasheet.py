"""Voltages and currents of the parts of docs/hardware.md, each with its source: the one place for
them. Millivolts, milliamperes, milliohms, unless a name says otherwise.

A figure with "assumed" in its source stands in no data sheet that was found. Two uses: supply.py
asks at which voltage a chip stops while all draw the most, charge.py what a press takes on average.
"""

from typing import NamedTuple

RAIL = 3300  # of the boards' 3V3 pin

# The cell ---------------------------------------------------------------------------------------
# Adafruit 1578: "the battery will cut out when completely dead at 3.0V".
CELL_CUT_OFF = 3000
CELL_NOMINAL = 3700  # Adafruit 1578
CELL_CAPACITY = 500  # mAh, Adafruit 1578
# Of that, what is gone when the firmware warns (battery_low_mv of the products): assumed, by the
# usual discharge curve of a Li-ion cell at 0.2 C.
CELL_UNTIL_WARNING = 0.9
CELL_SELF_DISCHARGE = 0.02  # of its capacity a month: assumed for Li-ion at 20 degrees
CELL_PROTECTION = 0.005  # assumed: its protection chip, and those of this kind take 3 to 6 uA
# MCP73832-2ACI data sheet (DS20001984): regulated voltage; recharge threshold, 96.5 % of it.
CHARGED, RECHARGED = 4200, 4053
# Assumed: a cell of 500 mAh with its protection, new at 20 degrees, and worn or cold.
NEW_CELL, WORN_CELL = 150, 500

# The power latch --------------------------------------------------------------------------------
SWITCH = 85  # AO3401A, R_DS(on) at V_GS = -2.5 V: assumed, its data sheet was not at hand for it
# What Q1 and Q2 let through while off. AO3401A data sheet: I_DSS 1 uA at most (25 degrees, -30 V);
# 2N7002 data sheets: 80 nA to 1 uA, by maker.
LATCH_LEAK = 0.002
DIVIDER = 200_000  # ohm: R3 and R4, while the token is on
# 1N5817 data sheet: 0.45 V at 1 A; 0.32 V at 0.1 A is assumed.
DIODE_AT_NOTHING, DIODE_RESISTANCE = 306, 144


class Regulator(NamedTuple):
    """From VSYS to the 3.3 V rail. A linear one has a `resistance`, its drop-out by its current,
    and passes its current on; the others convert power with `efficiency`. `own`: its own current,
    on VSYS."""

    lowest_input: int
    resistance: int | None
    efficiency: float
    own: float
    source: str


_RT6150 = Regulator(
    1800,
    None,
    0.85,
    0.06,
    "Pico data sheet: RT6150B, buck-boost, VSYS 1.8 to 5.5 V. RT6150A/B data sheet (Richtek "
    "DS6150AB): 60 uA in power save mode, efficiency up to 90 %; 85 % at 20 to 50 mA is assumed",
)
REGULATORS = {
    "pico": _RT6150,
    "pico2": _RT6150,
    "esp32_s3": Regulator(
        2500,
        500,
        1.0,
        0.1,
        "linear, SGM2212-3.3; its drop-out of 0.5 V at 1 A and its own 0.1 mA are assumed",
    ),
}


class Chip(NamedTuple):
    """The lowest supply, on VSYS or on the rail, and the highest current."""

    lowest: int
    current: int
    on_vsys: bool
    source: str


CHIPS = {
    "RP2040": Chip(
        2700,
        100,
        False,
        "Flash W25Q16JV: from 2.7 V (assumed). Current assumed: RP2040 data sheet, table 637, has "
        "52 mA at most for a video player at 48 MHz",
    ),
    "RP2350": Chip(
        2700, 100, False, "RP2350 data sheet: VREG_VIN from 2.7 V; current assumed as the RP2040's"
    ),
    "ESP32-S3": Chip(
        2440,
        110,
        False,
        "ESP-IDF: brown-out reset at 2.44 V (assumed: read as 2.43 V elsewhere). ESP32-S3-WROOM-1 "
        "data sheet v1.8, table 6-6: 107.9 mA, both cores at 240 MHz",
    ),
    "ds3231": Chip(
        2700,
        1,
        False,
        "DS3231 data sheet 19-5170, DC table: power-fail voltage 2.70 V at most, "
        "I_CCA 0.2 mA, I_CCSCONV 0.575 mA at most",
    ),
    "ssd1306": Chip(
        1650,
        30,
        False,
        "SSD1306 data sheet: VDD from 1.65 V (its charge pump is specified from 3.0 V and grows "
        "dim below); current: lit_display() with all dots, 27.1 mA",
    ),
    "amplifier": Chip(
        2500, 400, True, "MAX98357A data sheet: VDD 2.5 to 5.5 V; peak: 3.2 V into 8 ohm"
    ),
}


class Mcu(NamedTuple):
    """Current on the rail while it computes, waits for an event, and sleeps
    (machine.lightsleep())."""

    computing: float
    waiting: float
    sleeping: float
    source: str


MCUS = {
    "RP2040": Mcu(
        29.6,
        25.0,
        1.9,
        "RP2040 data sheet, table 637: DVDD 10.9 mA (Popcorn, 48 MHz), taken as proportional to "
        "MicroPython's 125 MHz, and IOVDD 1.2 mA (BOOTSEL). Waiting and sleeping assumed: the same "
        "times 18.6 / 22.0 and 1.5 / 22.0, which a Pico W took of USB under MicroPython 1.23",
    ),
    "RP2350": Mcu(
        15.5,
        11.7,
        1.9,
        "RP2350 data sheet, table 1446, total power by 3.3 V: hello_serial 51.1 mW; CoreMark on "
        "one core 38.7 mW, more than waiting takes. Sleeping assumed as the RP2040's",
    ),
    "ESP32-S3": Mcu(
        54.6,
        42.3,
        0.24,
        "ESP32-S3-WROOM-1 data sheet v1.8, table 6-6, 160 MHz, all peripheral clocks on: one core "
        "running, WAITI. Light sleep 240 uA: the data sheet, as others cite it",
    ),
}
# What else is on a board, on the rail.
BOARDS = {
    "pico": (0.0, "nothing: its lamp is off"),
    "pico2": (0.0, "nothing: its lamp is off"),
    "esp32_s3": (2.3, "assumed: power lamp 1 mA, colour lamp 1 mA, CP2102N suspended 0.3 mA"),
}

# DS3231 data sheet 19-5170, DC table, at 3.63 V: I_CCS, at most.
CLOCK_POWERED = 0.11
# The same table, I_BATT: typical, and at most; V_CC = 0, 3.63 V. In microamperes.
CLOCK_ON_BACKUP_UA, CLOCK_ON_BACKUP_MOST_UA = 0.84, 3.0
# mAh. Energizer, Lithium Coin Handbook (form 12006-A): the thinner CR1216 has 34; other makers'
# CR1220 have 35 to 40.
BACKUP_CAPACITY = 34

# SSD1306: what its logic and its panel supply take without a lit dot: assumed, typical values of
# its successor SSD1315 (data sheet rev 1.1, table 8-1: I_DD 240 uA, I_CC 625 uA).
DISPLAY_LOGIC, DISPLAY_PANEL = 0.24, 0.625
DISPLAY_DARK = 0.02  # there too: I_DD and I_BAT asleep, 10 uA at most each
# SSD1306 data sheet rev 1.5, section 8.8: a segment's 100 uA at contrast 255, in proportion to it,
# and one of the 64 rows at a time.
DISPLAY_SEGMENT, DISPLAY_ROWS, DISPLAY_CONTRAST = 0.1, 64, 255
DISPLAY_PUMP = 2  # charge pump: twice the current for twice the voltage. Its losses are in neither


def lit_display(dots: int, contrast: int) -> float:
    """Give the current of an SSD1306 module that shows so many lit dots (of 8,192)."""
    segments = DISPLAY_SEGMENT * dots / DISPLAY_ROWS * contrast / DISPLAY_CONTRAST
    return DISPLAY_LOGIC + DISPLAY_PUMP * (DISPLAY_PANEL + segments)


# LS027B7DH01: SHARP's application note on programming memory LCDs, "Power considerations", 2.7 inch
# panel: 485 uW with all of it written each second, 135 uW with all of it written every 30 s and
# VCOM each second. So a whole picture takes 362 uJ more, and nothing 123 uW.
MEMORY_LCD_STILL_MW = 0.123
MEMORY_LCD_LINE_MJ = 0.362 / 240
# The breakout's converter to 5 V: assumed.
MEMORY_LCD_CONVERTER_EFFICIENCY, MEMORY_LCD_CONVERTER = 0.8, 0.1

# MAX98357A data sheet, at 3.7 V: quiescent 2.85 mA and shut down 2 uA, at most; 92 % into 8 ohm;
# gain 9 dB with GAIN open, from full scale at 2.1 dBV.
AMPLIFIER_ON, AMPLIFIER_OFF, AMPLIFIER_EFFICIENCY = 2.85, 0.002, 0.92
AMPLIFIER_FULL_SCALE_V = 10 ** ((2.1 + 9) / 20) * 2**0.5  # peak of a full-scale sine
SPEAKER = 8  # ohm
# PCM5100A with its clocks running, and PAM8908, on VSYS for as long as the token is on: assumed.
HEADPHONES = 21.0

PULL_UP = 5_000  # ohm: 10 kohm on each of two modules (Adafruit 326, 3013), in parallel
