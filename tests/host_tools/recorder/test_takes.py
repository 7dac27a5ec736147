"""A recording is judged, and a good one made a clip."""

import numpy as np
import pytest

from host_tools.recorder import takes
from host_tools.voice import levels
from tests.host_tools.recorder.speech import RATE, spoken, wav


@pytest.fixture(scope="module")
def word():
    return spoken("fire")


def test_a_good_recording_is_trimmed_and_levelled(word):
    take = takes.judge(wav(word))
    assert take.faults == []
    assert levels.loudness(take.sound) == pytest.approx(levels.LOUDNESS, abs=0.5)
    assert levels.true_peak(take.sound) <= levels.HIGHEST_PEAK
    assert 0.2 < len(take.sound) / levels.RATE < len(word) / RATE - 0.7
    assert levels.edge(take.sound) < 0.001


def test_a_soft_and_a_loud_recording_become_equally_loud(word):
    soft, loud = (levels.loudness(takes.judge(wav(word * gain)).sound) for gain in (0.1, 1.9))
    assert soft == pytest.approx(loud, abs=0.5)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda word: np.clip(4 * word, -1, 1), "overdriven"),
        (lambda word: word * 0.008, "too soft"),
        (lambda word: word * 0, "silent"),
        (lambda word: word[: RATE // 3], "silent"),
        (lambda word: np.tile(word, 12), "must last"),
        (
            lambda word: word + np.random.default_rng(1).normal(0, 0.01, len(word)),
            "the room is only",
        ),
    ],
)
def test_a_bad_recording_is_refused_with_its_fault(word, change, fault):
    take = takes.judge(wav(change(word)))
    assert [fault in each for each in take.faults] == [True], take.faults
    assert len(take.sound) == 0


@pytest.mark.parametrize("content", [b"", b"RIFF", bytes(5000)])
def test_what_is_no_wav_file_is_refused(content):
    assert "WAV" in takes.judge(content).faults[0]
