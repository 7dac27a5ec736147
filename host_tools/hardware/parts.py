"""The parts of docs/hardware.md with their pins: what stands for a chip of a board file, and the
power latch.

A pin is (name, kind, where it goes). Where: a net by its name; `line` of the part's own bus or
board-file entry ("sda", "pin", "select"); "PART.line" for that of another part; "rows" or "columns"
for as many pins as there are; "" for nowhere.
"""

from enum import Enum
from typing import NamedTuple

RAIL, SUPPLY, GROUND = "3V3", "VSYS", "GND"
CABLE = "VBUS"  # of the USB cable


class Kind(Enum):
    """What a pin does, in the words of electrical rule checks."""

    POWER_OUT = "power output"
    POWER_IN = "power input"
    OUTPUT = "output"
    INPUT = "input"
    BIDIRECTIONAL = "bidirectional"
    PASSIVE = "passive"
    OPEN = "not connected"


class PinData(NamedTuple):
    """A pin of a part, as data."""

    name: str
    kind: Kind
    to: str


class PartData(NamedTuple):
    """A part, as data: title, part number, pins, KiCad's footprint ("": a module, wired by hand).
    The pins of a part with a footprint come in the order of its numbers."""

    title: str
    number: str
    pins: tuple[PinData, ...]
    footprint: str = ""


_SOT23 = "Package_TO_SOT_SMD:SOT-23"
_SOT23_5 = "Package_TO_SOT_SMD:SOT-23-5"
_RESISTOR = "Resistor_THT:R_Axial_DIN0207_L6.3mm_D2.5mm_P10.16mm_Horizontal"
_CAPACITOR = "Capacitor_THT:C_Disc_D5.0mm_W2.5mm_P5.00mm"
_DO41 = "Diode_THT:D_DO-41_SOD81_P10.16mm_Horizontal"


_POWERED = (PinData("VIN", Kind.POWER_IN, RAIL), PinData("GND", Kind.POWER_IN, GROUND))
_AMPLIFIED = (PinData("VIN", Kind.POWER_IN, SUPPLY), PinData("GND", Kind.POWER_IN, GROUND))


def _open(*names: str) -> tuple[PinData, ...]:
    return tuple(PinData(name, Kind.OPEN, "") for name in names)


# By the chip's name in the board files. One that is not here is drawn with the lines that its entry
# there names, and a ground.
CHIPS = {
    "ssd1306": PartData(
        "OLED display 128 x 64",
        "Adafruit 326",
        (
            *_POWERED,
            PinData("SCL", Kind.INPUT, "scl"),
            PinData("SDA", Kind.BIDIRECTIONAL, "sda"),
            *_open("RST"),
        ),
    ),
    "ds3231": PartData(
        "Clock DS3231, with CR1220",
        "Adafruit 3013",
        (
            *_POWERED,
            PinData("SCL", Kind.INPUT, "scl"),
            PinData("SDA", Kind.BIDIRECTIONAL, "sda"),
            *_open("BAT", "32K", "SQW", "RST"),
        ),
    ),
    "sharp_lcd": PartData(
        "Memory LCD 400 x 240",
        "Adafruit 4694",
        (
            *_POWERED,
            PinData("CLK", Kind.INPUT, "sck"),
            PinData("DI", Kind.INPUT, "mosi"),
            PinData("CS", Kind.INPUT, "select"),
            PinData("DISP", Kind.INPUT, "enable"),
            PinData("EMD", Kind.INPUT, GROUND),
            *_open("EIN"),
        ),
    ),
    "keypad": PartData(
        "Keypad 3 x 4",
        "Adafruit 3845",
        (PinData("row", Kind.PASSIVE, "rows"), PinData("column", Kind.PASSIVE, "columns")),
    ),
    "button": PartData(
        "Button",
        "Omron B3F-4055",
        (PinData("1", Kind.PASSIVE, "KEY"), PinData("2", Kind.PASSIVE, GROUND)),
    ),
    "i2s": PartData(
        "Headphone amplifier",
        "Pimoroni PIM544",
        (
            *_AMPLIFIED,
            PinData("BCK", Kind.INPUT, "sck"),
            PinData("LRCK", Kind.INPUT, "ws"),
            PinData("DATA", Kind.INPUT, "sd"),
            PinData("left", Kind.OUTPUT, "EAR LEFT"),
            PinData("right", Kind.OUTPUT, "EAR RIGHT"),
            # The PCM5100A's XSMT: programs for this board raise it, as GP22, to be heard.
            PinData("MUTE", Kind.INPUT, RAIL),
        ),
    ),
    "amplifier": PartData(
        "Amplifier MAX98357A",
        "Adafruit 3006",
        (
            *_AMPLIFIED,
            PinData("BCLK", Kind.INPUT, "audio.sck"),
            PinData("LRC", Kind.INPUT, "audio.ws"),
            PinData("DIN", Kind.INPUT, "audio.sd"),
            PinData("SD", Kind.INPUT, "pin"),
            PinData("+", Kind.OUTPUT, "SPEAKER +"),
            PinData("-", Kind.OUTPUT, "SPEAKER -"),
            *_open("GAIN"),
        ),
    ),
    "jack": PartData(
        "Jack 3.5 mm",
        "CUI SJ1-3525N",
        (
            PinData("tip", Kind.PASSIVE, "EAR LEFT"),
            PinData("ring", Kind.PASSIVE, "EAR RIGHT"),
            PinData("sleeve", Kind.PASSIVE, GROUND),
            PinData("ring switch", Kind.PASSIVE, "pin"),
            *_open("tip switch"),
        ),
    ),
    "vibration": PartData(
        "Vibration motor (optional)",
        "Precision Microdrives 310-103",
        (PinData("+", Kind.POWER_IN, SUPPLY), PinData("-", Kind.PASSIVE, "MOTOR")),
    ),
    "charger": PartData(
        "Li-ion charger (optional)",
        "MCP73832T-2ACI",
        (
            PinData("STAT", Kind.OUTPUT, "pin"),
            PinData("VSS", Kind.POWER_IN, GROUND),
            PinData("VBAT", Kind.PASSIVE, "CELL"),
            PinData("VDD", Kind.POWER_IN, CABLE),
            PinData("PROG", Kind.PASSIVE, "PROG"),
        ),
        _SOT23_5,
    ),
    "usb": PartData(
        "USB, on the board itself",
        "nothing to do",
        (PinData("VBUS sense", Kind.PASSIVE, "pin"),),
    ),
}

