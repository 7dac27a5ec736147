"""The letter in braille: its pages and lines, and, where liblouis is, what they say."""

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.errors import ExitCode, KodebrikError
from host_tools.factory import braille_letter, handout
from host_tools.factory.braille_letter import CELLS, LINES
from host_tools.factory.handout import Handout

needs_liblouis = pytest.mark.skipif(
    shutil.which("lou_translate") is None, reason="liblouis is not installed (Debian: liblouis-bin)"
)
SERIAL = "022349473722"
# The North American table of ASCII braille has letters as themselves and these for others;
# Den Danske Punktskrift 2022 has æ, ø, å, é, full stop and comma so, Unified English two of them.
_LETTERS = {
    "da": {">": "æ", "[": "ø", "*": "å", "=": "é", "'": ".", "1": ","},
    "en": {"4": ".", "1": ","},
}
_DIGITS = dict(zip("ABCDEFGHIJ", "1234567890", strict=True))
_CAPITAL, _NUMBER = ",", "#"
_NUMERIC_SPACE = '"'  # Unified English Braille, 6.6: between groups of one number


def letter(language, product="kodeoplaeser"):
    return Handout(SERIAL, product, language, "https://kode.dk/a", "33 98 00 10")


def print_of(braille, language):
    """Give what a reader reads, as far as letters in either case, digits, full stops and commas
    go."""
    said, number = "", False
    for cell in braille:
        if cell == _NUMBER:
            number = True
        elif number and cell in _DIGITS:
            said += _DIGITS[cell]
        elif number and cell == _NUMERIC_SPACE:
            said += " "
        else:
            number = False
            said += "" if cell == _CAPITAL else _LETTERS[language].get(cell, cell.lower())
    return said


def pages_of(content):
    return [page.split("\r\n")[:-1] for page in content.decode("ascii").split("\f")]


@needs_liblouis
@pytest.mark.parametrize("language", ["da", "en"])
def test_all_of_the_letter_can_be_read_with_the_fingers(tmp_path, language):
    path = tmp_path / "letter.brf"
    braille_letter.write(letter(language), path)
    pages = pages_of(path.read_bytes())
    assert all(len(page) <= LINES and max(map(len, page)) <= CELLS for page in pages)
    together = " ".join(" ".join(line.strip() for page in pages for line in page).split())
    read, at = print_of(together, language), 0
    for _, text in handout.paragraphs(letter(language)):
        # What this test does not decode is left out on both sides: the hyphen, colon and slash.
        for words in text.replace("\N{NO-BREAK SPACE}", " ").split("."):
            plain = "".join(c for c in words.lower() if c.isalnum() or c in ", ").strip()
            if plain == words.lower().strip():
                place = read.find(plain, at)
                assert place >= 0, (plain, read[at : at + 200])
                at = place
    assert "0223 4947 3722" in read
    assert "33 98 00 10" in read


@needs_liblouis
def test_the_serial_number_is_what_liblouis_reads_back(tmp_path):
    """By the table's own way back."""
    cells = braille_letter._translated(["0223 4947 3722", "Rød tast"], "da")
    assert cells == ["#JBBC #DIDG #CGBB", ",R[D TAST"]


def test_without_liblouis_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KodebrikError) as raised:
        braille_letter.write(letter("da"), tmp_path / "letter.brf")
    assert raised.value.exit_code == ExitCode.NOT_INSTALLED
    assert "liblouis-bin" in raised.value.hint
    assert not (tmp_path / "letter.brf").exists()


@pytest.mark.parametrize(
    "program",
    ["exit 1", "echo ONE-LINE-ALONE", "printf 'not braille: \\303\\270\\n%.0s' $(seq 17)"],
)
def test_a_liblouis_that_fails_writes_nothing(tmp_path, monkeypatch, program):
    fails = tmp_path / "lou_translate"
    fails.write_text(f"#!/bin/sh\n{program}\n")
    fails.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(KodebrikError, match="did not translate"):
        braille_letter.write(letter("da"), tmp_path / "letter.brf")
    assert not (tmp_path / "letter.brf").exists()


words = st.lists(st.text("ABC#,", min_size=1, max_size=70), min_size=1, max_size=40).map(" ".join)


@given(st.lists(st.tuples(st.booleans(), words), min_size=1, max_size=30))
def test_pages_hold_every_cell_in_order_and_none_too_many(paragraphs):
    pages = pages_of(braille_letter.in_pages(paragraphs))
    assert all(0 < len(page) <= LINES for page in pages)
    assert all(len(line) <= CELLS for page in pages for line in page)
    shown = "".join(line.replace(" ", "") for page in pages for line in page)
    assert shown == "".join(cells.replace(" ", "") for _, cells in paragraphs)


def test_words_are_kept_whole_and_further_lines_are_set_in():
    assert list(braille_letter.in_lines("A" * 20 + " " + "B" * 10 + " C")) == [
        "A" * 20,
        "  " + "B" * 10 + " C",
    ]


def test_a_heading_is_not_the_last_line_of_a_page():
    body = [(False, "A")] * (LINES - 2)
    pages = pages_of(braille_letter.in_pages([*body, (True, "H"), (False, "B")]))
    assert pages == [["A"] * (LINES - 2), ["H", "B"]]
    body.pop()
    pages = pages_of(braille_letter.in_pages([*body, (True, "H"), (False, "B")]))
    assert pages == [["A"] * (LINES - 3) + ["", "H", "B"]]
