"""Espressif ESP32-S3-DevKitC-1 (N8). Source: ESP32-S3-DevKitC-1 user guide, header blocks J1 and J3."""

BOARD = {
    "name": "esp32_s3",
    "title": "ESP32-S3-DevKitC-1",
    "mcu": "ESP32-S3",
    "micropython": "ESP32_GENERIC_S3",
    # The 'vfs' partition of official MicroPython's 8 MB layout.
    "filesystem": {"size": 6 * 1024 * 1024, "block": 4096, "program": 256},
    "buses": {"i2c": {"kind": "i2c", "id": 0, "sda": 8, "scl": 9, "frequency": 400_000}},
    "products": {
        "kodeviser": {
            "display": {"chip": "ssd1306", "bus": "i2c", "address": 0x3C, "width": 128, "height": 64},
            "clock": {"chip": "ds3231", "bus": "i2c", "address": 0x68},
            "button": {"chip": "button", "pin": 4},
            "battery": {"chip": "battery", "pin": 1, "ratio": 2, "reference_mv": 3300},
            "latch": {"chip": "latch", "pin": 5},
            # The DevKitC has no VBUS sense line: no usb part.
        },
    },
}
