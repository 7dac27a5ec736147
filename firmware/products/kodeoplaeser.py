"""Kodeoplæser: large display, keypad and speech.

Times in milliseconds, voltages in millivolts, sample rate in hertz.
"""

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
        "charger",
        "audio",
        "amplifier",
        "jack",
        "vibration",
    ),
    # By number of digits; a training code has 5.
    "code_fonts": {5: "digits6_400", 6: "digits6_400", 7: "digits8_400", 8: "digits8_400"},
    "text_font": "text_400",
    "show_ms": 60_000,  # turns off after the last key or word
    "fresh_ms": 5_000,  # a code's period is fresh for this time: nobody waits for a fresher one
    "combination_ms": 150,  # time after the red key in which another key combines with it
    "second_press_ms": 1_000,  # a second press of the red key within it asks for a function
    "choice_ms": 10_000,  # without a key for so long, the function is given up
    "explore_hold_ms": 2_000,  # holding 0 for this time starts key exploration
    "explore_ms": 20_000,  # key exploration ends after the last key
    "debounce_ms": 5,
    "sample_rate": 16_000,
    "gains": (0, 16, 23, 32, 45, 64, 91, 128, 181, 256),  # 256ths by volume 1..9, 3 dB apart
    "battery_low_mv": 3_500,  # one Li-ion cell: about a tenth of its charge left
    "languages": ("da", "en", "kl"),  # all there are; an image has some of them
    "image_languages": ("da", "en"),  # default choice
    # compiled to the processor's machine code
    "native_modules": (
        "firmware.crypto.chacha20poly1305_native",
        "firmware.crypto.x25519_native",
        "firmware.drivers.sharp_lcd_native",
        "firmware.speech.adpcm_native",
    ),
    # Paths of a language's voice packs, by the setting "voice"; the second is optional. A folder
    # would take two blocks.
    "voices": {1: "/{}.kvp", 2: "/{}2.kvp"},
    # The clips of accounts' names, by their CRC-32, and the letters that spell the others.
    "spoken_names": "/data/{:08x}.kvp",
    "letters": "/letters.kvp",
    # key_delay: tenths of a second. typing_time: seconds that a code is still good for when it has
    # been said, at least; 0 never waits for a fresh one. time_outs: how many times as long the
    # token waits before it turns off, ends the names of the keys or gives up a function. vibration:
    # 0 off, 1 pulses, 2 Morse, in place of the loudspeaker. tones: 1 while red is down and each
    # second of a wait, 0 none. voice: 1 or, where there is a second voice pack, 2.
    "settings": {
        "language": "da",
        "inverted": False,
        "volume": 6,
        "speed": 3,
        "key_delay": 0,
        "typing_time": 12,
        "time_outs": 1,
        "vibration": 0,
        "tones": 1,
        "voice": 1,
    },
    "ranges": {
        "volume": (1, 9),
        "speed": (1, 5),
        "key_delay": (0, 10),
        "typing_time": (0, 60),
        "time_outs": (1, 10),
        "vibration": (0, 2),
        "tones": (0, 1),
        "voice": (1, 2),
    },
    # The steps that the token itself offers.
    "steps": {
        "key_delay": (0, 3, 5, 8),
        "typing_time": (0, 6, 12, 20, 30, 40),
        "time_outs": (1, 2, 5, 10),
        "vibration": (0, 1, 2),
        "tones": (0, 1),
        "voice": (1, 2),
    },
}
