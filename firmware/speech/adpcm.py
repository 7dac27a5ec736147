"""The decoder of voice packs: machine code where it loads, else plain Python. Both give the same
samples."""

from firmware.speech.adpcm_plain import FADE, INDEX, NEXT, PREDICTOR, RING, ZERO

try:
    from firmware.speech.adpcm_native import blend, decode, silence, take

    NATIVE = True
except (
    ImportError,
    ValueError,
    AttributeError,
):  # not in the image, for another processor, or CPython
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
