"""Challenges of the validator: none is issued again in other digits, and a response fits only its
own challenge (RFC 6287)."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from host_tools.validator.errors import ConflictError, InvalidError
from host_tools.validator.keys.master_key import LocalKey
from host_tools.validator.records import NewToken
from host_tools.validator.rule.verdict import CheckRequest, Reason
from host_tools.validator.service import Validator
from tests.support.ocra import peer
from tests.support.validator.clock import VirtualClock

SECRET = b"12345678901234567890"
FUNCTION = "OCRA-1:HOTP-SHA1-8:"


@pytest.fixture(scope="module")
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory, clock: VirtualClock) -> Iterator[Validator]:
    path = tmp_path_factory.mktemp("challenges") / "validator.sqlite"
    with Validator(f"sqlite:///{path}", LocalKey(Secret(bytes(32))), clock) as opened:
        yield opened


def enrolled(validator: Validator, name: str, question: str) -> None:
    """Give the user `name` an active token whose suite ends with `question`."""
    counter = 0 if question.startswith("C-") else None
    credential = Credential(
        name, Secret(SECRET), period=None if counter is not None else 30, counter=counter
    )
    validator.import_tokens(
        [NewToken(f"{name}-1", credential, suite=FUNCTION + question)], actor="test"
    )
    validator.assign(f"{name}-1", name, actor="test")
    validator.activate_by_administrator(f"{name}-1", actor="test")


def asked(validator: Validator, name: str, text: str | None = None) -> str:
    return validator.issue_challenge(user_id=name, text=text, actor="test").text


def answered(
    validator: Validator, name: str, challenge: str, code: str, pin: str | None = None
) -> Reason:
    return validator.check_many([CheckRequest(code, user_id=name, challenge=challenge, pin=pin)])[
        0
    ].reason


@pytest.mark.parametrize(
    ("question", "first", "others"),
    [
        ("QN64", "1512345", ["1512345", "01512345", "24197520", "0024197520", "387160320"]),
        ("QN64", "24197520", ["1512345"]),
        ("QN08", "0", ["00", "00000000"]),
        ("QH08", "C0FFEE", ["c0ffee", "C0FFEE00"]),
    ],
)
def test_a_question_is_not_asked_again_in_other_digits(
    validator: Validator, clock: VirtualClock, question: str, first: str, others: list[str]
):
    name = f"user-{validator.users(limit=1).total}"
    enrolled(validator, name, question)
    asked(validator, name, first)
    clock.now += 10_000  # not after its time either
    for other in others:
        suite = FUNCTION + question
        assert peer(SECRET, suite, other) == peer(SECRET, suite, first), (
            "the response to one is that to the other"
        )
        with pytest.raises(ConflictError, match="given this challenge before"):
            asked(validator, name, other)
    asked(validator, name, "1512346")


QUESTIONS = st.integers(0, 400).flatmap(
    lambda number: st.builds(
        lambda power, zeros: "0" * zeros + str(number * 16**power),
        st.integers(0, 2),
        st.integers(0, 3),
    )
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(QUESTIONS, min_size=2, max_size=12))
def test_no_two_challenges_of_a_token_share_a_response(validator: Validator, texts: list[str]):
    """The responses are those of the package oath, of 8 digits: among 400 numbers chance hardly
    makes two equal."""
    name = f"user-{validator.users(limit=1).total}"
    enrolled(validator, name, "QN16")
    responses = []
    for text in texts:
        try:
            responses.append(peer(SECRET, FUNCTION + "QN16", asked(validator, name, text)))
        except ConflictError:
            assert peer(SECRET, FUNCTION + "QN16", text) in responses, "refused only for a reason"
    assert len(set(responses)) == len(responses)


def test_numbers_that_are_drawn_have_one_length_and_no_zero_in_front(
    validator: Validator, clock: VirtualClock
):
    enrolled(validator, "drawn", "QN06")
    drawn = []
    for _ in range(50):
        drawn.append(asked(validator, "drawn"))
        clock.now += 300  # it is not answered, and not given again
    assert len(set(drawn)) == 50
    assert {len(text) for text in drawn} == {6}
    assert not any(text.startswith("0") for text in drawn)
    enrolled(validator, "longest", "QA64")
    assert len(asked(validator, "longest")) == 24, "no more than can be typed at a token"


def test_when_most_challenges_are_used_up_one_that_is_left_is_drawn(
    validator: Validator, clock: VirtualClock, monkeypatch
):
    enrolled(validator, "fewer", "QN04")
    numbers = iter([5, 5, 5, 6])
    monkeypatch.setattr(
        "host_tools.validator.operations.challenges.secrets.randbelow", lambda below: next(numbers)
    )
    for left in ("1005", "1006"):
        assert asked(validator, "fewer") == left
        clock.now += 300
    monkeypatch.setattr(
        "host_tools.validator.operations.challenges.secrets.randbelow", lambda below: 5
    )
    with pytest.raises(ConflictError, match="nearly every challenge"):
        asked(validator, "fewer")


@pytest.mark.parametrize("question", ["C-QN64", "QN64-T1M"])
def test_two_waiting_challenges_never_count_as_the_same(validator: Validator, question: str):
    """A response fits once with a counter or a time step, but it must fit what was asked."""
    name = f"moving-{question[0]}"
    enrolled(validator, name, question)
    asked(validator, name, "1512345")
    asked(validator, name, "1512345")
    with pytest.raises(ConflictError):
        asked(validator, name, "24197520")


def test_a_response_is_taken_for_its_challenge_alone_and_once(validator: Validator):
    enrolled(validator, "payer", "QA24")
    code = peer(SECRET, FUNCTION + "QA24", asked(validator, "payer", "1512345"))
    assert asked(validator, "payer", "24197520"), "another payment"
    assert answered(validator, "payer", "24197520", code) is Reason.WRONG
    assert answered(validator, "payer", "01512345", code) is Reason.NO_CHALLENGE
    assert answered(validator, "payer", "1512345", code) is Reason.ACCEPTED
    assert answered(validator, "payer", "1512345", code) is Reason.NO_CHALLENGE


@pytest.mark.parametrize("text", ["", "12 34", "12a4", "-1234", "1" * 17, "\u0661234"])
def test_a_challenge_that_does_not_fit_is_refused(validator: Validator, text: str):
    name = f"user-{validator.users(limit=1).total}"
    enrolled(validator, name, "QN08")
    with pytest.raises(InvalidError, match="does not fit"):
        asked(validator, name, text)


def test_the_pin_of_a_suite_is_the_one_that_the_user_was_given(validator: Validator):
    """The response is computed of whatever PIN is sent along, so it alone proves none."""
    enrolled(validator, "pinned", "C-QN08-PSHA1")
    suite = FUNCTION + "C-QN08-PSHA1"
    asked(validator, "pinned", "12345678")
    thief = peer(SECRET, suite, "12345678", counter=0, pin="9999")
    assert answered(validator, "pinned", "12345678", thief, "9999") is Reason.WRONG_PIN, (
        "no PIN was set"
    )
    validator.set_pin("pinned", Secret(b"4711"), actor="test")
    assert answered(validator, "pinned", "12345678", thief, "9999") is Reason.WRONG_PIN
    right = peer(SECRET, suite, "12345678", counter=0, pin="4711")
    assert answered(validator, "pinned", "12345678", right, "4711") is Reason.ACCEPTED


def test_a_users_pin_is_asked_for_with_a_suite_that_has_none(validator: Validator):
    enrolled(validator, "careful", "C-QN08")
    validator.set_pin("careful", Secret(b"4711"), actor="test")
    asked(validator, "careful", "12345678")
    code = peer(SECRET, FUNCTION + "C-QN08", "12345678", counter=0)
    assert answered(validator, "careful", "12345678", code) is Reason.WRONG_PIN
    assert answered(validator, "careful", "12345678", code, "4711") is Reason.ACCEPTED


def check_and_issue(validator: Validator, name: str, challenge: str, code: str) -> Reason:
    """Check a response to a challenge that is issued with the check itself."""
    request = CheckRequest(
        code, user_id=name, challenge=challenge, actor="web site", issue_challenge=True
    )
    return validator.check_many([request])[0].reason


def test_a_challenge_shown_at_sign_in_is_issued_with_its_check_and_survives_a_wrong_response(
    validator: Validator,
):
    enrolled(validator, "visitor", "QN08")
    code = peer(SECRET, FUNCTION + "QN08", "12345678")
    assert check_and_issue(validator, "visitor", "12345678", "00000000") is Reason.WRONG
    assert check_and_issue(validator, "visitor", "12345678", code) is Reason.ACCEPTED
    assert check_and_issue(validator, "visitor", "12345678", code) is Reason.NO_CHALLENGE, "once"
    assert check_and_issue(validator, "visitor", "012345678", code) is Reason.NO_CHALLENGE, (
        "nor in other digits"
    )
    entry = validator.audit(serial="visitor-1").items[3]
    assert (entry.action, entry.actor) == ("challenge", "web site")
    assert validator.verify_audit().broken == ()


def test_users_of_ocra_tokens_are_checked_in_one_transaction_as_all_users(
    validator: Validator, monkeypatch
):
    """Each transaction waits for the disk, which shows in the duration."""
    enrolled(validator, "visited", "QN08")
    opened = []
    writing = validator._database.writing
    monkeypatch.setattr(validator._database, "writing", lambda: opened.append(1) or writing())
    for name in ("visited", "nobody-at-all"):
        opened.clear()
        check_and_issue(validator, name, "12345678", "00000000")
        assert len(opened) == 1, name


def test_whoever_asks_again_and_again_uses_up_no_challenges(
    validator: Validator, clock: VirtualClock
):
    """A suite with four digits has 9,000 challenges, and gives each once."""
    enrolled(validator, "asked-often", "QN04")
    chosen = asked(validator, "asked-often", "4711")
    first = {asked(validator, "asked-often") for _ in range(50)}
    assert len(first) == 1
    assert chosen not in first, "what somebody chose is not shown to others"
    (drawn,) = first
    code = peer(SECRET, FUNCTION + "QN04", drawn)
    assert answered(validator, "asked-often", drawn, code) is Reason.ACCEPTED
    second = asked(validator, "asked-often")
    assert second != drawn, "an answered one is never given again"
    clock.now += 151
    assert asked(validator, "asked-often") != second, "a user has time to answer"
