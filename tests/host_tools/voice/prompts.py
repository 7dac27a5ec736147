"""Are the prompts told apart? Each is heard as a whole by an old ear, and two recognisers choose
among all prompts of its language: Whisper by the likelihood of each prompt's text, and templates
(templates.py) of other voices that say the same.

`python -m tests.host_tools.voice.prompts` writes the tables of docs/voice.md from prompts.json, for
which no recogniser is needed; with `--measure` it first hears all of them anew, among the prompts
that stand now, which takes Whisper (the extra `listen`). Margins are logarithms of likelihoods,
or costs a frame: how far the prompt lies ahead of the best of the others; below 0 another one is
heard.
"""

import argparse
import json
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from host_tools.voice import build, languages, levels, store
from host_tools.voice.levels import Sound
from host_tools.voice.recognition import digits
from host_tools.voice.synthesis.engine import ESPEAK
from tests.host_tools.voice import templates
from tests.host_tools.voice.conditions import OTHER_VOICES, Spoken, with_hearing_loss

PAGE = Path(__file__).parents[3] / "docs" / "voice.md"
DATA = Path(__file__).with_name("prompts.json")
PLAIN = {"da": "da", "en": "en"}  # the synthesiser's own voice, with which ours is compared
_SPEED = 3
_BEGIN, _END = "<!-- measured: prompts -->\n", "<!-- end measured: prompts -->\n"
_NAMES = {"da": "Danish", "en": "English"}
_TEMPLATES = 3  # other voices that the templates are made of
_WORST = 10
_NOISE_DB = (40, 60)  # under full scale: what Whisper's bias is measured with
_HEAD = (
    "| prompt | voice | Whisper | margin | templates | margin |",
    "|---|---|---|---:|---|---:|",
)
_FRAMES_AROUND = 5  # of a prompt, that the templates hear with it


@dataclass(frozen=True)
class Heard:
    """What both recognisers took a prompt for, by its key, and its margin."""

    language: str
    key: str
    text: str
    voice: str
    whisper: str
    whisper_margin: float
    templates: str
    templates_margin: float

    @property
    def right(self) -> int:
        """How many of the two heard the prompt that was said."""
        return (self.whisper == self.key) + (self.templates == self.key)


def prompts(language: str) -> dict[str, str]:
    """Give the prompts of a language that are no digits: key -> text."""
    phrases = languages.load(language).phrases
    return {key: text for key, text in phrases.items() if not key.isdigit()}


def ours(language: str) -> str:
    """Give the name of the voice that tokens have."""
    return languages.load(language).voice.name


@cache
def _clip(language: str, voice: str, key: str, text: str) -> Sound:
    """Give a prompt in a voice, as a token plays it at the speed at which it was synthesised."""
    said = ESPEAK.say(text, voice, languages.load(language).voice.phrases)
    return build.compressed(key, _SPEED, said).samples() / 32768


def spoken(language: str, voice: str, key: str, text: str) -> Sound:
    """Have an old ear hear a prompt in a voice: two seconds with the prompt in the middle."""
    clip = _clip(language, voice, key, text)
    edge = np.zeros(levels.RATE)
    whole = Spoken(np.concatenate([edge, clip, edge]), len(edge), len(edge) + len(clip))
    dice = np.random.default_rng([*f"{voice} {text}".encode()])
    return with_hearing_loss(whole, language, dice)


class Likelihoods:
    """Whisper's likelihoods of all prompts' texts, less those that it finds in noise: it prefers
    some texts whatever the sound (Zhao et al., "Calibrate Before Use", 2021). They are kept in the
    cache of voices, as each prompt takes a second of a processor."""

    def __init__(self, language: str) -> None:
        """Read what is kept of that language."""
        self._language = language
        self._file = store.folder() / f"prompts-{language}.json"
        self._kept: dict[str, dict[str, float]] = (
            json.loads(self._file.read_text("utf-8")) if self._file.exists() else {}
        )

    def of(self, voice: str, key: str, text: str, wanted: Sequence[str]) -> NDArray[np.float64]:
        """Give those of the wanted texts for a prompt in a voice."""
        noises = [
            self._of(f"noise {-level} dB", partial(_noise, level), wanted) for level in _NOISE_DB
        ]
        sound = partial(spoken, self._language, voice, key, text)
        return self._of(f"{voice}: {text}", sound, wanted) - np.mean(noises, axis=0)

    def _of(
        self, name: str, sound: Callable[[], Sound], wanted: Sequence[str]
    ) -> NDArray[np.float64]:
        from host_tools.voice.recognition import whisper  # noqa: PLC0415 - an extra

        known = self._kept.setdefault(name, {})
        missing = [each for each in wanted if each not in known]
        if missing:
            found = whisper.phrase_likelihoods(sound(), self._language, missing)
            known.update(zip(missing, found.tolist(), strict=True))
            self._file.write_text(json.dumps(self._kept), "utf-8")
        return np.array([known[each] for each in wanted])


def _noise(decibels: float) -> Sound:
    noise = np.random.default_rng(1).normal(size=2 * levels.RATE)
    return np.asarray(noise * 10 ** (-decibels / 20))


