"""The tables of prompts: the page shows what was heard, of the texts that the token says now."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from host_tools.voice import languages
from tests.host_tools.voice import prompts
from tests.host_tools.voice.prompts import Heard

ROWS = prompts.load()


@pytest.mark.parametrize("language", prompts.PLAIN)
def test_prompts_are_heard_in_our_voice_and_the_worst_in_the_plain_one(language: str):
    known = prompts.prompts(language)
    now = [each for each in prompts.current(ROWS) if each.language == language]
    heard = {(each.key, each.voice) for each in now}
    there = [key for key in known if (key, prompts.ours(language)) in heard]
    assert len(there) >= 0.9 * len(known), "run: python -m tests.host_tools.voice.prompts --measure"
    for each in prompts.worst(now):
        assert (each.key, prompts.PLAIN[language]) in heard


def test_what_was_not_heard_is_named():
    assert "Not heard yet in English: " in prompts.tables([row("red", 4.0)])
    assert "“Star key.”" in prompts.tables([row("red", 4.0)])
    heard = [row(key, 4.0) for key in prompts.prompts("en")]
    assert "Not heard yet in English" not in prompts.tables(heard)


def test_a_margin_is_below_0_where_another_prompt_was_heard():
    for each in ROWS:
        for taken_for, margin in (
            (each.whisper, each.whisper_margin),
            (each.templates, each.templates_margin),
        ):
            assert taken_for in languages.load(each.language).phrases
            assert (margin > 0) == (taken_for == each.key) or margin == 0


def test_the_page_shows_what_was_heard():
    page = prompts.PAGE.read_text("utf-8")
    assert prompts.written(page, ROWS) == page, "run: python -m tests.host_tools.voice.prompts"


def row(key: str, margin: float, **changed: object) -> Heard:
    text = prompts.prompts("en")[key]
    voice = prompts.ours("en")
    taken_for = key if margin > 0 else "code"
    heard = Heard("en", key, text, voice, taken_for, margin, taken_for, margin / 10)
    return dataclasses.replace(heard, **changed)  # type: ignore[arg-type]


def test_the_worst_come_first_and_what_was_reworded_is_shown_beside_what_it_is_now():
    rows = [row("red", 4.0), row("star", -2.0), row("hash", -3.0, text="Number sign.")]
    table = prompts.tables([*rows, row("hash", 5.0)])
    worst, _, reworded = table.partition("Reworded")
    lines = [line for line in worst.splitlines() if "en+f5" in line]
    assert lines[0] == "| English, `en+f5` | 3 | 2 | 2 |"
    named = [line.split("|")[1].strip() for line in lines[1:]]
    assert named == ["“Star key.”", "“Red.”", "“Hash key.”"]
    assert "| “Star key.” | `en+f5` | “The code is” | -2.0 | “The code is” | -0.2 |" in lines
    before, after = [line for line in reworded.splitlines() if "en+f5" in line]
    assert "“Number sign.”" in before
    assert "right | 5.0 | right | 0.5" in after


def test_all_are_heard_anew_among_the_prompts_that_stand_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What a prompt was taken for may be worded otherwise since."""
    among: dict[str, Sequence[str]] = {}

    class OneLikely:
        def __init__(self, language: str) -> None:
            pass

        def of(self, voice: str, key: str, text: str, wanted: Sequence[str]) -> NDArray[np.float64]:
            among[text] = wanted
            return np.array([float(each == text) for each in wanted])

    monkeypatch.setattr(prompts, "Likelihoods", OneLikely)
    monkeypatch.setattr(prompts, "_frames", lambda *_: None)
    monkeypatch.setattr(prompts.templates, "scores", lambda *_: np.array([[1.0, 0.0]]))
    monkeypatch.setattr(prompts, "prompts", lambda _: {"star": "Star key.", "hash": "Hash key."})
    monkeypatch.setattr(prompts, "PLAIN", {"en": "en"})
    monkeypatch.setattr(prompts, "DATA", tmp_path / "prompts.json")
    stale = Heard("en", "star", "Star.", prompts.ours("en"), "hash", -2.0, "hash", -1.0)
    prompts.save([stale])
    prompts.measure()
    rows = [(each.text, each.voice, each.whisper) for each in prompts.load()]
    ours = prompts.ours("en")
    assert rows == [
        *[(text, ours, key) for text, key in (("Star.", "star"), ("Star key.", "star"))],
        *[("Hash key.", voice, "hash") for voice in (ours, "en")],
        ("Star key.", "en", "star"),
    ]
    assert among["Star."] == ["Star.", "Hash key."]


@pytest.mark.parametrize("language", prompts.PLAIN)
def test_no_prompt_of_two_is_written_alike(language: str):
    """Only what sounds different can be told apart."""
    texts = [text.strip(".?") for text in prompts.prompts(language).values()]
    assert len(set(texts)) == len(texts)
