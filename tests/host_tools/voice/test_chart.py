"""The listening chart: its conditions are what they are called, its recogniser of templates tells
digits apart, its intervals are Wilson's, and the page shows what was measured."""

import dataclasses
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from host_tools.voice import levels
from tests.host_tools.voice import chart, listening, templates
from tests.host_tools.voice.conditions import (
    CONDITIONS,
    OTHER_VOICES,
    Spoken,
    by_small_speaker,
    by_telephone,
    in_babble,
    in_quiet,
    in_reverberation,
    in_street,
    with_hearing_loss,
)

CELLS = listening.load()
VARIED = listening.load(listening.VARIANT_DATA)


def level(samples: NDArray) -> float:
    return 10 * np.log10((samples**2).mean())


def band(sound: NDArray, low: float, high: float) -> float:
    """The level of a sound between two frequencies."""
    hertz = np.fft.rfftfreq(len(sound), 1 / levels.RATE)
    power = np.abs(np.fft.rfft(sound)) ** 2
    return 10 * np.log10(power[(hertz >= low) & (hertz < high)].sum())


@pytest.fixture(scope="module")
def noise() -> Spoken:
    """White noise in the place of a digit, and of its neighbours."""
    sound = np.random.default_rng(5).normal(0, 0.1, 3 * levels.RATE)
    return Spoken(sound, levels.RATE, 2 * levels.RATE)


def dice() -> np.random.Generator:
    return np.random.default_rng(1)