def heard(language: str, voice: str, said: Collection[tuple[str, str]]) -> Iterator[Heard]:
    """Have these keys' texts heard in a voice, each among the other prompts of the language."""
    likelihoods = Likelihoods(language)
    for key, text in said:
        known = {**prompts(language), key: text}
        names = list(known)
        at = names.index(key)
        first, margin = _chosen(likelihoods.of(voice, key, text, list(known.values())), at)
        others = [
            _frames(language, other, *each)
            for other in OTHER_VOICES[language][-_TEMPLATES:]
            for each in known.items()
        ]
        frames = _frames(language, voice, key, text)
        (by_templates,) = templates.scores(
            [frames], others, np.tile(np.arange(len(known)), _TEMPLATES)
        )
        second, other_margin = _chosen(by_templates, at)
        yield Heard(
            *(language, key, text, voice), *(names[first], margin, names[second], other_margin)
        )


@cache
def _frames(language: str, voice: str, key: str, text: str) -> NDArray[np.float64]:
    """Give the mel cepstra of a prompt, without the silence around it."""
    length = len(_clip(language, voice, key, text)) // digits.HOP + 2 * _FRAMES_AROUND
    whole = templates.frames(spoken(language, voice, key, text))
    begin = max(0, (len(whole) - length) // 2)
    return whole[begin : begin + length]


def _chosen(scores: NDArray[np.float64], right: int) -> tuple[int, float]:
    """Give which is chosen, and how far the right one lies ahead of the best of the others."""
    others = np.delete(scores, right)
    return int(scores.argmax()), round(float(scores[right] - others.max()), 2)


def load() -> list[Heard]:
    """Give what was measured."""
    return [Heard(**each) for each in json.loads(DATA.read_text("utf-8"))]


def save(rows: Sequence[Heard]) -> None:
    """Write what was measured."""
    lines = ",\n".join(json.dumps(asdict(each), ensure_ascii=False) for each in rows)
    DATA.write_text(f"[\n{lines}\n]\n", "utf-8")


def measure() -> None:
    """Hear all prompts in our voice, the texts too that they had before, and the worst in the plain
    one. A text that is reworded changes what others are taken for, so nothing is kept."""
    before = load()
    now: list[Heard] = []
    for language, plain in PLAIN.items():
        texts = [(each.key, each.text) for each in before if each.language == language]
        said = dict.fromkeys([*texts, *prompts(language).items()])
        now += heard(language, ours(language), said)
        theirs = [each for each in current(now) if each.language == language]
        now += heard(language, plain, [(each.key, each.text) for each in worst(theirs)])
        print(language, file=sys.stderr, flush=True)
    save(now)


def current(rows: Sequence[Heard]) -> list[Heard]:
    """Give those whose text is what the token says now."""
    return [each for each in rows if prompts(each.language).get(each.key) == each.text]


def worst(rows: Sequence[Heard]) -> list[Heard]:
    """Give the ten of a language that are told apart worst in our voice."""
    there = [each for each in rows if each.voice == ours(each.language)]
    return sorted(there, key=lambda each: (each.right, each.whisper_margin))[:_WORST]


def tables(rows: Sequence[Heard]) -> str:
    """Write how many prompts were told apart, which are the worst, and what became of those that
    were reworded, as Markdown."""
    now = current(rows)
    lines = [
        "| language, voice | prompts heard | by Whisper | by templates |",
        "|---|---:|---:|---:|",
    ]
    for language in PLAIN:
        there = [each for each in now if (each.language, each.voice) == (language, ours(language))]
        by_whisper = sum(each.whisper == each.key for each in there)
        by_templates = sum(each.templates == each.key for each in there)
        cells = f"{_NAMES[language]}, `{ours(language)}`", len(there), by_whisper, by_templates
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += ["", "The worst ten of each language, in our voice and the plain one:", "", *_HEAD]
    for language, plain in PLAIN.items():
        for each in worst([each for each in now if each.language == language]):
            place = language, each.key, plain
            other = [one for one in now if (one.language, one.key, one.voice) == place]
            lines += [_line(one) for one in (each, *other)]
    before = [each for each in rows if each not in now and each.voice == ours(each.language)]
    if before:
        lines += ["", "Reworded, before and after:", "", *_HEAD]
    for old in before:
        place = old.language, old.key, old.voice
        after = [each for each in now if (each.language, each.key, each.voice) == place]
        lines += [_line(each) for each in (old, *after)]
    for language in PLAIN:
        texts = {each.text for each in now if each.language == language}
        missing = [f"“{text}”" for text in prompts(language).values() if text not in texts]
        if missing:
            lines += ["", f"Not heard yet in {_NAMES[language]}: {', '.join(missing)}"]
    return "\n".join(lines) + "\n"


def _line(heard: Heard) -> str:
    texts = languages.load(heard.language).phrases
    cells = [f"“{heard.text}”", f"`{heard.voice}`"]
    for taken_for, margin in (
        (heard.whisper, heard.whisper_margin),
        (heard.templates, heard.templates_margin),
    ):
        right = taken_for == heard.key
        cells += ["right" if right else f"“{texts.get(taken_for, taken_for)}”", f"{margin:.1f}"]
    return "| " + " | ".join(cells) + " |"


def written(page: str, rows: Sequence[Heard]) -> str:
    """Give the page with its tables."""
    before, _, rest = page.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}{_BEGIN}\n{tables(rows)}\n{_END}{after}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true", help="hear them all anew")
    if parser.parse_args().measure:
        measure()
    PAGE.write_text(written(PAGE.read_text("utf-8"), load()), "utf-8")
