"""Raspberry Pi Pico (RP2040). Pin numbers are GPIO numbers.

Source: Raspberry Pi Pico data sheet, figure 4 and section 2.1.
"""

BOARD = {
    "name": "pico",
    "title": "Raspberry Pi Pico",
    "mcu": "RP2040",
    "micropython": "RPI_PICO",
    "native": "armv6m",
    # The file system of official MicroPython, in the upper part of the 2 MB flash.
    "filesystem": {"size": 1408 * 1024, "block": 4096, "program": 256},
    "buses": {
        "i2c": {"kind": "i2c", "id": 0, "sda": 4, "scl": 5, "frequency": 400_000},
        "spi": {"kind": "spi", "id": 0, "sck": 18, "mosi": 19, "frequency": 2_000_000},
        "i2s": {"kind": "i2s", "id": 0, "sck": 10, "ws": 11, "sd": 9, "ring_ms": 256},
    },
    "products": {
        "kodeviser": {
            "display": {
                "chip": "ssd1306",
                "bus": "i2c",
                "address": 0x3C,
                "width": 128,
                "height": 64,
            },
            "clock": {"chip": "ds3231", "bus": "i2c", "address": 0x68},
            "button": {"chip": "button", "pin": 15},
            # 100 kohm / 100 kohm from the cell, so the ADC sees half of it against its 3.3 V
            # reference.
            "battery": {"chip": "battery", "pin": 26, "ratio": 2, "reference_mv": 3300},
            "latch": {"chip": "latch", "pin": 14},
            "usb": {"chip": "usb", "pin": 24},
            # optional: without a charger nothing is connected
            "charger": {"chip": "charger", "pin": 21},
        },
        "kodeoplaeser": {
            "display": {
                "chip": "sharp_lcd",
                "bus": "spi",
                "select": 17,
                "enable": 20,
                "width": 400,
                "height": 240,
            },
            "clock": {"chip": "ds3231", "bus": "i2c", "address": 0x68},
            "keypad": {"chip": "keypad", "rows": (0, 1, 2, 3), "columns": (6, 7, 8), "timer": -1},
            "button": {"chip": "button", "pin": 15},
            "battery": {"chip": "battery", "pin": 26, "ratio": 2, "reference_mv": 3300},
            "latch": {"chip": "latch", "pin": 14},
            "usb": {"chip": "usb", "pin": 24},
            # optional: without a charger nothing is connected
            "charger": {"chip": "charger", "pin": 21},
            "audio": {"chip": "i2s", "bus": "i2s"},
            "amplifier": {"chip": "amplifier", "pin": 12},
            "jack": {"chip": "jack", "pin": 13},
            # optional: without a motor nothing is connected
            "vibration": {"chip": "vibration", "pin": 22, "timer": -1},
        },
    },
}
