"""The interface of a speech synthesiser to the building of voice packs, and its
implementations."""

from collections.abc import Callable
from dataclasses import dataclass

from host_tools.voice import levels
from host_tools.voice.synthesis import espeak, espeak_process, pyttsx3
from host_tools.voice.synthesis.command import CommandEngine


@dataclass(frozen=True)
class Engine:
    """A synthesiser.

    `name()` gives its name and version, `say(text, voice, words_a_minute)` samples at levels.RATE,
    `voice_name(voice)` the engine's own name for a voice of languages.VOICES.
    """

    name: Callable[[], str]
    licence: str
    say: Callable[[str, str, int], levels.Sound]
    voice_name: Callable[[str], str]


def _espeak(text: str, voice: str, words_a_minute: int) -> levels.Sound:
    return levels.resample(espeak.say(text, voice, words_a_minute), espeak_process.RATE)


def _system(text: str, voice: str, words_a_minute: int) -> levels.Sound:
    return pyttsx3.synthesise(text, _language(voice), words_a_minute)


def _language(voice: str) -> str:
    return voice.partition("+")[0]


ESPEAK = Engine(espeak.engine, espeak.LICENCE, _espeak, str)
SYSTEM = Engine(
    pyttsx3.engine, pyttsx3.LICENCE, _system, lambda voice: pyttsx3.voice(_language(voice))
)


def engine(asked: str) -> Engine:
    """Give an engine by its name, or the user's own by its command line; KodebrikError when there
    is neither."""
    named = {"espeak": ESPEAK, "pyttsx3": SYSTEM}.get(asked)
    if named is not None:
        return named
    command = CommandEngine(asked)
    return Engine(
        lambda: command.name,
        command.licence,
        lambda text, voice, rate: command.say(text, _language(voice), rate),
        _language,
    )
