"""Measures the listening chart: every digit of a voice is heard by two recognisers, under every
condition at several speeds.

Both are calibrated with other voices, heard under the same condition at the same speed: Whisper's
bias (host_tools/voice/recognition/whisper.py) and the templates (templates.py). How often they
mishear each other voice, calibrated with the rest, is their own error.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmware.speech import say
from host_tools.voice import build, languages, levels
from host_tools.voice.levels import Sound
from host_tools.voice.synthesis import espeak, espeak_process
from tests.host_tools.voice import templates
from tests.host_tools.voice.conditions import CONDITIONS, OTHER_VOICES, Spoken, filtered

CANDIDATES = {
    "da": ("da", "da+m3", "da+f5"),
    "en": ("en", "en+m7", "en+f5"),
}
SPEEDS = (5, 3, 1)  # in the order in which they are measured
EACH = 20  # times that each digit of a candidate is heard
_OTHERS_EACH = 2  # times that each digit of each other voice is heard
WHISPER, TEMPLATES = "Whisper", "templates"
DATA = Path(__file__).with_name("listening.json")


@dataclass(frozen=True)
class Variant:
    """How a voice is changed: its pitch (0 to 100; 50 is its own), decibels more from 2 to 4 kHz,
    and how fast its weak digits are said."""

    pitch: int = 50
    brighter: float = 0
    weak_digits: float = 1


# By the name that follows a voice's and a comma.
VARIANTS = {
    "": Variant(),
    "pitch 20": Variant(pitch=20),
    "pitch 80": Variant(pitch=80),
    "2 to 4 kHz +6 dB": Variant(brighter=6),
    "weak digits slower": Variant(weak_digits=0.75),
}
# What is changed, where and at which speed that is heard; and the digits that are most misheard.
VARIED = {"da": "da+f5", "en": "en+f5"}
VARIED_UNDER = (("hearing loss", 5),)
WEAK_DIGITS = {"da": "3679", "en": "2590"}
VARIANT_DATA = Path(__file__).with_name("variants.json")


@dataclass(frozen=True)
class Cell:
    """How one recogniser heard a voice: digits and mistakes of the voice, and of the other voices,
    each of which it heard when it was calibrated with the rest."""

    language: str
    voice: str
    speed: int
    rate: int
    condition: str
    recogniser: str
    digits: int
    wrong: int
    others_digits: int
    others_wrong: int
    confusions: dict[str, int]

    @property
    def place(self) -> tuple[str, str, int, int, str]:
        """What is heard, under which condition."""
        return self.language, self.voice, self.speed, self.rate, self.condition


def rate_of(language: str, speed: int) -> int:
    """Give the words a minute at which a language's digits are synthesised for a speed."""
    return languages.load(language).digit_voice.digits[speed - 1]


@cache
def clips(language: str, voice: str, speed: int) -> list[Sound]:
    """Give the ten digits of a voice, or a variant of one, as a token plays them at a speed."""
    texts, rate = languages.load(language).phrases, rate_of(language, speed)
    name, variant = varied(voice)
    found = []
    for key in "0123456789":
        slower = variant.weak_digits if key in WEAK_DIGITS[language] else 1
        said = espeak.say(texts[key], name, round(rate * slower), variant.pitch)
        sound = levels.resample(said, espeak_process.RATE)
        if variant.brighter:
            sound = _brightened(sound, variant.brighter)
        found.append(build.compressed(key, speed, sound).samples() / 32768)
    return found


def _brightened(sound: Sound, decibels: float) -> Sound:
    gain = 10 ** (decibels / 20)
    return filtered(sound, lambda hertz: np.where((hertz >= 2000) & (hertz < 4000), gain, 1))


def varied(voice: str) -> tuple[str, Variant]:
    """Give the voice and the variant of a name such as "da+f5, pitch 20"."""
    name, _, variant = voice.partition(", ")
    return name, VARIANTS[variant]


def heard(
    language: str, voice: str, speed: int, condition: str, each: int
) -> tuple[list[Sound], NDArray[np.int64]]:
    """Have every digit of a voice spoken `each` times between two others; give what is heard of it
    under a condition, and the digits."""
    spoken = clips(language, voice, speed)
    dice = np.random.default_rng([speed, *f"{voice} {condition}".encode()])
    said = np.tile(np.arange(10), each)
    pause, edge = np.zeros(say.script([("00",)], speed)[0][1] * 16), np.zeros(levels.RATE)
    sounds = []
    for digit in said:
        before, after = dice.integers(10, size=2)
        pieces = [edge, spoken[before], pause, spoken[digit], pause, spoken[after], edge]
        start = sum(map(len, pieces[:3]))
        whole = Spoken(np.concatenate(pieces), start, start + len(spoken[digit]))
        sounds.append(CONDITIONS[condition](whole, language, dice))
    return sounds, said


