"""`make listen`: an emulated token reads codes aloud, Whisper writes them down, and the confusions
are counted.

What is heard is cut from the samples that the token sent to its loudspeaker, at its default speed,
with the noise of a room 30 dB under it. The ear is calibrated with other voices only. The exit code
is 16 when more digits are misheard than LIMITS allows.
"""

import base64
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyotp
from numpy.typing import NDArray

from emulator.session import Emulator
from host_tools.errors import ExitCode
from host_tools.image.image import build_image
from host_tools.voice import languages, levels
from host_tools.voice.recognition import whisper
from host_tools.voice.synthesis import espeak, espeak_process
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.token import SECRET, START, hotp

LIMITS = {"en": 0.02, "da": 0.03}  # misheard digits, of all
CODES = 50
_NOISE_DB = 30  # how far a quiet room's noise lies under the speech
_MARGIN = 0.05  # seconds around a digit that are cut out with it; the pauses are longer
_AROUND = 0.3  # seconds of silence on either side when it is heard
_OTHER_VOICES = {
    "da": (("da", 150), ("da+f1", 150), ("da+f2", 150), ("da+f3", 150), ("da+m3", 150)),
    "en": (("en", 190), ("en+f2", 190), ("en+f3", 190), ("en-us+f1", 190), ("en-gb-x-rp+f3", 190)),
}


def digits_said(token: SpeakingToken) -> Iterator[tuple[int, NDArray]]:
    """Let the token read codes; give each digit with its samples."""
    codes = pyotp.HOTP(base64.b32encode(SECRET).decode())
    for counter in range(CODES):
        pressed = token.tap("red")
        token.until_quiet()
        said = [clip for clip in token.clips(pressed) if clip.name.isdigit()]
        code = codes.at(counter)
        if [clip.name for clip in said] != list(code):
            raise SystemExit(
                f"The token read {' '.join(clip.name for clip in said)} for the code {code}."
            )
        for clip in said:
            yield int(clip.name), token.samples(clip.start - _MARGIN, clip.end + _MARGIN) / 32768
        token.emulator.advance(62)


def in_a_room(samples: NDArray, dice: np.random.Generator) -> NDArray:
    """Give a digit at a fixed loudness, with silence around it and white noise over all."""
    heard = levels.normalise(levels.trim(samples))
    level = np.sqrt((heard**2).mean()) * 10 ** (-_NOISE_DB / 20)
    quiet = np.pad(heard, round(_AROUND * levels.RATE))
    return quiet + dice.normal(0, level, len(quiet))


def calibrated(language: str, dice: np.random.Generator) -> NDArray[np.float64]:
    """Have Whisper classify the ten digits in other voices; give the resulting bias."""
    texts = languages.load(language).phrases
    heard = []
    for voice, rate in _OTHER_VOICES[language]:
        for digit in "0123456789":
            spoken = levels.resample(espeak.say(texts[digit], voice, rate), espeak_process.RATE)
            heard.append(whisper.likelihoods(in_a_room(spoken, dice), language))
    return whisper.bias(heard)


def table(counts: NDArray[np.int64]) -> str:
    """Give the confusion matrix: how often each digit (row) was taken for each (column)."""
    lines = ["said \\ heard" + "".join(f"{digit:5}" for digit in range(10))]
    lines += [
        f"{digit:12}" + "".join(f"{count or '.':>5}" for count in row)
        for digit, row in enumerate(counts)
    ]
    return "\n".join(lines)


def listen(language: str, image: bytes) -> float:
    """Give the share of misheard digits in a language; print the confusions."""
    dice = np.random.default_rng(30)
    print(
        f"{language}: calibrating with {len(_OTHER_VOICES[language])} other voices", file=sys.stderr
    )
    bias = calibrated(language, dice)
    counts = np.zeros((10, 10), np.int64)
    with tempfile.TemporaryDirectory(prefix="kodebrik-") as folder:
        state = Path(folder) / "token"
        with Emulator("kodeoplaeser", "pico2", state, image=image, time=START) as emulator:
            token = SpeakingToken(emulator)
            token.provision(hotp()).write_settings({"language": language})
            emulator.unplug()
            emulator.advance(62)
            for number, (digit, samples) in enumerate(digits_said(token), 1):
                counts[
                    digit, (whisper.likelihoods(in_a_room(samples, dice), language) - bias).argmax()
                ] += 1
                if number % 60 == 0:
                    print(f"{language}: {number} of {6 * CODES} digits heard", file=sys.stderr)
    wrong = int(counts.sum() - counts.trace())
    share = wrong / int(counts.sum())
    print(
        f"\n{language}: {wrong} of {counts.sum()} digits misheard, {share:.1%}; limit "
        f"{LIMITS[language]:.0%}"
    )
    print(table(counts))
    return share


def main() -> int:
    """Test every language; give the exit code."""
    image = build_image("kodeoplaeser", "pico2")
    shares = {language: listen(language, image) for language in LIMITS}
    return (
        0
        if all(share <= LIMITS[language] for language, share in shares.items())
        else ExitCode.CHECK_FAILED
    )


if __name__ == "__main__":
    sys.exit(main())
