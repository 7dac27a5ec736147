"""Speech from espeak-ng, through the library and data that the package espeakng-loader brings.

espeak-ng is deterministic only for the first utterance of a process, so each one is synthesised by
a process of its own, espeak_process.py.
"""

import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from host_tools.errors import ExitCode, KodebrikError
from host_tools.messages.catalogue import Message

LICENCE = (
    "Speech synthesised with eSpeak NG, which is GPL-3.0-or-later; its licence lays no claim on "
    "what it says"
)
_PROCESS = str(Path(__file__).with_name("espeak_process.py"))


@cache
def engine() -> str:
    """Give the synthesiser's name and version."""
    return f"eSpeak NG of espeakng-loader {version('espeakng-loader')}"


def say(text: str, voice: str, words_a_minute: int, pitch: int = 50) -> NDArray[np.float64]:
    """Synthesise a text: samples from -1 to 1 at espeak_process.RATE, including the synthesiser's
    silence around them. The pitch is from 0 to 100; 50 is the voice's own. KodebrikError when that
    fails."""
    command = [
        sys.executable,
        "-P",  # the files beside it are no top-level modules
        _PROCESS,
        voice,
        str(words_a_minute),
        str(pitch),
    ]
    process = subprocess.run(command, input=text.encode(), capture_output=True, check=False)  # noqa: S603 - our own
    if process.returncode or not process.stdout:
        complaint = process.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise KodebrikError(
            "synthesiser-failed",
            ExitCode.BAD_INPUT,
            text=text,
            complaint=complaint or Message("no-sound"),
            voice=voice,
        )
    return np.frombuffer(process.stdout, "<i2").astype(np.float64) / 32768