class Listener:
    """Both recognisers of a language, calibrated for one condition and speed."""

    def __init__(self, language: str, speed: int, condition: str) -> None:
        """Have them hear the other voices."""
        from host_tools.voice.recognition import whisper  # noqa: PLC0415 - an extra

        self._whisper = whisper
        self._asked = language, speed, condition
        heard_of = [
            heard(language, voice, speed, condition, _OTHERS_EACH)
            for voice in OTHER_VOICES[language]
        ]
        self._said = heard_of[0][1]
        self._scores = [self._likelihoods(sounds) for sounds, _ in heard_of]
        self._frames = [[templates.frames(sound) for sound in sounds] for sounds, _ in heard_of]
        wrong: Counter[str] = Counter()
        for number in range(len(heard_of)):
            scores, frames = self._scores[number], self._frames[number]
            for name, found in self._judged(scores, frames, without=number):
                wrong[name] += int((found != self._said).sum())
        self._others = wrong, len(heard_of) * len(self._said)

    def _likelihoods(self, sounds: Sequence[Sound]) -> templates.Scores:
        return self._whisper.quick_likelihoods(sounds, self._asked[0])

    def cells(self, voice: str) -> Iterator[Cell]:
        """Have them hear a voice."""
        language, speed, condition = self._asked
        sounds, said = heard(language, voice, speed, condition, EACH)
        frames = [templates.frames(sound) for sound in sounds]
        wrong, others = self._others
        for name, found in self._judged(self._likelihoods(sounds), frames):
            mistakes = [(a, b) for a, b in zip(said, found, strict=True) if a != b]
            yield Cell(
                *(language, voice, speed, rate_of(language, speed), condition, name),
                *(len(said), len(mistakes)),
                *(others, wrong[name]),
                dict(Counter(f"{a}>{b}" for a, b in mistakes).most_common()),
            )

    def _judged(
        self,
        scores: templates.Scores,
        frames: Sequence[NDArray[np.float64]],
        without: int | None = None,
    ) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Give what each recogniser hears, calibrated with the other voices but one."""
        kept = [number for number in range(len(self._scores)) if number != without]
        rest = np.concatenate([self._scores[number] for number in kept])
        yield WHISPER, (scores - self._whisper.bias(rest)).argmax(axis=1)
        known = [frame for number in kept for frame in self._frames[number]]
        digits = np.tile(self._said, len(kept))
        yield TEMPLATES, templates.scores(frames, known, digits).argmax(axis=1)


def load(data: Path = DATA) -> list[Cell]:
    """Give what was measured."""
    return [Cell(**cell) for cell in json.loads(data.read_text("utf-8"))] if data.exists() else []


def save(cells: Sequence[Cell], data: Path = DATA) -> None:
    """Keep what was measured, a line for each cell."""
    lines = ",\n".join(json.dumps(asdict(cell)) for cell in cells)
    data.write_text(f"[\n{lines}\n]\n", "utf-8")


def measure() -> None:
    """Measure the cells that are missing: condition by condition, all voices of a language at once,
    so that what is there can be compared."""
    cells = load()
    for condition in CONDITIONS:
        for speed in SPEEDS:
            for language, voices in CANDIDATES.items():
                there, rate = {cell.place for cell in cells}, rate_of(language, speed)
                missing = [
                    voice
                    for voice in voices
                    if (language, voice, speed, rate, condition) not in there
                ]
                listener = Listener(language, speed, condition) if missing else None
                for voice in missing:
                    assert listener
                    cells += listener.cells(voice)
                    save(cells)
                    print(cells[-2], cells[-1], sep="\n", file=sys.stderr, flush=True)


def measure_variants() -> None:
    """Measure the variants that are missing, beside the voices that they are made of."""
    cells = load(VARIANT_DATA)
    for condition, speed in VARIED_UNDER:
        for language, voice in VARIED.items():
            there = {cell.place for cell in cells}
            missing = [
                name
                for name in (f"{voice}, {variant}".removesuffix(", ") for variant in VARIANTS)
                if (language, name, speed, rate_of(language, speed), condition) not in there
            ]
            listener = Listener(language, speed, condition) if missing else None
            for name in missing:
                assert listener
                cells += listener.cells(name)
                save(cells, VARIANT_DATA)
                print(cells[-2], cells[-1], sep="\n", file=sys.stderr, flush=True)
