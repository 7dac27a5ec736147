"""Synthesises one utterance by an operating system's voice, in a process that pyttsx3.py starts.

Arguments: language, words a minute and the sound file to write; the text is standard input. The
last line of standard output is the voice's name; pyttsx3 prints there too. It is a process of its
own because pyttsx3 writes only the last of several files, and espeak-ng ends the whole process on
errors.
"""

import ctypes
import os
import sys
from typing import Any

_LIBRARY = "libespeak-ng.so.1"  # what pyttsx3 asks for on Linux
_TRIES = 3  # to set the rate


def _offer_espeak() -> None:
    """Load the espeak-ng of espeakng-loader for pyttsx3 on a Linux without one; to be called before
    pyttsx3 is imported."""
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL(_LIBRARY)
    except OSError:
        import espeakng_loader  # noqa: PLC0415 - where it is needed

        os.environ["ESPEAK_DATA_PATH"] = str(espeakng_loader.get_data_path())
        ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)


def _voice(engine: Any, language: str) -> str:
    """Give the id of a voice for a language such as "da": named da, da-DK or da_DK, the shortest
    name first."""
    found = []
    for voice in engine.getProperty("voices"):
        for code in voice.languages or ():
            name = code.decode(errors="ignore") if isinstance(code, bytes) else code
            if name.replace("_", "-").lower().split("-")[0] == language:
                found.append((len(name), str(voice.id)))
    if not found:
        raise SystemExit(f"there is no voice for the language '{language}'")
    return min(found, key=lambda each: each[0])[1]


def _speak(language: str, words_a_minute: int, path: str, text: str) -> str:
    _offer_espeak()
    import pyttsx3  # noqa: PLC0415 - an extra, and the library must be there first

    engine = pyttsx3.init()
    voice = _voice(engine, language)
    engine.setProperty("voice", voice)
    engine.setProperty("rate", words_a_minute)
    if sys.platform == "linux":
        _settle(engine, words_a_minute)
    engine.save_to_file(text, path)
    engine.runAndWait()
    if sys.platform == "linux":
        _wait_for_espeak()
    return voice


def _settle(engine: Any, words_a_minute: int) -> None:
    """Let espeak-ng take the settings before it gets a text: runAndWait() cancels what espeak-ng
    has not done yet, and with it a rate that it was only just told."""
    engine.proxy.setBusy(False)
    for _ in range(_TRIES):
        _wait_for_espeak()
        if engine.getProperty("rate") == words_a_minute:
            break
        engine.setProperty("rate", words_a_minute)
    else:
        raise SystemExit(f"the voice does not take the rate of {words_a_minute} words a minute")
    engine.proxy.setBusy(True)


def _wait_for_espeak() -> None:
    """Wait until espeak-ng has done all that it was told, also synthesised and written the file: it
    does so in a thread of its own, and pyttsx3 does not wait for it."""
    from pyttsx3.drivers import _espeak  # noqa: PLC0415 - an extra

    _espeak.Synchronize()


if __name__ == "__main__":
    print(_speak(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.stdin.read()))
    sys.stdout.flush()
    os._exit(0)  # pyttsx3's espeak-ng driver crashes while Python finalises its modules
