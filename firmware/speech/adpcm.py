"""The decoder of voice packs: machine code where it loads, else plain Python.

Both give the same samples.
"""

from firmware.speech.adpcm_plain import FADE, INDEX, NEXT, PREDICTOR, RING, ZERO

try:
    from firmware.speech.adpcm_native import blend, decode, silence, take

    NATIVE = True
# Not in the image, compiled for another processor, or CPython.
except (ImportError, ValueError, AttributeError):
    from firmware.speech.adpcm_plain import blend, decode, silence, take

    NATIVE = False

__all__ = [
    "FADE",
    "INDEX",
    "NATIVE",
    "NEXT",
    "PREDICTOR",
    "RING",
    "ZERO",
    "blend",
    "decode",
    "silence",
    "take",
]
