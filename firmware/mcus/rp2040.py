"""RP2040. Pin numbers are GPIO numbers.

Source: RP2040 data sheet, sections 1.4.3 (GPIO functions) and 4.9 (ADC); for I2S, which the
programmable input and output makes, MicroPython's ports/rp2/machine_i2s.c.
"""

MCU = {
    "name": "RP2040",
    "pins": tuple(range(30)),
    # By kind and number of the bus: the pins that can be each of its lines.
    "buses": {
        "i2c": {
            0: {"sda": tuple(range(0, 30, 4)), "scl": tuple(range(1, 30, 4))},
            1: {"sda": tuple(range(2, 30, 4)), "scl": tuple(range(3, 30, 4))},
        },
        "spi": {
            0: {"sck": (2, 6, 18, 22), "mosi": (3, 7, 19, 23)},
            1: {"sck": (10, 14, 26), "mosi": (11, 15, 27)},
        },
        "i2s": {
            0: {"sck": tuple(range(29)), "ws": tuple(range(1, 30)), "sd": tuple(range(30))},
            1: {"sck": tuple(range(29)), "ws": tuple(range(1, 30)), "sd": tuple(range(30))},
        },
    },
    "ws_follows_sck": True,
    "adc": (26, 27, 28, 29),
}
