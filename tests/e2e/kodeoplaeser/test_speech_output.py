"""The speech output of `kodebrik emulate`: sound, captions, and the host's own voice."""

import threading
import time

import miniaudio
import numpy as np
import pytest

from emulator.chips.i2s import KEPT_S
from host_tools.desktop.speech_output import (
    Loudspeaker,
    SpeechRecogniser,
    TextSpeaker,
    UtteranceDetector,
)
from host_tools.errors import ExitCode, KodebrikError
from host_tools.voice import languages
from tests.support.emulated.kodeoplaeser import SpeakingToken
from tests.support.emulated.token import digits
from tests.support.limits import REAL_LIMIT


@pytest.fixture(scope="module")
def recogniser() -> SpeechRecogniser:
    return SpeechRecogniser(("da", "en"))


def words(language: str, *names: str) -> str:
    return " ".join(languages.load(language).phrases[name] for name in names)


def listened(token: SpeakingToken, detector: UtteranceDetector, seconds: float) -> None:
    """Listen as a terminal does, every 50 ms."""
    for _ in range(round(seconds / 0.05)):
        token.emulator.advance(0.05)
        detector.update()


def test_captions_are_in_the_spoken_language_and_the_sound_is_complete(
    token: SpeakingToken, recogniser: SpeechRecogniser
):
    told: list[tuple[str, str]] = []
    played: list[np.ndarray] = []
    detector = UtteranceDetector(
        token.emulator,
        recogniser,
        played.append,
        lambda text, language, start: told.append((text, language)),
    )
    pressed = token.tap("red")
    code = digits(token.emulator.screen_text()[1:2])
    listened(token, detector, 9)
    token.chord("9")
    listened(token, detector, 4)
    assert told[0] == (words("da", "ample_time", "code", *code), "da")
    assert told[1] == (words("en", "language", "language_name"), "en")
    sound = np.concatenate(played)
    whole = np.array(token.emulator.audio(pressed).samples)
    assert np.array_equal(sound[sound != 0], whole[whole != 0])


def test_the_tones_of_a_wait_are_told_of_once_in_the_language_that_is_spoken(
    token: SpeakingToken, recogniser: SpeechRecogniser
):
    told: list[tuple[str, str]] = []
    detector = UtteranceDetector(
        token.emulator,
        recogniser,
        lambda samples: None,
        lambda text, language, start: told.append((text, language)),
    )
    token.chord("9")
    listened(token, detector, 4)
    token.emulator.set_time(token.emulator.now // 30 * 30 + 22)
    token.tap("red")
    listened(token, detector, 16)
    code = digits(token.emulator.screen_text()[1:2])
    assert told[1:] == [
        (words("en", "new_code", "wait", "7", "seconds"), "en"),
        ("(another sound)", "en"),
        ("(another sound) " + words("en", "ample_time", "code", *code), "en"),
    ]


def test_of_a_leap_in_time_what_is_kept_of_the_sound_is_read(
    token: SpeakingToken, recogniser: SpeechRecogniser, monkeypatch: pytest.MonkeyPatch
):
    told: list[tuple[str, float]] = []
    detector = UtteranceDetector(
        token.emulator,
        recogniser,
        lambda samples: None,
        lambda text, language, start: told.append((text, start)),
    )
    read: list[float] = []
    audio = token.emulator.audio
    monkeypatch.setattr(
        token.emulator, "audio", lambda start, end: read.append(end - start) or audio(start, end)
    )
    token.tap("red")
    listened(token, detector, 2)
    token.emulator.advance(7200)
    leapt = token.emulator.elapsed
    token.chord("9")
    token.emulator.advance(20)
    detector.update()
    assert max(read) <= KEPT_S
    assert len(told) == 2, "what was broken off by the leap, and what came after it"
    assert told[1][0].endswith(words("en", "language", "language_name"))
    assert leapt <= told[1][1] < leapt + 2


def test_the_host_voice_says_the_latest_text_and_reports_its_errors():
    began, go_on, said = threading.Event(), threading.Event(), []

    failure = KodebrikError("sound-unavailable", ExitCode.NOT_INSTALLED)

    def say(text: str, language: str) -> None:
        said.append((text, language))
        began.set()
        go_on.wait(REAL_LIMIT)
        if text == "three":
            raise failure

    speaker = TextSpeaker(say)
    speaker.put("one", "da")
    assert began.wait(REAL_LIMIT)
    speaker.put("two", "da")
    speaker.put("three", "en")
    go_on.set()
    deadline = time.monotonic() + REAL_LIMIT
    while speaker.error is None and time.monotonic() < deadline:
        time.sleep(0.01)
    speaker.close()
    assert said == [("one", "da"), ("three", "en")]
    assert speaker.error is failure


def test_sound_is_played_and_a_missing_loudspeaker_is_no_error():
    silent = Loudspeaker([miniaudio.Backend.NULL])
    silent.put(np.zeros(800, np.int16))
    assert silent.works
    silent.close()
    none = Loudspeaker([miniaudio.Backend.WASAPI])
    none.put(np.zeros(800, np.int16))
    assert not none.works
    none.close()