# What belongs to a part of the board file besides the chip itself, by reference: those of the power
# latch stand in docs/hardware.md, "Power latch".
BESIDES = {
    "amplifier": {
        "SPEAKER": PartData(
            "Loudspeaker 8 Ω, 1 W",
            "Adafruit 3923",
            (PinData("+", Kind.PASSIVE, "SPEAKER +"), PinData("-", Kind.PASSIVE, "SPEAKER -")),
        )
    },
    "vibration": {
        "Q3": PartData(
            "N-channel MOSFET",
            "AO3400A",
            (
                PinData("drain", Kind.PASSIVE, "MOTOR"),
                PinData("gate", Kind.INPUT, "pin"),
                PinData("source", Kind.PASSIVE, GROUND),
            ),
        ),
        "R6": PartData(
            "4.7 kΩ", "", (PinData("1", Kind.PASSIVE, "pin"), PinData("2", Kind.PASSIVE, GROUND))
        ),
        "D3": PartData(
            "Schottky diode 1 A",
            "1N5817",
            (PinData("anode", Kind.PASSIVE, "MOTOR"), PinData("cathode", Kind.PASSIVE, SUPPLY)),
        ),
    },
    "charger": {
        "R7": PartData(
            "4.7 kΩ",
            "",
            (PinData("1", Kind.PASSIVE, "PROG"), PinData("2", Kind.PASSIVE, GROUND)),
            _RESISTOR,
        ),
        "C2": PartData(
            "4.7 µF",
            "",
            (PinData("1", Kind.PASSIVE, CABLE), PinData("2", Kind.PASSIVE, GROUND)),
            _CAPACITOR,
        ),
        "C3": PartData(
            "4.7 µF",
            "",
            (PinData("1", Kind.PASSIVE, "CELL"), PinData("2", Kind.PASSIVE, GROUND)),
            _CAPACITOR,
        ),
    },
    "battery": {
        "R3": PartData(
            "100 kΩ",
            "",
            (PinData("1", Kind.PASSIVE, "SWITCHED"), PinData("2", Kind.PASSIVE, "pin")),
            _RESISTOR,
        ),
        "R4": PartData(
            "100 kΩ",
            "",
            (PinData("1", Kind.PASSIVE, "pin"), PinData("2", Kind.PASSIVE, GROUND)),
            _RESISTOR,
        ),
    },
    "latch": {
        "CELL": PartData(
            "Li-ion 3.7 V, 500 mAh",
            "Adafruit 1578",
            (PinData("+", Kind.POWER_OUT, "CELL"), PinData("-", Kind.POWER_OUT, GROUND)),
        ),
        "Q1": PartData(
            "P-channel MOSFET",
            "AO3401A",
            (
                PinData("gate", Kind.INPUT, "GATE"),
                PinData("source", Kind.PASSIVE, "CELL"),
                PinData("drain", Kind.PASSIVE, "SWITCHED"),
            ),
            _SOT23,
        ),
        "D2": PartData(
            "Schottky diode 1 A",
            "1N5817",
            # The rail's source: a rule check does not follow current through switch and diode.
            (
                PinData("cathode", Kind.POWER_OUT, SUPPLY),
                PinData("anode", Kind.PASSIVE, "SWITCHED"),
            ),
            _DO41,
        ),
        "R1": PartData(
            "100 kΩ",
            "",
            (PinData("1", Kind.PASSIVE, "CELL"), PinData("2", Kind.PASSIVE, "GATE")),
            _RESISTOR,
        ),
        "C1": PartData(
            "4.7 µF",
            "",
            (PinData("1", Kind.PASSIVE, "GATE"), PinData("2", Kind.PASSIVE, GROUND)),
            _CAPACITOR,
        ),
        "D1": PartData(
            "Double Schottky diode",
            "BAT54C",
            (
                PinData("anode 1", Kind.PASSIVE, "GATE"),
                PinData("anode 2", Kind.PASSIVE, "button.pin"),
                PinData("cathode", Kind.PASSIVE, "KEY"),
            ),
            _SOT23,
        ),
        "Q2": PartData(
            "N-channel MOSFET",
            "2N7002",
            (
                PinData("gate", Kind.INPUT, "pin"),
                PinData("source", Kind.PASSIVE, GROUND),
                PinData("drain", Kind.PASSIVE, "GATE"),
            ),
            _SOT23,
        ),
        "R5": PartData(
            "100 kΩ",
            "",
            (PinData("1", Kind.PASSIVE, "pin"), PinData("2", Kind.PASSIVE, GROUND)),
            _RESISTOR,
        ),
    },
}
