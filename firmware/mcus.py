"""What the pins of each microcontroller can do, and which of them a board brings out, for those who
check a board file; no token carries it. Pin numbers are GPIO numbers.

Sources: RP2040 data sheet, sections 1.4.3 (GPIO functions) and 4.9 (ADC); RP2350 data sheet,
sections 1.2.3 and 12.4 (in the Pico 2's package, the RP2350A, the same); for I2S, which the RP2's
programmable input and output makes, MicroPython's ports/rp2/machine_i2s.c; ESP32-S3 data sheet,
tables 2-1 (26 to 32 are the flash's) and 2-8 (ADC). Headers: Raspberry Pi Pico and Pico 2 data
sheets, figure 4 (the same on both); ESP32-S3-DevKitC-1 user guide v1.1, header block.
"""

_RP2 = {
    "pins": tuple(range(30)),
    # By kind and number of the bus: the pins that can be its lines; others are free.
    "buses": {
        "i2c": {
            0: {"sda": tuple(range(0, 30, 4)), "scl": tuple(range(1, 30, 4))},
            1: {"sda": tuple(range(2, 30, 4)), "scl": tuple(range(3, 30, 4))},
        },
        "spi": {
            0: {"sck": (2, 6, 18, 22), "mosi": (3, 7, 19, 23)},
            1: {"sck": (10, 14, 26), "mosi": (11, 15, 27)},
        },
        "i2s": {0: {}, 1: {}},
    },
    "ws_follows_sck": True,
    "adc": (26, 27, 28, 29),
}

MCUS = {
    "RP2040": _RP2,
    "RP2350": _RP2,
    "ESP32-S3": {
        "pins": tuple(range(22)) + tuple(range(33, 49)),
        "buses": {},  # its GPIO matrix leads any bus to any pin
        "ws_follows_sck": False,
        "adc": tuple(range(1, 21)),
    },
}

# The pins of a board's headers, by header, in the order in which they are numbered, from 1; None is
# power, ground or reset, and what is missing at the end too.
# fmt: off
_PICO_HEADER = {
    "": (
        0, 1, None, 2, 3, 4, 5, None, 6, 7, 8, 9, None, 10, 11, 12, 13, None, 14, 15,
        16, 17, None, 18, 19, 20, 21, None, 22, None, 26, 27, None, 28,
    ),
}
HEADERS: dict = {
    "pico": _PICO_HEADER,
    "pico2": _PICO_HEADER,
    "esp32_s3": {
        "J1": (None, None, None, 4, 5, 6, 7, 15, 16, 17, 18, 8, 3, 46, 9, 10, 11, 12, 13, 14),
        "J3": (None, 43, 44, 1, 2, 42, 41, 40, 39, 38, 37, 36, 35, 0, 45, 48, 47, 21, 20, 19),
    },
}
# fmt: on
# Pins that a board has wired itself: what they are for.
INSIDE: dict = {"pico": {24: "usb"}, "pico2": {24: "usb"}, "esp32_s3": {}}


def brought_out(board: str, pin: int, part: str) -> bool:
    """Return whether a board brings a pin out, or has that part on it itself; of a board that is
    not known here nobody can say that it does not."""
    headers = HEADERS.get(board)
    if headers is None or INSIDE[board].get(pin) == part:
        return True
    return any(pin in pins for pins in headers.values())
