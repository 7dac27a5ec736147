"""The letter that goes with a token: read, seen and heard; it holds no secret."""

import html5lib
import numpy as np
import pytest

from host_tools.factory import handout, spoken_letter
from host_tools.factory.handout import Handout
from host_tools.voice.recognition import digits
from tests.support import drawn_pdf

SITE = "https://login.example.dk/activate"
SERIAL = "022349473722"


def letter(language="da", product="kodeviser", site=SITE):
    return Handout(SERIAL, product, language, site, "33 98 00 10")


RULES = {
    "da": [
        "Vis aldrig dine koder til andre",
        "Giv aldrig din kodeviser til andre.",
        "Del aldrig dit bruger-ID med andre",
        "Du vil aldrig blive kontaktet på den måde.",
    ],
    "en": [
        "Never show your codes to others",
        "Never give your display token to others.",
        "Never share your user-ID with others",
        "You will never be contacted in that way.",
    ],
}


def page_text(content):
    document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(content)
    return document, " ".join(" ".join(document.find("body").itertext()).split())


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_page_has_headings_lists_and_the_rules_of_care(language):
    document, said = page_text(handout.as_html(letter(language)))
    assert document.get("lang") == language
    assert [each.tag for each in document.iter() if each.tag in ("h1", "h2")] == ["h1"] + ["h2"] * 4
    assert len(document.findall(".//ol/li")) == 5
    assert len(document.findall(".//ul/li")) == 5
    assert document.find(".//img").get("alt").endswith(SITE)
    assert "0223 4947 3722" in said
    for rule in RULES[language]:
        assert rule in said
    assert "33\N{NO-BREAK SPACE}98\N{NO-BREAK SPACE}00\N{NO-BREAK SPACE}10" in (
        handout.as_html(letter(language))
    )


@pytest.mark.parametrize(
    ("product", "language", "sentence", "other"),
    [
        ("kodeviser", "da", "Tryk på knappen", "røde tast"),
        ("kodeviser", "en", "Press the button", "red key"),
        ("kodeoplaeser", "da", "Tryk på den røde tast, og slip den. Hør koden", "knappen"),
        ("kodeoplaeser", "en", "Press the red key and let go. Listen to the code", "button"),
    ],
)
def test_it_speaks_of_the_keys_that_the_product_has(product, language, sentence, other):
    _, said = page_text(handout.as_html(letter(language, product)))
    assert sentence in said
    assert other not in said


def test_without_a_page_to_activate_on_there_is_no_code_to_scan():
    document, said = page_text(handout.as_html(letter(site=None)))
    assert document.find(".//img") is None
    assert "QR" not in said


def test_text_from_the_command_line_is_no_markup():
    content = handout.as_html(Handout(SERIAL, "kodeviser", "da", "https://x/<b>", "<i>1</i>"))
    assert "<i>" not in content
    assert "<b>" not in content


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_pdf_is_tagged_read_in_order_and_its_code_leads_to_the_page(tmp_path, language):
    path = tmp_path / "letter.pdf"
    handout.write_pdf(letter(language), path)
    assert drawn_pdf.is_tagged(path)
    text, at = drawn_pdf.text(path), 0
    for sentence in handout.sentences(letter(language)):
        together = sentence.replace(", ", "")
        shown = together if together.isdigit() else " ".join(sentence.split())
        place = text.find(shown, at)
        assert place >= 0, (sentence, text[at:])
        at = place + 1
    assert drawn_pdf.codes(path) == [("QR Code", SITE)]
    assert len(drawn_pdf.ink(path)) == 2, "two pages, a sheet"
    assert all(0.01 < dark < 0.2 for dark in drawn_pdf.ink(path))


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_serial_number_is_heard_digit_by_digit(language):
    """By the recogniser of the listening tests, whose templates are other voices."""
    sound = spoken_letter.samples(handout.serial_sentences(SERIAL), language)
    assert digits.digits_in(sound, language) == SERIAL


def test_everything_is_said(tmp_path):
    sentences = list(handout.sentences(letter()))
    assert sentences[0] == "Din kodeviser"
    assert sentences[3:6] == ["0, 2, 2, 3", "4, 9, 4, 7", "3, 7, 2, 2"]
    sound = spoken_letter.samples(sentences[:3], "da")
    assert np.abs(sound).max() > 8000
    assert 2 < len(sound) / 16000 < 20
