"""The user guides: they quote the token's own texts, and their pages are accessible."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from firmware.speech import phrases_da, phrases_en
from firmware.ui.fob import texts_da, texts_en
from firmware.ui.speaking.keymap import FUNCTIONS, SCREENS
from host_tools.devtools import user_guides

ROOT = Path(__file__).parents[3]
GUIDES = {(guide.name, guide.language): guide for guide in user_guides.guides()}
SPOKEN = {"da": dict(phrases_da.PHRASES), "en": dict(phrases_en.PHRASES)}
WRITTEN = {"da": texts_da.TEXTS, "en": texts_en.TEXTS}
QUOTES = {"da": "»([^«]+)«", "en": "“([^”]+)”"}
KEY_NAMES = {"da": {"*": "stjerne", "#": "firkant"}, "en": {"*": "star", "#": "hash"}}
NAMES = {
    "da": {**KEY_NAMES["da"], "red": "den røde tast", "digit": "et ciffer"},
    "en": {**KEY_NAMES["en"], "red": "the red key", "digit": "a digit"},
}
NAMES["da"]["0 held"] = "0 holdt nede i 2 sekunder"
NAMES["en"]["0 held"] = "0 held for 2 seconds"
RED = {"da": ("Rød", "og", "alene"), "en": ("Red", "and", "alone")}


def constant(path: str, name: str) -> dict:
    """A table of the firmware, read from its source: the module itself runs on MicroPython
    alone."""
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            assert isinstance(node.value, ast.Dict)
            return {
                ast.literal_eval(key): value
                for key, value in zip(node.value.keys, node.value.values, strict=True)
            }
    raise AssertionError(f"{path} has no {name}")


def plain(language: str, name: str = "kodeoplaeser") -> str:
    """A guide's text as one line."""
    return " ".join(GUIDES[name, language].text.split())


def is_said(quote: str, texts: list[str]) -> bool:
    """Say whether a quote consists of complete phrases with numbers between them. Within a sentence
    a phrase begins with a small letter."""
    return _is_said(quote, texts, begins=True)


def _is_said(quote: str, texts: list[str], begins: bool) -> bool:
    if not quote:
        return True
    number = re.match(r"\d+ ?", quote)
    if number and _is_said(quote[number.end() :], texts, False):
        return True
    for text in texts:
        within = text if begins or text[1:2].isupper() else text[0].lower() + text[1:]
        rest = quote.removeprefix(within)
        if (
            rest != quote
            and rest[:1] in ("", " ")
            and _is_said(rest.lstrip(), texts, text[-1] in ".?")
        ):
            return True
    return False


@pytest.mark.clause("12.1.1")
@pytest.mark.parametrize("language", SPOKEN)
def test_what_the_guide_quotes_is_what_the_token_says(language: str):
    texts = list(SPOKEN[language].values())
    quotes = re.findall(QUOTES[language], plain(language))
    assert len(quotes) > 40
    assert [quote for quote in quotes if not is_said(quote, texts)] == []


def test_a_wrong_quote_is_noticed():
    texts = list(SPOKEN["en"].values())
    assert is_said("Figure 4 is wrong. Try again.", texts)
    assert not is_said("Figure 4 is wrong. Try it again.", texts)
    assert is_said("Type account number", texts)
    assert not is_said("Type Account number", texts)


@pytest.mark.clause("12.1.1")
@pytest.mark.parametrize("language", SPOKEN)
def test_every_function_is_in_the_guide_by_its_spoken_name(language: str):
    names = {key: phrases for key, (_, _, phrases) in FUNCTIONS.items()}
    names["red"] = ("new_code",)
    red, with_, alone = RED[language]
    for key, function in names.items():
        keys = (
            f"{red} {alone}"
            if key == "red"
            else f"{red} {with_} {KEY_NAMES[language].get(key, key)}"
        )
        name = " ".join(SPOKEN[language][phrase] for phrase in function)
        quoted = QUOTES[language].replace(QUOTES[language][1:-1], re.escape(name))
        assert re.search(f"- {keys}: {quoted}", plain(language)), f"{keys}: {name}"


@pytest.mark.clause("12.1.1")
@pytest.mark.parametrize("language", SPOKEN)
def test_every_key_alone_is_in_the_guide_with_what_it_does(language: str):
    section = GUIDES["kodeoplaeser", language].text.partition("<!-- generated: keys -->")[2]
    listed = re.split(r"^- ", section.partition("<!--")[0], flags=re.MULTILINE)[1:]
    assert len(listed) == len(SCREENS)
    does = set()
    for item, (screen, keys) in zip(listed, SCREENS.items(), strict=True):
        cells = " ".join(item.split()).removesuffix(".").partition(": ")[2].split("; ")
        assert len(cells) == len(keys), screen
        for cell, (key, method) in zip(cells, keys.items(), strict=True):
            name = NAMES[language].get(key, key)
            assert cell.startswith(f"{name} "), (screen, key)
            does.add((method, cell.removeprefix(f"{name} ")))
    assert len(does) == len({method for keys in SCREENS.values() for method in keys.values()}), (
        "the same words for the same action, on every screen"
    )
    assert len({words for _, words in does}) == len(does), "and no others' words"


