"""Activation letters: complete, in both languages, readable for eyes and ears, and safe against
what stands in them."""

import re
from dataclasses import replace
from datetime import UTC
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.errors import KodebrikError
from host_tools.messages.catalogue import LANGUAGES
from host_tools.validator import letters
from host_tools.validator.letters import Letter
from host_tools.validator.records import Product

# 17 March 2030
LETTER = Letter(
    "100000000008", "48151623", 1_900_000_000.0, "da", "sofie.hansen", "https://kode.example"
)


class Page(HTMLParser):
    """What a screen reader goes by: elements with their attributes, and the texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        assert not self._open, "every element is closed"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if data.strip() and self._open[-1] != "style":
            self.texts.append(data.strip())

    def tags(self):
        return [tag for tag, _ in self.elements]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "da",
            [
                "Serienummer",
                "Aktiveringskode",
                "Bruger-ID",
                "16. marts 2030",
                "https://kode.example",
            ],
        ),
        (
            "en",
            [
                "Serial number",
                "Activation code",
                "User-ID",
                "16 March 2030",
                "https://kode.example",
            ],
        ),
    ],
)
@pytest.mark.parametrize("form", [letters.as_html, letters.as_text])
def test_a_letter_says_serial_code_date_and_what_to_do(form, language: str, expected: list[str]):
    letter = form(Letter(**(vars(LETTER) | {"language": language})))
    for word in (*expected, "1000 0000 0008", "4815 1623", "sofie.hansen"):
        assert word in letter
    assert "{" not in re.sub(r"<style>.*?</style>", "", letter, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("language", "where"),
    [("da", "Gå på den enhed til https://kode.example/app."), ("en", "https://kode.example/app.")],
)
@pytest.mark.parametrize("form", [letters.as_html, letters.as_text])
def test_a_letter_for_the_app_names_no_serial_number_and_no_code_token(
    form, language: str, where: str
):
    letter = form(Letter(**(vars(LETTER) | {"language": language, "product": "app"})))
    for word in (where, "4815 1623", "sofie.hansen"):
        assert word in letter
    for word in ("1000 0000 0008", "kodebrik", "serienummer", "serial"):
        assert word not in re.sub(r"<style>.*?</style>", "", letter, flags=re.DOTALL).lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_made_for_screen_readers_and_weak_eyes(language: str):
    text = letters.as_html(Letter(**(vars(LETTER) | {"language": language})))
    page = Page(text)
    assert ("html", {"lang": language}) in page.elements
    tags = page.tags()
    assert [tags.count(tag) for tag in ("title", "main", "h1")] == [1, 1, 1]
    assert tags.index("h1") < tags.index("h2")
    assert tags.count("dt") == tags.count("dd") == 3
    assert tags.count("li") == 4
    assert not {"img", "table", "script", "link"} & set(tags), (
        "nothing that needs eyes or another server"
    )
    assert float(re.search(r"font: (\d+)pt", text)[1]) >= 16
    assert "color: #000; background: #fff" in text


def test_text_and_page_say_the_same():
    plain = letters.as_text(LETTER)
    for text in Page(letters.as_html(LETTER)).texts:
        assert text in plain


def test_values_in_a_letter_are_escaped():
    nasty = Letter(
        '"><script>alert(1)</script>',
        "<b>1</b>",
        1_900_000_000.0,
        "en",
        "a&b<i>",
        "https://x/?a=1&b=<u>",
    )
    page = Page(letters.as_html(nasty))
    assert not {"script", "b", "i", "u"} & set(page.tags())
    assert '"><script>alert(1)</script>' in page.texts


def test_a_letter_without_user_and_site_has_all_other_facts():
    plain = letters.as_text(Letter("100000000008", "48151623", 1_900_000_000.0, "da"))
    assert "None" not in plain
    assert "Gå til den side, hvor du logger på" in plain


@pytest.mark.parametrize(
    ("product", "language", "named"),
    [
        (Product.KODEVISER, "da", "din kodeviser"),
        (Product.KODEOPLAESER, "da", "din kodeoplæser"),
        (None, "da", "din kodebrik"),
        (Product.KODEVISER, "en", "your display token"),
        (Product.KODEOPLAESER, "en", "your speaking token"),
        (None, "en", "your token"),
    ],
)
def test_a_letter_names_the_product_and_no_other(product, language: str, named: str):
    plain = letters.as_text(replace(LETTER, language=language, product=product)).lower()
    assert plain.count(named) >= 4
    for other in ("kodeviser", "kodeoplæser", "kodebrik", "display token", "speaking token"):
        assert other in named or other not in plain


def test_the_last_day_is_that_of_the_users_time_zone():
    late = LETTER.expires_at - LETTER.expires_at % 86400 + 23.5 * 3600  # 23:30 UTC, the 17th
    assert "17. marts 2030" in letters.as_text(replace(LETTER, expires_at=late))
    assert "16. marts 2030" in letters.as_text(replace(LETTER, expires_at=late, zone=UTC))


def test_another_language_is_refused():
    with pytest.raises(KodebrikError, match="no letter in the language kl"):
        letters.as_text(Letter("1", "2", 0.0, "kl"))


@pytest.mark.parametrize(
    ("product", "sentence"),
    [
        (Product.KODEVISER, "Tryk på knappen"),
        (Product.KODEOPLAESER, "Tryk på den røde tast"),
        (None, "Få en kode fra kodebrikken"),
    ],
)
def test_a_letter_speaks_of_the_keys_that_the_token_has(product, sentence):
    letter = replace(LETTER, product=product)
    assert sentence in letters.as_text(letter)
    assert sentence in letters.as_html(letter)


@given(st.text("0123456789", min_size=1, max_size=20))
def test_a_serial_number_is_understood_as_the_letter_groups_it(serial):
    assert letters.typed_serial(f" {letters.in_fours(serial)} ") == serial


@pytest.mark.parametrize("serial", ["K1 2", "AB-12 34", "١٢٣ ٤"])
def test_other_makers_serial_numbers_keep_their_blanks(serial):
    assert letters.typed_serial(f" {serial} ") == serial
