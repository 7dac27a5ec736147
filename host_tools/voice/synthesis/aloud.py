"""Says a sentence on this machine's loudspeaker, in the voice of the voice packs."""

from host_tools.voice import languages, levels, playback
from host_tools.voice.synthesis.engine import ESPEAK


def synthesised(text: str, language: str) -> levels.Sound:
    """Give a sentence as samples from -1 to 1 at levels.RATE, at the rate of the phrases."""
    voice = languages.load(language).voice
    return ESPEAK.say(text, voice.name, voice.phrases)


def say(text: str, language: str) -> None:
    """Say a sentence to its end; KodebrikError on a machine without sound output."""
    playback.play(levels.samples(synthesised(text, language)))
