"""Plays clips on this machine's loudspeaker, or writes them to a WAV file. Samples are 16 bits at
16 kHz."""

import io
import threading
import wave
from collections.abc import Generator, Sequence
from pathlib import Path

import miniaudio
import numpy as np

from host_tools import whole_files
from host_tools.errors import ExitCode, KodebrikError
from host_tools.voice import levels, packfile
from host_tools.voice.adpcm import Samples
from host_tools.voice.quiet_libraries import quiet_libraries

PAUSE = 0.3  # seconds between clips


def joined(clips: list[packfile.Clip], names: Sequence[str], speed: int) -> Samples:
    """Join the clips `names` at `speed`, with pauses; KodebrikError for one that is missing."""
    found = {(clip.name, clip.speed): clip for clip in clips}
    pause = np.zeros(round(PAUSE * levels.RATE), np.int16)
    pieces: list[Samples] = []
    for name in names:
        if (name, speed) not in found:
            raise KodebrikError("voice-clip-unknown", ExitCode.USAGE, clip=name, speed=speed)
        pieces += [found[name, speed].samples(), pause]
    return np.concatenate(pieces)


def play(samples: Samples, backends: list[miniaudio.Backend] | None = None) -> None:
    """Play samples to their end; KodebrikError on a machine without sound output."""
    ended = threading.Event()
    try:
        with opened(backends) as device:
            stream = _stream(samples.tobytes(), ended)
            next(stream)
            device.start(stream)
            ended.wait()
    except miniaudio.MiniaudioError:
        raise KodebrikError("sound-unavailable", ExitCode.NOT_INSTALLED) from None


def opened(backends: list[miniaudio.Backend] | None = None) -> miniaudio.PlaybackDevice:
    """Open this machine's loudspeaker, without what its libraries say; MiniaudioError when there is
    none."""
    with quiet_libraries():
        return miniaudio.PlaybackDevice(
            miniaudio.SampleFormat.SIGNED16, nchannels=1, sample_rate=levels.RATE, backends=backends
        )


def write_wav(path: Path, samples: Samples) -> None:
    """Write samples to a WAV file, replacing an existing one."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(levels.RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    whole_files.write(path, content.getvalue())


def _stream(data: bytes, ended: threading.Event) -> Generator[bytes, int, None]:
    """Give miniaudio as many frames as it asks for; set `ended` when it asks after the last."""
    frames = yield b""
    position = 0
    while position < len(data):
        piece = data[position : position + 2 * frames]
        position += len(piece)
        frames = yield piece
    ended.set()
