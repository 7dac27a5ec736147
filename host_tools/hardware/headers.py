"""Which pin of a board's header is which GPIO, and where power is.

The order of the pins stands in firmware/mcus.py, with its sources. The Picos' pins are numbered as
printed on their underside, those of the DevKitC-1 by header and position.
"""

from importlib import import_module
from typing import NamedTuple


class Header(NamedTuple):
    """Labels of header pins: by GPIO number, and of the 3.3 V output, the supply's input, one of
    the grounds and the USB cable's supply, "" where that has no pin of its own."""

    gpio: dict[int, str]
    rail: str
    supply: str
    ground: str
    cable: str


_PINS = import_module("firmware.mcus").HEADERS
_PICO_HEADER = Header(
    {
        gpio: f"GP{gpio}, pin {pin}"
        for pin, gpio in enumerate(_PINS["pico"][""], 1)
        if gpio is not None
    },
    "3V3(OUT), pin 36",
    "VSYS, pin 39",
    "GND, pin 38",
    "VBUS, pin 40",
)
_DEVKIT_HEADER = Header(
    {
        gpio: f"{gpio}, {name}-{pin}"
        for name, pins in _PINS["esp32_s3"].items()
        for pin, gpio in enumerate(pins, 1)
        if gpio is not None
    },
    "3V3, J1-1",
    "5V, J1-21",
    "G, J1-22",
    "",
)
HEADERS = {"pico": _PICO_HEADER, "pico2": _PICO_HEADER, "esp32_s3": _DEVKIT_HEADER}
