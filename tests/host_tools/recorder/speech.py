"""Speech for a microphone: synthesised words with silence around them, as bytes of a WAV file."""

import io
import wave

import numpy as np
from numpy.typing import NDArray

from host_tools.voice import levels
from host_tools.voice.synthesis import espeak, espeak_process

RATE = espeak_process.RATE


def spoken(text: str, voice: str = "da+f2", gain: float = 0.5, silence: float = 0.4) -> NDArray:
    """A word as samples from -1 to 1 at RATE."""
    said = espeak.say(text, voice, 150)
    return np.pad(gain * said / np.abs(said).max(), round(silence * RATE))


def wav(samples: NDArray, rate: int = RATE) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(levels.samples(samples).astype("<i2").tobytes())
    return content.getvalue()
