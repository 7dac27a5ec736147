"""Synthesises one utterance by espeak-ng, in a process that espeak.py starts.

Arguments: voice, words a minute and pitch (0 to 100); the text is standard input, the samples
standard output. It imports little, because it is started often.
"""

import ctypes
import os
import sys

import espeakng_loader

RATE = 22050  # samples a second
# speak_lib.h: AUDIO_OUTPUT_SYNCHRONOUS, espeakINITIALIZE_DONT_EXIT
_SYNCHRONOUS, _DO_NOT_EXIT = 2, 0x8000
_WORDS_A_MINUTE, _PITCH = 1, 3  # espeakRATE, espeakPITCH
_CHARACTERS, _UTF8 = 1, 1  # POS_CHARACTER, espeakCHARS_UTF8
_SEED = 1  # of the noise in breath; without it the library takes the time of day


def _speak(text: bytes, voice: str, words_a_minute: int, pitch: int) -> bytes:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    pieces = []

    def collect(samples: int | None, count: int, _: int) -> int:
        if samples and count:
            pieces.append(ctypes.string_at(samples, 2 * count))
        return 0

    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
        collect
    )
    data = os.fsencode(espeakng_loader.get_data_path())
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DO_NOT_EXIT)
    if rate != RATE:
        raise SystemExit(f"it starts with {rate} samples a second, not {RATE}")
    library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(voice.encode()):
        raise SystemExit("it has no such voice")
    library.espeak_SetParameter(_WORDS_A_MINUTE, words_a_minute, 0)
    library.espeak_SetParameter(_PITCH, pitch, 0)
    library.espeak_Synth(text, ctypes.c_size_t(len(text) + 1), 0, _CHARACTERS, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    return b"".join(pieces)


if __name__ == "__main__":
    chosen = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    sys.stdout.buffer.write(_speak(sys.stdin.buffer.read(), *chosen))
