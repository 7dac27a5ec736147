"""Speech from espeak-ng, through the library and data that the package espeakng-loader brings.

espeak-ng is deterministic for the first utterance of a process alone, so each one gets a process of its own, which
runs this very module: voice and words a minute as arguments, the text on standard input, samples on standard output.
"""

import ctypes
import os
import subprocess
import sys
from functools import cache
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from host_tools.errors import ExitCode, KodebrikError

RATE = 22050
LICENCE = "Speech synthesised with eSpeak NG, which is GPL-3.0-or-later; its licence lays no claim on what it says"
_SYNCHRONOUS, _DO_NOT_EXIT = 2, 0x8000  # speak_lib.h: AUDIO_OUTPUT_SYNCHRONOUS, espeakINITIALIZE_DONT_EXIT
_WORDS_A_MINUTE, _CHARACTERS, _UTF8 = 1, 1, 1  # espeakRATE, POS_CHARACTER, espeakCHARS_UTF8


@cache
def engine() -> str:
    """Name the synthesiser and its version."""
    return f"eSpeak NG of espeakng-loader {version('espeakng-loader')}"


def say(text: str, voice: str, words_a_minute: int) -> NDArray[np.float64]:
    """Give the samples of a text at RATE, from -1 to 1, with whatever silence the synthesiser put around it."""
    command = [sys.executable, "-m", "host_tools.voice.espeak", voice, str(words_a_minute)]
    process = subprocess.run(command, input=text.encode(), capture_output=True, check=False)  # noqa: S603 - our own
    if process.returncode or not process.stdout:
        complaint = process.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise KodebrikError(
            f"The synthesiser did not say '{text}': {complaint or 'it gave no sound'}.",
            f"Check the voice '{voice}'; 'da', 'en' and 'kl' exist, with variants such as 'da+f5'.",
            ExitCode.BAD_INPUT,
        )
    return np.frombuffer(process.stdout, "<i2").astype(np.float64) / 32768


def _speak(text: bytes, voice: str, words_a_minute: int) -> bytes:
    import espeakng_loader  # noqa: PLC0415 - the only process that needs it

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    pieces = []

    def collect(samples: int | None, count: int, _: int) -> int:
        if samples and count:
            pieces.append(ctypes.string_at(samples, 2 * count))
        return 0

    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(collect)
    data = os.fsencode(espeakng_loader.get_data_path())
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DO_NOT_EXIT)
    if rate != RATE:
        raise SystemExit(f"it starts with {rate} samples a second, not {RATE}")
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(voice.encode()):
        raise SystemExit("it has no such voice")
    library.espeak_SetParameter(_WORDS_A_MINUTE, words_a_minute, 0)
    library.espeak_Synth(text, ctypes.c_size_t(len(text) + 1), 0, _CHARACTERS, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    return b"".join(pieces)


if __name__ == "__main__":
    sys.stdout.buffer.write(_speak(sys.stdin.buffer.read(), sys.argv[1], int(sys.argv[2])))
