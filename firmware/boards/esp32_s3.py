"""Espressif ESP32-S3-DevKitC-1 (N8). Source: ESP32-S3-DevKitC-1 user guide, header blocks J1 and
J3."""

BOARD = {
    "name": "esp32_s3",
    "title": "ESP32-S3-DevKitC-1",
    "mcu": "ESP32-S3",
    "micropython": "ESP32_GENERIC_S3",
    "native": "xtensawin",
    # The 'vfs' partition of official MicroPython's 8 MB layout, mounted with VfsLfs2's own sizes.
    "filesystem": {"size": 6 * 1024 * 1024, "block": 4096, "program": 32},
    "buses": {
        "i2c": {"kind": "i2c", "id": 0, "sda": 8, "scl": 9, "frequency": 400_000},
        "spi": {"kind": "spi", "id": 1, "sck": 12, "mosi": 11, "frequency": 2_000_000},
        # The port's I2S driver sends the whole ring before the first sample, so the ring's
        # length adds to the delay after a press.
        "i2s": {"kind": "i2s", "id": 0, "sck": 15, "ws": 16, "sd": 17, "ring_ms": 96},
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
            "button": {"chip": "button", "pin": 4},
            "battery": {"chip": "battery", "pin": 1, "ratio": 2, "reference_mv": 3300},
            "latch": {"chip": "latch", "pin": 5},
            # The DevKitC has no VBUS sense line: no usb part.
        },
        "kodeoplaeser": {
            "display": {
                "chip": "sharp_lcd",
                "bus": "spi",
                "select": 10,
                "enable": 14,
                "width": 400,
                "height": 240,
            },
            "clock": {"chip": "ds3231", "bus": "i2c", "address": 0x68},
            "keypad": {
                "chip": "keypad",
                "rows": (39, 40, 41, 42),
                "columns": (2, 6, 7),
                "timer": 0,
            },
            "button": {"chip": "button", "pin": 4},
            "battery": {"chip": "battery", "pin": 1, "ratio": 2, "reference_mv": 3300},
            "latch": {"chip": "latch", "pin": 5},
            "audio": {"chip": "i2s", "bus": "i2s"},
            "amplifier": {"chip": "amplifier", "pin": 18},
            "jack": {"chip": "jack", "pin": 21},
            # optional: without a motor nothing is connected
            "vibration": {"chip": "vibration", "pin": 38, "timer": 1},
        },
    },
}
