"""The letter that goes with a token as sound: its sentences in the voice of the voice packs."""

from pathlib import Path

import numpy as np

from host_tools.factory import handout
from host_tools.factory.handout import Handout
from host_tools.voice import levels, playback
from host_tools.voice.adpcm import Samples
from host_tools.voice.synthesis import aloud

_PAUSE = 0.6  # seconds between sentences


def write(letter: Handout, path: Path) -> None:
    """Write the letter as a WAV file, 16 bits at 16 kHz."""
    playback.write_wav(path, samples(list(handout.sentences(letter)), letter.language))


def samples(sentences: list[str], language: str) -> Samples:
    """Give sentences as 16-bit samples, with pauses between them."""
    pause = np.zeros(round(_PAUSE * levels.RATE), np.int16)
    pieces: list[Samples] = []
    for sentence in sentences:
        spoken = levels.normalise(levels.trim(aloud.synthesised(sentence, language)))
        pieces += [np.round(spoken * 32767).astype(np.int16), pause]
    return np.concatenate(pieces)
