"""What a synthesiser is to the building of voice packs, and the two there are."""

from collections.abc import Callable
from dataclasses import dataclass

from host_tools.voice import espeak, sound, speaker, system


@dataclass(frozen=True)
class Engine:
    """A synthesiser: `name()` with its version, and `say(text, voice, words a minute)`, which gives samples at RATE.

    `voice` is one of languages.VOICES; `called(voice)` is what the engine has for it.
    """

    name: Callable[[], str]
    licence: str
    say: Callable[[str, str, int], sound.Sound]
    called: Callable[[str], str]


def _espeak(text: str, voice: str, words_a_minute: int) -> sound.Sound:
    return sound.resample(espeak.say(text, voice, words_a_minute), speaker.RATE)


def _system(text: str, voice: str, words_a_minute: int) -> sound.Sound:
    return system.synthesise(text, _language(voice), words_a_minute)


def _language(voice: str) -> str:
    return voice.partition("+")[0]


ESPEAK = Engine(espeak.engine, espeak.LICENCE, _espeak, str)
SYSTEM = Engine(system.engine, system.LICENCE, _system, lambda voice: system.voice(_language(voice)))
