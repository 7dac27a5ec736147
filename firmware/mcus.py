"""What the pins of each microcontroller can do, for those who check a board file; no token carries
it. Pin numbers are GPIO numbers.

Sources: RP2040 data sheet, sections 1.4.3 (GPIO functions) and 4.9 (ADC); RP2350 data sheet,
sections 1.2.3 and 12.4 (in the Pico 2's package, the RP2350A, the same); for I2S, which the RP2's
programmable input and output makes, MicroPython's ports/rp2/machine_i2s.c; ESP32-S3 data sheet,
tables 2-1 (26 to 32 are the flash's) and 2-8 (ADC).
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
