"""Builds a voice pack: every phrase at every speed, synthesised or recorded, levelled and
compressed.

Digits are synthesised at each speed, for the best intelligibility; other phrases once, with cuts
(time_scale.py) for the other speeds, which takes a fifth of the flash.
"""

import os
from pathlib import Path

from host_tools import interrupts
from host_tools.errors import ExitCode, KodebrikError
from host_tools.progress import Progress
from host_tools.voice import adpcm, levels, packfile, recordings, time_scale
from host_tools.voice.languages import PHRASE_FACTORS, SPEEDS, Language
from host_tools.voice.synthesis.engine import ESPEAK, Engine

Recordings = dict[tuple[str, int | None], levels.Sound]


def build(
    language: Language,
    folder: Path | None = None,
    progress: Progress | None = None,
    engine: Engine = ESPEAK,
    synthesised: bytes | None = None,
) -> bytes:
    """Give the bytes of a language's pack; WAV files in `folder` replace synthesised clips.

    `progress` counts phrases. `synthesised` is the language's pack without recordings, by the same
    engine, if there is one: phrases that nobody recorded are taken from it. KodebrikError for
    unusable recordings or a text that cannot be synthesised.
    """
    recorded = recordings.load(folder, set(language.phrases)) if folder else {}
    kept = _by_phrase(synthesised) if synthesised else {}
    for key, _ in recorded:
        kept.pop(key, None)
    clips: list[packfile.Clip] = []
    with interrupts.threads(os.cpu_count()) as pool:
        made = pool.map(
            lambda key: kept.get(key) or _clips(language, key, recorded, engine), language.phrases
        )
        for done, of_one_key in enumerate(made, 1):
            clips += of_one_key
            if progress:
                progress(done, len(language.phrases))
    description = {
        "language": language.name,
        "voice": engine.voice_name(language.voice.name),
        "digit_voice": engine.voice_name(language.digit_voice.name),
        "engine": engine.name(),
        "licence": engine.licence,
        "reviewed": language.reviewed,
        "recorded": sorted({key for key, _ in recorded}),
        "rate": levels.RATE,
        "codec": "ima-adpcm",
        "speeds": len(SPEEDS),
    }
    return packfile.dump(description, clips)


def _by_phrase(pack: bytes) -> dict[str, list[packfile.Clip]]:
    clips: dict[str, list[packfile.Clip]] = {}
    for clip in packfile.load(pack)[1]:
        clips.setdefault(clip.name, []).append(clip)
    return clips


def _clips(
    language: Language, key: str, recorded: Recordings, engine: Engine
) -> list[packfile.Clip]:
    """Give the clips of one phrase or digit at all speeds."""
    is_digit = len(key) == 1 and key.isdigit()
    whole = recorded.get((key, None))
    own = {speed: recorded[key, speed] for speed in SPEEDS if (key, speed) in recorded}
    if is_digit and whole is None:
        spoken = {
            speed: own[speed] if speed in own else _say(language, key, rate, engine)
            for speed, rate in zip(SPEEDS, language.digit_voice.digits, strict=True)
        }
        return [compressed(key, speed, said) for speed, said in spoken.items()]
    once = whole if whole is not None else _say(language, key, language.voice.phrases, engine)
    return [
        compressed(key, clip.speed, own[clip.speed]) if clip.speed in own else clip
        for clip in at_all_speeds(key, once)
    ]


def at_all_speeds(key: str, said: levels.Sound) -> list[packfile.Clip]:
    """Give one recording at all speeds, with the cuts of each."""
    draft = compressed(key, 0, said)
    heard = adpcm.decode(draft.first, draft.data, draft.count)
    cuts = [time_scale.cuts(heard, factor) for factor in PHRASE_FACTORS]
    # Cuts leave out or repeat mostly vowels, which are loud, so loudness varies between speeds: the
    # data gets the level at which the softest speed is right, and the others are turned down.
    loudness = [levels.loudness(time_scale.render(heard, each) / 32768) for each in cuts]
    once = compressed(key, 0, said, 2 * levels.LOUDNESS - min(loudness))
    return [
        packfile.Clip(
            key,
            speed,
            once.first,
            once.data,
            once.count,
            tuple(each),
            _turned_down(level - min(loudness)),
        )
        for speed, each, level in zip(SPEEDS, cuts, loudness, strict=True)
    ]


def _turned_down(decibels: float) -> int:
    """Give the clip level (of packfile.FULL_LEVEL) that attenuates by `decibels`."""
    return round(packfile.FULL_LEVEL * 10 ** (-decibels / 20))


def _say(language: Language, key: str, words_a_minute: int, engine: Engine) -> levels.Sound:
    voice = language.digit_voice if key.isdigit() else language.voice
    return engine.say(language.phrases[key], voice.name, words_a_minute)


def compressed(
    key: str, speed: int, said: levels.Sound, level: float = levels.LOUDNESS
) -> packfile.Clip:
    """Make a clip of what is said, at a loudness in LUFS."""
    shaped = levels.normalise(levels.soften_edges(levels.trim(said)), level)
    first, data = adpcm.encode(levels.samples(shaped))
    if len(shaped) > recordings.LONGEST * levels.RATE:
        raise KodebrikError(
            "voice-clip-long", ExitCode.BAD_INPUT, clip=key, most=recordings.LONGEST
        )
    return packfile.Clip(key, speed, first, data, len(shaped))
