"""The listening test: codes that a token reads aloud are understood by a speech recogniser that was
not trained on its voice.

Each code is one that the token computed and displayed; the recogniser gets the loudspeaker's
samples from the first digit to the last, clean and with noise. Both languages, at slow, default and
fast speed.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from emulator.session import Emulator
from host_tools.voice.recognition.digits import digits_in
from tests.support.emulated.kodeoplaeser import LANGUAGES, SpeakingToken
from tests.support.emulated.token import START, digits, hotp
from tests.support.listening import digit_errors, noisy

SPEEDS = (1, 3, 5)
CODES = 34  # for each language and speed: 204 in all
_UNTIL_CODE = 0.95  # seconds; a counted code comes a second after the key was let go
_EDGE = 0.1  # seconds of silence around the digits

Said = list[tuple[str, np.ndarray]]  # codes, and the samples of their digits


def read_aloud(image: bytes, language: str, speed: int) -> Said:
    """Let a token read codes, different ones for each language and speed."""
    counter = 1000 * (1 + SPEEDS.index(speed)) + 100 * LANGUAGES.index(language)
    with (
        TemporaryDirectory() as folder,
        Emulator("kodeoplaeser", "pico2", Path(folder), image=image, time=START) as emulator,
    ):
        token = SpeakingToken(emulator)
        session = token.provision(hotp(counter=counter))
        session.write_settings({"language": language, "speed": speed})
        emulator.unplug()
        emulator.advance(62)
        return _codes(token)


def _codes(token: SpeakingToken) -> Said:
    said: Said = []
    introduction = None  # how long the first digit comes after the first sound
    for _ in range(CODES):
        token.tap("red")
        token.emulator.advance(_UNTIL_CODE)
        pressed = token.emulator.elapsed
        token.until_quiet()
        code = digits(token.emulator.screen_text()[1:2])
        heard = token.emulator.audio(pressed)
        if introduction is None:
            introduction = token.clips(pressed)[1].start - heard.onset()
        said.append(
            (code, token.samples(heard.onset() + introduction - _EDGE, heard.offset() + _EDGE))
        )
    return said


@pytest.mark.clause("speech: understood", "speech: languages")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_is_understood_and_98_percent_of_digits_at_20_db(
    speaking_image: bytes, language: str
):
    said = [pair for speed in SPEEDS for pair in read_aloud(speaking_image, language, speed)]
    assert {digit for code, _ in said for digit in code} == set("0123456789")
    assert {
        code: heard for code, sound in said if (heard := digits_in(sound, language)) != code
    } == {}
    dice = np.random.default_rng(20)
    misheard = {
        code: heard
        for code, sound in said
        if (heard := digits_in(noisy(sound, dice), language)) != code
    }
    assert sum(digit_errors(code, heard) for code, heard in misheard.items()) <= 0.02 * 6 * len(
        said
    ), misheard
