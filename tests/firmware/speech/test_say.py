"""What is said, as text for the display: its order, its letters, and its room."""

import importlib

import pytest

from firmware.products.fonts import text_400
from firmware.products.kodeoplaeser import PRODUCT
from firmware.speech.say import clips, ends_group, script, text

WIDTH = 400  # pixels of the display
PHRASES = {
    language: importlib.import_module(f"firmware.speech.phrases_{language}")
    for language in PRODUCT["languages"]
}
# One line is all the room that there is: titles over a large number, and lines under it.
ONE_LINE = (
    ["own_pace", "5", "again"],
    ["4", "back", "6", "on"],
    ["digit", *"12345678"],
    ["beginning"],
    ["end"],
    ["cleared"],
    ["type", "compare"],
    ["compare", "type"],
    ["account", "8"],
    ["ample_time", "code"],
    ["ample_time", "account", "8"],
    ["hurry", "code"],
    ["hurry", "account", "8"],
    ["code", "expired"],
    ["account", "8", "expired"],
    ["right_but", "expired"],
    ["press_red"],
    ["no_function"],
)


@pytest.mark.parametrize("language", PHRASES)
@pytest.mark.parametrize("parts", ONE_LINE, ids=" ".join)
def test_what_stands_over_or_under_a_number_fits_one_line(language: str, parts: list[str]):
    line = text(parts, PHRASES[language].PHRASES)
    assert sum(text_400.width(each) for each in line) <= WIDTH, line


@pytest.mark.parametrize("language", PHRASES)
def test_every_word_fits_the_display(language: str):
    for phrase in dict(PHRASES[language].PHRASES).values():
        for word in phrase.split():
            assert sum(text_400.width(each) for each in word) <= WIDTH, word


def test_within_a_sentence_a_phrase_begins_small_unless_it_is_an_abbreviation():
    danish = PHRASES["da"].PHRASES
    assert text(["type", "amount"], danish) == "Tast nu beløb"
    assert text(["account", "2", "type", "pin"], danish) == "Konto 2 tast nu PIN"
    assert text([["Min Bank", "2", ("p", "m")], "new_code"], danish) == "Min Bank. Ny kode."
    assert text([["Min Bank", "2", ("p", "m")], "expired"], danish) == "Min Bank forældet."
    assert text(["status", "battery", "charged"], danish) == "Status. Batteri i orden."
    assert text(["is_right", "amount", ("12",)], danish) == "Korrekt? Beløb 12"
    assert text(["version", "0", "point", "1"], danish) == "Versionen 0.1"


def test_a_name_is_heard_clip_by_clip_and_felt_as_its_number():
    name = ["Bo", "2", ("letters", "b"), ("letters", "o")]
    parts = ["hurry", name, ("123", "456")]
    heard = script(parts, 3)
    assert [clip for clip, _ in heard[:4]] == ["hurry", *name[2:], "1"]
    assert clips(parts) == len(heard) == 9
    felt = script(parts, 3, felt=True)
    assert [clip for clip, _ in felt[:4]] == ["hurry", "2", "", "1"]
    assert len(felt) == len(heard), "places stay the same"
    assert ends_group(heard[2][1], 3), "a longer pause before the code"
