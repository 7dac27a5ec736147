"""ESP32-S3. Pin numbers are GPIO numbers. Its GPIO matrix leads any bus to any pin.

Source: ESP32-S3 data sheet, tables 2-1 (pins; 26 to 32 are the flash's) and 2-8 (ADC).
"""

MCU = {
    "name": "ESP32-S3",
    "pins": tuple(range(22)) + tuple(range(33, 49)),
    "buses": {},
    "ws_follows_sck": False,
    "adc": tuple(range(1, 21)),
}
