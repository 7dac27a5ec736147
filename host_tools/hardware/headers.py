"""Which pin of a board's header is which GPIO, and where power is.

Sources: Raspberry Pi Pico and Pico 2 data sheets, figure 4 (the same header on both);
ESP32-S3-DevKitC-1 user guide v1.1, header block. The Picos' pins are numbered as printed on their
underside, those of the DevKitC-1 by header and position.
"""

from typing import NamedTuple


class Header(NamedTuple):
    """Labels of header pins: by GPIO number, and of the 3.3 V output, the supply's input and one
    of the grounds."""

    gpio: dict[int, str]
    rail: str
    supply: str
    ground: str


_NONE = -1  # no GPIO: power, ground, reset
# fmt: off
_PICO = (  # pins 1 to 20, 21 to 34
    0, 1, _NONE, 2, 3, 4, 5, _NONE, 6, 7, 8, 9, _NONE, 10, 11, 12, 13, _NONE, 14, 15,
    16, 17, _NONE, 18, 19, 20, 21, _NONE, 22, _NONE, 26, 27, _NONE, 28,
)
_J1 = (_NONE, _NONE, _NONE, 4, 5, 6, 7, 15, 16, 17, 18, 8, 3, 46, 9, 10, 11, 12, 13, 14)
_J3 = (_NONE, 43, 44, 1, 2, 42, 41, 40, 39, 38, 37, 36, 35, 0, 45, 48, 47, 21, 20, 19)
# fmt: on
_PICO_HEADER = Header(
    {gpio: f"GP{gpio}, pin {pin}" for pin, gpio in enumerate(_PICO, 1) if gpio != _NONE},
    "3V3(OUT), pin 36",
    "VSYS, pin 39",
    "GND, pin 38",
)
_DEVKIT_HEADER = Header(
    {
        gpio: f"{gpio}, {name}-{pin}"
        for name, pins in (("J1", _J1), ("J3", _J3))
        for pin, gpio in enumerate(pins, 1)
        if gpio != _NONE
    },
    "3V3, J1-1",
    "5V, J1-21",
    "G, J1-22",
)
HEADERS = {"pico": _PICO_HEADER, "pico2": _PICO_HEADER, "esp32_s3": _DEVKIT_HEADER}
