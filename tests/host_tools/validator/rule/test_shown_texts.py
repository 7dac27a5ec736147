"""Which texts may be approved."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.validator.rule.shown_texts import is_shown


@pytest.mark.parametrize(
    "text",
    [
        "Order 4711, 2,300 kr.",
        "Overførsel af 2.300 kr. til konto 9978 000123456",
        "Zażółć gęślą jaźń: 5 + 2 € = 7 €",
        "Overførsel af 2\u00a0300 kr. eller 2\u202f300,00\u00a0kr.",
        "Подтвердить 订单 注文",
        "x",
    ],
)
def test_what_is_seen_may_be_approved(text: str):
    assert is_shown(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    "sign",
    [
        *("\ufe0f", "\u034f", "\u180b", "\u17b4", "\u2800", "\u3164", "\u115f", "\u1160"),
        *("\uffa0", "\u200b", "\u202e", "\u00ad", "\U000e0041", "\u0338", "\u3000", "\t", "\n"),
        *("\u05d0", "\u0627", "\u0661", "\u2066", "\ud800", "\ufeff", "\u2028", "\x00"),
    ],
    ids=lambda sign: f"U+{ord(sign):04X}",
)
def test_what_is_not_seen_or_turns_the_direction_may_not(sign: str):
    assert not is_shown(f"Pay{sign}100")
    assert not is_shown(sign)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a  b",
        " a",
        "a ",
        "\u00a0",
        "a\u00a0 b",
        "a\u00a0\u202fb",
        "a\u00a0",
        "Pay" + 50 * "\u0335",
    ],
)
def test_a_browser_shows_no_further_spaces_and_piled_marks_hide_what_they_stand_on(text: str):
    assert not is_shown(text)


@given(st.text(max_size=20))
def test_what_is_shown_can_be_printed_and_is_its_own_words(text: str):
    if is_shown(text):
        assert re.sub("[\u00a0\u202f]", " ", text).isprintable()
        assert re.sub("[\u00a0\u202f]", " ", text) == " ".join(text.split())
