"""Kodeviser: key fob with one button and a small display.

Times in milliseconds, voltages in millivolts.
"""

PRODUCT = {
    "name": "kodeviser",
    "title": "Kodeviser",
    "interface": "fob",
    "parts": ("display", "clock", "button", "battery", "latch", "usb", "charger"),
    "code_fonts": {6: "digits6", 7: "digits8", 8: "digits8"},
    "text_font": "text",
    # compiled to the processor's machine code
    "native_modules": (
        "firmware.crypto.chacha20poly1305_native",
        "firmware.crypto.x25519_native",
    ),
    "show_ms": 30_000,  # turns off after this time, as often as the setting time_outs says
    "late_ms": 8_000,  # a code with less time left is marked
    "sooner_ms": 3_000,  # a press so soon after it asks for the code that follows
    "hold_ms": 6_000,  # holding the button opens the information pages
    "debounce_ms": 5,
    "battery_low_mv": 3_500,  # one Li-ion cell: about a tenth of its charge left
    "languages": ("da", "en"),  # all there are; an image has some of them
    "image_languages": ("da", "en"),  # default choice
    "settings": {"flip": False, "language": "da", "brightness": 3, "time_outs": 1},
    "ranges": {"brightness": (1, 5), "time_outs": (1, 10)},
}
