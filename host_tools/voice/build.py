"""Building a voice pack: every phrase at every speed, synthesised or recorded, levelled and
compressed.

A digit is spoken anew at each speed, so that its sounds stay whole; a phrase is spoken once and cut
for the others, which takes a fifth of the flash.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from host_tools.errors import ExitCode, KodebrikError
from host_tools.progress import Progress
from host_tools.voice import adpcm, packfile, recordings, time_scale
from host_tools.voice import levels as sound
from host_tools.voice.languages import PHRASE_FACTORS, SPEEDS, Language
from host_tools.voice.synthesis.engine import ESPEAK, Engine

Recordings = dict[tuple[str, int | None], sound.Sound]


def build(
    language: Language,
    folder: Path | None = None,
    progress: Progress | None = None,
    engine: Engine = ESPEAK,
) -> bytes:
    """Give a pack's bytes; recordings in `folder` replace clips; `progress` hears how many phrases
    of all are done."""
    recorded = recordings.load(folder, set(language.phrases)) if folder else {}
    clips: list[packfile.Clip] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = pool.map(lambda key: _clips(language, key, recorded, engine), language.phrases)
        for done, of_one_key in enumerate(made, 1):
            clips += of_one_key
            if progress:
                progress(done, len(language.phrases))
    description = {
        "language": language.name,
        "voice": engine.called(language.voice.name),
        "digit_voice": engine.called(language.digit_voice.name),
        "engine": engine.name(),
        "licence": engine.licence,
        "reviewed": language.reviewed,
        "recorded": sorted({key for key, _ in recorded}),
        "rate": sound.RATE,
        "codec": "ima-adpcm",
        "speeds": len(SPEEDS),
    }
    return packfile.dump(description, clips)


def _clips(
    language: Language, key: str, recorded: Recordings, engine: Engine
) -> list[packfile.Clip]:
    """Give the clips of one key at all speeds."""
    is_digit = len(key) == 1 and key.isdigit()
    whole = recorded.get((key, None))
    own = {speed: recorded[key, speed] for speed in SPEEDS if (key, speed) in recorded}
    if is_digit and whole is None:
        spoken = {
            speed: own[speed] if speed in own else _say(language, key, rate, engine)
            for speed, rate in zip(SPEEDS, language.digit_voice.digits, strict=True)
        }
        return [_compressed(key, speed, said) for speed, said in spoken.items()]
    once = whole if whole is not None else _say(language, key, language.voice.phrases, engine)
    return [
        _compressed(key, clip.speed, own[clip.speed]) if clip.speed in own else clip
        for clip in _cut(key, once)
    ]


def _cut(key: str, said: sound.Sound) -> list[packfile.Clip]:
    """Give one recording at all speeds."""
    draft = _compressed(key, 0, said)
    heard = adpcm.decode(draft.first, draft.data, draft.count)
    cuts = [time_scale.cuts(heard, factor) for factor in PHRASE_FACTORS]
    # Cuts leave out, or repeat, vowels above all, which are loud: the softest becomes right, others
    # are turned down.
    levels = [sound.loudness(time_scale.render(heard, each) / 32768) for each in cuts]
    once = _compressed(key, 0, said, 2 * sound.LOUDNESS - min(levels))
    return [
        packfile.Clip(
            key,
            speed,
            once.first,
            once.data,
            once.count,
            tuple(each),
            _turned_down(level - min(levels)),
        )
        for speed, each, level in zip(SPEEDS, cuts, levels, strict=True)
    ]


def _turned_down(decibels: float) -> int:
    return round(packfile.FULL_LEVEL * 10 ** (-decibels / 20))


def _say(language: Language, key: str, words_a_minute: int, engine: Engine) -> sound.Sound:
    voice = language.digit_voice if key.isdigit() else language.voice
    return engine.say(language.phrases[key], voice.name, words_a_minute)


def _compressed(
    key: str, speed: int, said: sound.Sound, level: float = sound.LOUDNESS
) -> packfile.Clip:
    shaped = sound.normalise(sound.soften_edges(sound.trim(said)), level)
    first, data = adpcm.encode(np.round(shaped * 32767).astype(np.int16))
    if len(shaped) > recordings.LONGEST * sound.RATE:
        raise KodebrikError(
            f"The clip '{key}' lasts more than {recordings.LONGEST} seconds.",
            "Split its text into several phrases.",
            ExitCode.BAD_INPUT,
        )
    return packfile.Clip(key, speed, first, data, len(shaped))
