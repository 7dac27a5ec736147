"""What app devices sign: no two lists of texts are the same bytes."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host_tools.validator.app_records import (
    Answer,
    AnswerDecision,
    AppAct,
    ApprovalKind,
    WaitingApproval,
)
from host_tools.validator.rule import signed_texts

TEXTS = st.lists(st.text(max_size=20), max_size=8)
ASKED = WaitingApproval(
    id="A" * 22,
    nonce="n",
    party="bank",
    party_name="Lillebælt Sparekasse",
    user_id="anna.holm",
    kind=ApprovalKind.PAYMENT,
    text="Overførsel af 2.300,00 kr. til konto 9978 000123456",
    amount="2300.00",
    currency="DKK",
    account="9978000123456",
    place="192.0.2.7",
    created_at=1_800_000_000,
    expires_at=1_800_000_300.0,
    extensions_left=10,
    language="da",
)
NOT_SIGNED = ("expires_at", "extensions_left", "language")


def test_the_bytes_are_those_of_the_page():
    assert signed_texts.encode(["a", "", "æ"]) == b"\0\0\0\1a\0\0\0\0\0\0\0\2\xc3\xa6"


@given(TEXTS)
def test_the_texts_can_be_read_back(texts: list[str]):
    rest, found = signed_texts.encode(texts), []
    while rest:
        size = int.from_bytes(rest[:4], "big")
        found.append(rest[4 : 4 + size].decode())
        rest = rest[4 + size :]
    assert found == texts


@pytest.mark.parametrize("name", [field.name for field in fields(WaitingApproval)])
def test_every_field_that_decides_is_signed(name: str):
    value = getattr(ASKED, name)
    other = replace(ASKED, **{name: value + 1 if isinstance(value, int | float) else value + "x"})
    given = Answer("APP1", 1, AnswerDecision.APPROVE, "47")
    before, after = (signed_texts.answer(given, asked) for asked in (ASKED, other))
    assert (before == after) == (name in NOT_SIGNED)


def test_the_answer_itself_is_signed_and_practice_is_no_approval():
    answers = [
        Answer("APP1", 1, AnswerDecision.APPROVE, "47"),
        Answer("APP2", 1, AnswerDecision.APPROVE, "47"),
        Answer("APP1", 2, AnswerDecision.APPROVE, "47"),
        Answer("APP1", 1, AnswerDecision.DECLINE, "47"),
        Answer("APP1", 1, AnswerDecision.APPROVE, "48"),
        Answer("APP1", 14, AnswerDecision.APPROVE, "7"),
    ]
    made = [signed_texts.answer(one, ASKED) for one in answers]
    made.append(signed_texts.answer(answers[0], ASKED, practice=True))
    made += [
        signed_texts.session("c", "APP1", 1),
        *(signed_texts.anew(act, "c", "APP1", 1) for act in AppAct),
        signed_texts.activation("c", "APP1", "1", ""),
    ]
    assert len(set(made)) == len(made)
