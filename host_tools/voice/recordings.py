"""Recorded clips: a folder of WAV files that replace synthesised ones.

`NAME.wav` is a phrase or digit for all speeds, `NAME.SPEED.wav` for one of them (1 to 5). The names
are the keys in firmware/speech/phrases_*.py.
"""

from pathlib import Path

import miniaudio
import numpy as np

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message, listed
from host_tools.messages.system_errors import reason
from host_tools.voice import levels
from host_tools.voice.languages import SPEEDS

SHORTEST, LONGEST = 0.08, 8.0  # seconds, without the silence around
LOWEST_RATE = 16000
_SOFTEST = -45.0  # LUFS; amplifying anything softer makes background noise audible
_CLIPPED = 3  # consecutive samples at full scale that count as clipping
_FULL = 0.999


def load(folder: Path, keys: set[str]) -> dict[tuple[str, int | None], levels.Sound]:
    """Read the WAV files of a folder: (key, speed) -> sound, speed None for all speeds.

    KodebrikError for what is no folder; it lists the faults of all files.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".wav")
    except OSError as error:
        raise KodebrikError(
            "file-unreadable", ExitCode.FILE, path=folder, reason=reason(error)
        ) from None
    found: dict[tuple[str, int | None], levels.Sound] = {}
    faults: list[str] = []
    for path in paths:
        key, _, speed = path.stem.partition(".")
        if key not in keys or speed not in ("", *map(str, SPEEDS)):
            faults.append(
                Message("recording-fault", file=path.name, what=Message("recording-name"))
            )
            continue
        try:
            samples, rate = read(_content(path))
            faults += [
                Message("recording-fault", file=path.name, what=fault)
                for fault in inspect(samples, rate)
            ]
        except miniaudio.MiniaudioError:
            faults.append(
                Message("recording-fault", file=path.name, what=Message("recording-not-wav"))
            )
            continue
        found[key, int(speed) if speed else None] = levels.resample(samples, rate)
    if faults or not found:
        raise KodebrikError(
            "recordings-unusable",
            ExitCode.BAD_INPUT,
            folder=folder,
            faults=listed("list-semicolon", faults or [Message("recordings-none")]),
        )
    return found


def load_one(path: Path) -> levels.Sound:
    """Read one WAV file; KodebrikError lists its faults."""
    try:
        samples, rate = read(_content(path))
        faults = inspect(samples, rate)
    except miniaudio.MiniaudioError:
        faults = [Message("recording-not-wav")]
    if faults:
        raise KodebrikError(
            "recordings-unusable",
            ExitCode.BAD_INPUT,
            folder=path,
            faults=listed("list-semicolon", faults),
        )
    return levels.resample(samples, rate)


def inspect(samples: levels.Sound, rate: int) -> list[str]:
    """List the faults of a recording: its rate, clipping, level or length."""
    if rate < LOWEST_RATE:
        return [Message("recording-rate", rate=rate, least=LOWEST_RATE)]
    if not len(samples) or not samples.any():
        return [Message("recording-silent")]
    faults: list[str] = []
    full = (np.abs(samples) >= _FULL).astype(int)
    if (np.convolve(full, np.ones(_CLIPPED, int)) >= _CLIPPED).any():
        faults.append(Message("recording-overdriven"))
    spoken = levels.trim(levels.resample(samples, rate))
    seconds = len(spoken) / levels.RATE
    if not SHORTEST <= seconds <= LONGEST:
        faults.append(Message("recording-length", seconds=seconds, least=SHORTEST, most=LONGEST))
    elif (level := levels.loudness(spoken)) < _SOFTEST:
        faults.append(Message("recording-soft", level=level, least=_SOFTEST))
    return faults


def read(content: bytes) -> tuple[levels.Sound, int]:
    """Give the samples of a WAV file, its channels mixed, and their rate; miniaudio.MiniaudioError
    when it is none."""
    file = miniaudio.wav_read_f32(content)
    samples = np.asarray(file.samples, np.float64).reshape(-1, file.nchannels)
    return samples.mean(axis=1), file.sample_rate


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KodebrikError(
            "file-unreadable", ExitCode.FILE, path=path, reason=reason(error)
        ) from None
