"""Kodeoplæser: large display, keypad and speech. Times in milliseconds, voltages in millivolts,
samples a second."""

PRODUCT = {
    "name": "kodeoplaeser",
    "title": "Kodeoplæser",
    "interface": "speaking",
    "parts": (
        "display",
        "clock",
        "keypad",
        "button",
        "battery",
        "latch",
        "usb",
        "audio",
        "amplifier",
        "jack",
    ),
    "code_fonts": {
        5: "digits6_400",
        6: "digits6_400",
        7: "digits8_400",
        8: "digits8_400",
    },  # 5: a training code
    "text_font": "text_400",
    "show_ms": 60_000,  # off again by itself after the last key or word
    "combination_ms": 150,  # how long the red key waits for another key to be combined with
    "second_press_ms": 1_000,  # a second press of the red key within it asks for a function
    "explore_hold_ms": 2_000,  # how long 0 is held for the names of the keys
    "explore_ms": 20_000,  # after the last key the exploration ends
    "debounce_ms": 5,
    "sample_rate": 16_000,
    "gains": (0, 16, 23, 32, 45, 64, 91, 128, 181, 256),  # 256ths by volume 1..9, 3 dB apart
    "battery_low_mv": 3_500,  # one Li-ion cell: about a tenth of its charge left
    "languages": ("da", "en", "kl"),  # that there are; an image carries some of them
    "image_languages": ("da", "en"),  # unless others are asked for
    "native_modules": ("firmware.speech.adpcm_native",),  # compiled to the processor's machine code
    "voices": "/voice/{}.kvp",  # where the voice pack of a language lies
    "settings": {"language": "da", "inverted": False, "volume": 6, "speed": 3, "key_delay": 0},
    "ranges": {
        "volume": (1, 9),
        "speed": (1, 5),
        "key_delay": (0, 10),
    },  # key_delay: tenths of a second
}