@pytest.mark.clause("12.1.1")
@pytest.mark.parametrize("language", SPOKEN)
def test_every_failure_is_in_the_guide_with_what_to_do(language: str):
    phrases = SPOKEN[language]
    remedies = constant("firmware/ui/speaking/view.py", "_REMEDIES")
    assert "clock_lost" in remedies
    for reason, remedy in remedies.items():
        assert f"{phrases[reason]} {phrases[ast.literal_eval(remedy)]}" in plain(language)


@pytest.mark.parametrize("language", SPOKEN)
def test_every_phrase_of_the_token_is_in_the_guide(language: str):
    quoted = " ".join(re.findall(QUOTES[language], plain(language))).lower()
    missing = [
        key
        for key, text in SPOKEN[language].items()
        if not key.isdigit() and text.lower() not in quoted
    ]
    in_words_of_its_own = {"language", "language_name", "account", "red", "star", "hash", "point"}
    assert set(missing) <= in_words_of_its_own


@pytest.mark.parametrize("language", WRITTEN)
def test_the_other_guide_quotes_what_stands_on_the_display(language: str):
    shown = [
        text
        for texts in WRITTEN[language].values()
        for text in ([texts] if isinstance(texts, str) else texts)
    ]
    quotes = re.findall(QUOTES[language], plain(language, "kodeviser"))
    assert len(quotes) >= 6
    assert set(quotes) <= set(shown)
    troubles = [texts[0] for texts in WRITTEN[language].values() if not isinstance(texts, str)]
    assert set(troubles) <= set(quotes)


def test_both_guides_are_in_both_languages_section_by_section():
    assert set(GUIDES) == {
        (name, language) for name in ("kodeoplaeser", "kodeviser") for language in SPOKEN
    }
    marks = re.compile(r"^(##|-|\d\.) ", re.MULTILINE)
    for name in ("kodeoplaeser", "kodeviser"):
        assert marks.findall(GUIDES[name, "da"].text) == marks.findall(GUIDES[name, "en"].text)


class Page(HTMLParser):
    """Give a page's elements in order, with their attributes, and the headings' texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[str] = []
        self.feed(html)
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "hr"):
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings[-1] += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.mark.clause("12.1.2")
@pytest.mark.parametrize(("name", "language"), GUIDES)
def test_the_page_has_what_a_screen_reader_steers_by(name: str, language: str):
    html = user_guides.page(GUIDES[name, language], "")
    page = Page(html)
    tags = [tag for tag, _ in page.elements]
    assert html.startswith("<!DOCTYPE html>")
    assert page.attributes("html") == [{"lang": language}]
    assert [tags.count(tag) for tag in ("title", "h1", "header", "nav", "main", "footer")] == [
        1
    ] * 6
    assert not {"h3", "h4", "img", "table", "script"} & set(tags), (
        "told in words, under headings without a gap"
    )
    assert all(page.headings)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [attributes["href"] for attributes in page.attributes("a")]
    assert links[0] == "#main", "the first one leads past the contents"
    assert {link.removeprefix("#") for link in links} <= set(ids)
    labels = [
        attributes["aria-labelledby"]
        for _, attributes in page.elements
        if "aria-labelledby" in attributes
    ]
    assert len(labels) == tags.count("section") + 1
    assert set(labels) <= set(ids)
    assert len(links) == tags.count("section") + 1, "every section is in the contents"


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definitions)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.clause("12.1.2")
def test_the_page_has_a_contrast_of_seven_to_one_in_light_and_dark():
    style = (user_guides.SOURCES / "screen.css").read_text(encoding="utf-8")
    themes = [
        dict(re.findall(r"--(\w+): (#\w{6})", line))
        for line in style.splitlines()
        if "--paper:" in line
    ]
    assert len(themes) == 2
    for theme in themes:
        for colour in ("ink", "link"):
            high, low = sorted((luminance(theme[colour]), luminance(theme["paper"])), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 7


@pytest.mark.clause("12.1.2")
def test_large_print_is_18_points_or_more():
    style = (user_guides.SOURCES / "paper.css").read_text(encoding="utf-8")
    sizes = [float(size) for size in re.findall(r"([\d.]+)pt", style)]
    assert min(sizes) >= 18
    assert not re.search(r"font(-size)?:[^;]*[\d.]+(px|em|rem|%)", style)
