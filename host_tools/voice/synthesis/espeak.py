"""Speech from espeak-ng, through the library and data that the package espeakng-loader brings.

espeak-ng is deterministic for the first utterance of a process alone, so each one gets a process of
its own, which runs espeak_process.py: voice and words a minute as arguments, the text on standard
input, samples on standard output.
"""

import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from host_tools.errors import ExitCode, KodebrikError

LICENCE = (
    "Speech synthesised with eSpeak NG, which is GPL-3.0-or-later; its licence lays no claim on "
    "what it says"
)
_PROCESS = str(Path(__file__).with_name("espeak_process.py"))


@cache
def engine() -> str:
    """Name the synthesiser and its version."""
    return f"eSpeak NG of espeakng-loader {version('espeakng-loader')}"


def say(text: str, voice: str, words_a_minute: int) -> NDArray[np.float64]:
    """Give the samples of a text at RATE, from -1 to 1, with whatever silence the synthesiser put
    around it."""
    command = [
        sys.executable,
        "-P",  # the files beside it are no top-level modules
        _PROCESS,
        voice,
        str(words_a_minute),
    ]
    process = subprocess.run(command, input=text.encode(), capture_output=True, check=False)  # noqa: S603 - our own
    if process.returncode or not process.stdout:
        complaint = process.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise KodebrikError(
            f"The synthesiser did not say '{text}': {complaint or 'it gave no sound'}.",
            f"Check the voice '{voice}'; 'da', 'en' and 'kl' exist, with variants such as 'da+f5'.",
            ExitCode.BAD_INPUT,
        )
    return np.frombuffer(process.stdout, "<i2").astype(np.float64) / 32768