def middle(sound: NDArray) -> NDArray:
    """The digit, without its margins."""
    return sound[levels.RATE * 3 // 5 : levels.RATE * 7 // 5]


def test_old_ears_lose_30_db_above_2_khz(noise: Spoken):
    plain, old = in_quiet(noise, "da", dice()), with_hearing_loss(noise, "da", dice())
    assert band(old, 100, 1900) == pytest.approx(band(plain, 100, 1900), abs=0.1)
    assert band(old, 2100, 8000) == pytest.approx(band(plain, 2100, 8000) - 30, abs=0.1)


def test_a_telephone_carries_speech_only(noise: Spoken):
    plain, carried = in_quiet(noise, "da", dice()), by_telephone(noise, "da", dice())
    assert band(carried, 400, 3300) == pytest.approx(band(plain, 400, 3300), abs=0.1)
    for low, high in ((0, 290), (3410, 8000)):
        assert band(carried, low, high) < band(plain, low, high) - 60


def test_a_small_speaker_has_no_bass(noise: Spoken):
    plain, small = (make(noise, "da", dice()) for make in (in_quiet, by_small_speaker))
    lost = [band(plain, at, 1.2 * at) - band(small, at, 1.2 * at) for at in (200, 400, 3000)]
    assert lost[0] > lost[1] + 8 > lost[2] + 15
    assert lost[2] == pytest.approx(0, abs=1.5)


def test_a_stairwell_lets_the_digit_before_sound_on(noise: Spoken):
    silent = noise.sound.copy()
    silent[levels.RATE :] = 0
    after = dataclasses.replace(noise, sound=silent + 1e-6)
    dry, wet = (middle(make(after, "da", dice())) for make in (in_quiet, in_reverberation))
    assert level(wet[:1000]) > level(dry[:1000]) + 20
    assert level(wet[:1000]) > level(wet[-1000:]) + 10, "and dies away"


@pytest.mark.parametrize("decibels", [20, 10, 5])
@pytest.mark.parametrize("place", [in_street, in_babble])
def test_noise_lies_as_far_under_the_speech_as_is_said(
    monkeypatch: pytest.MonkeyPatch, noise: Spoken, place, decibels: int
):
    talk = [np.random.default_rng(n).normal(0, 0.1, 5 * levels.RATE) for n in range(10)]
    monkeypatch.setattr("tests.host_tools.voice.conditions._talkers", lambda _: talk)
    heard = place(decibels)(noise, "da", dice())
    around = heard[: levels.RATE // 3]
    digit = noise.sound[noise.start : noise.end]
    assert level(digit) - level(around) == pytest.approx(decibels, abs=2.5)


def test_a_street_rumbles(noise: Spoken):
    around = in_street(5)(noise, "da", dice())[: levels.RATE // 3]
    octaves = [band(around, at, 2 * at) for at in (125, 500, 2000)]
    assert octaves[0] > octaves[1] > octaves[2] > octaves[0] - 20


@pytest.mark.parametrize("language", listening.CANDIDATES)
def test_who_calibrates_is_not_judged(language: str):
    assert not set(OTHER_VOICES[language]) & set(listening.CANDIDATES[language])


def test_templates_recognise_what_is_longer_shorter_or_noisy():
    made = np.random.default_rng(3)
    known = [made.normal(0, 1, (20, 26)) for _ in range(10)]
    said = np.arange(10)
    stretched = [np.repeat(one, 2, axis=0)[: made.integers(30, 40)] for one in known]
    shrunk = [one[[*range(0, 20, 2), 19]] for one in known]
    noisy = [one + made.normal(0, 0.5, one.shape) for one in known]
    for sounds in (known, stretched, shrunk, noisy):
        assert templates.scores(sounds, known, said).argmax(axis=1).tolist() == list(range(10))
    assert templates.scores(known, known, said).max(axis=1) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("wrong", "digits", "low", "high"),
    [  # Wilson (1927); the figures are R's prop.test(correct=FALSE)
        (0, 200, 0.0, 0.0188),
        (10, 200, 0.0274, 0.0896),
        (100, 200, 0.4314, 0.5686),
    ],
)
def test_intervals_are_wilson_s(wrong: int, digits: int, low: float, high: float):
    assert chart.interval(wrong, digits) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_what_was_found(found: tuple[int, int]):
    wrong, digits = found
    low, high = chart.interval(wrong, digits)
    assert 0 <= low <= wrong / digits + 1e-12
    assert wrong / digits - 1e-12 <= high <= 1
    assert chart.interval(digits - wrong, digits) == pytest.approx((1 - high, 1 - low))


def test_the_measured_cells_are_whole():
    assert CELLS
    for cell in CELLS:
        assert cell.digits >= 200
        assert sum(cell.confusions.values()) == cell.wrong <= cell.digits
        assert cell.condition in CONDITIONS
        assert cell.rate == listening.rate_of(cell.language, cell.speed), "measure it again"
        assert cell.voice in listening.CANDIDATES[cell.language]
    assert len({(cell.place, cell.recogniser) for cell in CELLS}) == len(CELLS)


def test_the_average_is_that_of_the_columns_that_every_voice_has():
    here = [cell for cell in CELLS if (cell.condition, cell.speed) == ("quiet", 3)]
    alone = [cell for cell in CELLS if (cell.voice, cell.condition) == ("en", "hearing loss")]
    line = next(line for line in chart.summary([*here, *alone]).splitlines() if "`en`" in line)
    wrong = {cell.recogniser: cell.wrong for cell in here if cell.voice == "en"}
    shares = [f"{wrong[name] / 200:.1%}" for name in ("Whisper", "templates")]
    assert line == f"| `en` | 1 of 33 | {shares[0]} | {shares[1]} |"


def test_variants_are_measured_beside_the_voice_that_they_are_made_of():
    heard = {(cell.voice, cell.condition, cell.speed) for cell in VARIED}
    assert heard
    for voice, condition, speed in heard:
        name, _ = listening.varied(voice)
        assert name in listening.VARIED.values()
        assert (name, condition, speed) in heard
    table = chart.variant_table(VARIED)
    assert len(table.splitlines()) == 2 + len(heard)


def test_a_variant_is_what_it_is_called():
    plain, high, bright, slow = (
        listening.clips("en", f"en+f5{variant}", 5)
        for variant in ("", ", pitch 80", ", 2 to 4 kHz +6 dB", ", weak digits slower")
    )
    share = [band(clip[2], 2000, 4000) - band(clip[2], 200, 1800) for clip in (plain, bright)]
    assert share[1] - share[0] == pytest.approx(6, abs=1)
    longer = [len(one) / len(other) for one, other in zip(slow, plain, strict=True)]
    assert [ratio > 1.05 for ratio in longer] == [str(digit) in "2590" for digit in range(10)]
    assert not np.array_equal(high[2], plain[2])


def test_the_page_shows_what_was_measured():
    for path, content in chart.written(chart.PAGE.read_text("utf-8"), CELLS, VARIED).items():
        assert path.read_text("utf-8") == content, "run: python -m tests.host_tools.voice.chart"


def test_the_picture_has_a_line_for_each_voice():
    drawn = ElementTree.fromstring(chart.picture(CELLS, "da"))
    lines = [each for each in drawn.iter() if each.tag.endswith("polyline")]
    assert len(lines) == len(listening.CANDIDATES["da"]) + 1
    columns = len(chart.columns(CELLS, "da"))
    assert all(len(re.findall(",", line.attrib["points"])) == columns for line in lines)
