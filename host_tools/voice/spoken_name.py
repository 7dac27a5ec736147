"""The spoken name of an account: a voice pack of one clip at all speeds, which a token keeps beside
the account (firmware/storage/spoken_names.py)."""

from functools import cache
from pathlib import Path

from host_tools.errors import ExitCode, KodebrikError
from host_tools.voice import build, languages, levels, packfile, recordings
from host_tools.voice.languages import SPEEDS
from host_tools.voice.synthesis.engine import ESPEAK

CLIP = "name"
LONGEST = 2.0  # seconds, without the silence around


@cache
def synthesised(text: str, language: str) -> bytes:
    """Give the pack of a text in the voice of a language; KodebrikError when it takes too long."""
    voice = languages.load(language).voice
    return _packed(ESPEAK.say(text, voice.name, voice.phrases))


def recorded(path: Path) -> bytes:
    """Give the pack of a WAV file; KodebrikError for an unusable recording, or one that takes too
    long."""
    return _packed(recordings.load_one(path))


def _packed(said: levels.Sound) -> bytes:
    seconds = len(levels.trim(said)) / levels.RATE
    if seconds > LONGEST:
        raise KodebrikError("spoken-name-long", ExitCode.BAD_INPUT, seconds=seconds, most=LONGEST)
    description = {"rate": levels.RATE, "codec": "ima-adpcm", "speeds": len(SPEEDS)}
    return packfile.dump(description, build.at_all_speeds(CLIP, said))
