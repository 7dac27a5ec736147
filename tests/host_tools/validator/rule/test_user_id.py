"""User-IDs (PRODUCT: 5-48 characters, never a CPR number or ten digits, no blanks at the ends)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.errors import KodebrikError
from host_tools.validator import user_id
from host_tools.validator.user_id import UserIdRule


@pytest.mark.parametrize(
    "text",
    [
        "Anders",
        "kim.ø@firma",
        "a" * 48,
        "bo bo",
        "12345",
        "123456789",
        "12345678901",
        "0113701234a",
    ],
)
def test_user_ids_have_5_to_48_characters_of_any_script(text: str):
    assert UserIdRule().validated(text) == text


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("abcd", "5 to 48"),
        ("a" * 49, "5 to 48"),
        (" anders", "blanks"),
        ("anders ", "blanks"),
        ("and\ners", "printable"),
        ("and\0ers", "printable"),
        ("and\u202eers", "printable"),
        ("0101701234", "CPR"),
        ("010170-1234", "CPR"),
        ("010170 1234", "CPR"),
        ("01.01.90_1234", "CPR"),
        ("010190/12-34", "CPR"),
        ("010170x1234", "CPR"),
        ("cpr0101901234", "CPR"),
        ("anna (31 12 99 - 1234)", "CPR"),
        ("9999999999", "CPR"),
        ("99 99 99 99 99", "CPR"),
        ("\N{ARABIC-INDIC DIGIT ONE}" * 10, "CPR"),
        ("\N{FULLWIDTH DIGIT ONE}" * 10, "CPR"),
    ],
)
def test_the_error_names_the_rule_that_a_user_id_breaks(text: str, rule: str):
    with pytest.raises(KodebrikError, match=rule):
        UserIdRule().validated(text)


def test_user_ids_that_differ_in_case_or_encoding_are_equal():
    composed, decomposed = "B\u00f8rge \u00c5s", "b\u00f8rge a\u030as"
    assert user_id.normalized(composed) == user_id.normalized(decomposed)
    assert user_id.normalized(composed) != user_id.normalized("Borge As")


@given(st.text(max_size=60))
def test_the_shown_form_of_a_user_id_has_the_same_normalized_form(text: str):
    key = user_id.normalized(text)
    assert user_id.normalized(key) == key
    try:
        shown = UserIdRule().validated(text)
    except KodebrikError:
        return
    assert user_id.normalized(shown) == key
    assert shown == shown.strip()
    assert not (len(shown) == 10 and shown.isdigit())


@given(
    st.dates(),
    st.integers(0, 9999),
    st.lists(st.sampled_from(["", " ", "-", ".", "_", "/", ":"]), min_size=10, max_size=10),
    st.text("abcdefgh.-", max_size=12),
)
def test_a_cpr_number_is_refused_however_it_is_grouped(
    born: date, number: int, signs: list[str], before: str
):
    digits = f"{born:%d%m%y}{number:04}"
    grouped = before + "".join(sign + digit for sign, digit in zip(signs, digits, strict=True))
    with pytest.raises(KodebrikError, match=r"CPR|blanks"):
        UserIdRule().validated(grouped)


def test_user_ids_of_other_systems_are_a_setting():
    rule = UserIdRule(least=2, most=8, alphabet=user_id.alphabet("a-z0-9._-"))
    for taken in ("bob", "Bo", "b.o-b_9"):
        assert rule.validated(taken) == taken
    for refused, why in (
        ("b", "2 to 8"),
        ("bobbobbob", "2 to 8"),
        ("b\u00f8b", "character"),
        ("bo b", "character"),
    ):
        with pytest.raises(KodebrikError, match=why):
            rule.validated(refused)
    with pytest.raises(KodebrikError, match="CPR"):
        UserIdRule(least=1, most=64).validated("0101701234")


@pytest.mark.parametrize(
    ("text", "meant"),
    [("a-c", "abc"), ("A-C", "abc"), ("-x", "-x"), ("x-", "x-"), ("a-cx-z", "abcxyz"), ("+", "+")],
)
def test_an_alphabet_is_written_with_ranges(text: str, meant: str):
    assert user_id.alphabet(text) == frozenset(meant)


@pytest.mark.parametrize("text", ["", "c-a"])
def test_what_is_no_alphabet_is_refused(text: str):
    with pytest.raises(ValueError, match=f"^{text}$"):
        user_id.alphabet(text)
