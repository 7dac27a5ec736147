"""Speech from the operating system's voices, through pyttsx3: for voice packs and emulated tokens.

Each utterance is written to a file by a process of its own, pyttsx3_process.py, and read back here.
"""

import subprocess
import sys
import tempfile
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import miniaudio
import numpy as np

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message
from host_tools.voice import levels, playback
from host_tools.voice.synthesis import aiff

LICENCE = (
    "Speech synthesised with a voice of the operating system; its own terms say what may be done "
    "with it"
)
_WORDS_A_MINUTE = 160
_PROCESS = str(Path(__file__).with_name("pyttsx3_process.py"))


@cache
def engine() -> str:
    """Give the synthesiser's name and version; KodebrikError when it is not installed."""
    try:
        return f"pyttsx3 {version('pyttsx3')} on {sys.platform}"
    except PackageNotFoundError:
        raise KodebrikError("not-installed-system-voice", ExitCode.NOT_INSTALLED) from None


@cache
def voice(language: str) -> str:
    """Give the system's name for its voice of a language."""
    return _spoken("1", language, _WORDS_A_MINUTE)[0]


def synthesise(text: str, language: str, words_a_minute: int) -> levels.Sound:
    """Synthesise a text: samples from -1 to 1 at levels.RATE, including the voice's silence around
    them."""
    return _spoken(text, language, words_a_minute)[1]


def say(text: str, language: str) -> None:
    """Say a text on this machine's loudspeaker, to its end."""
    samples = synthesise(text, language, _WORDS_A_MINUTE)
    playback.play(levels.samples(samples))


def _spoken(text: str, language: str, words_a_minute: int) -> tuple[str, levels.Sound]:
    engine()
    with tempfile.TemporaryDirectory(prefix="kodebrik-") as folder:
        path = Path(folder) / "said.wav"
        command = [
            sys.executable,
            "-P",  # `pyttsx3.py` beside it is not pyttsx3
            _PROCESS,
            language,
            str(words_a_minute),
            str(path),
        ]
        process = subprocess.run(command, input=text.encode(), capture_output=True, check=False)  # noqa: S603 - our own
        if process.returncode or not path.exists():
            complaint = process.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise KodebrikError(
                "system-voice-failed",
                ExitCode.NOT_INSTALLED,
                text=text,
                complaint=complaint or Message("no-sound"),
            )
        name = process.stdout.decode(errors="replace").strip().rpartition("\n")[2]
        return name, _read(path)


def _read(path: Path) -> levels.Sound:
    """Read a WAV file; macOS writes AIFF under any name."""
    content = path.read_bytes()
    if content[:4] == b"FORM":
        samples, rate = aiff.read(content)
    else:
        file = miniaudio.wav_read_file_f32(str(path))
        samples = np.asarray(file.samples, np.float64).reshape(-1, file.nchannels).mean(axis=1)
        rate = file.sample_rate
    return levels.resample(samples, rate)
