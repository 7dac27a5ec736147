"""Accounts with a suite, on the host and over the link: what is accepted, listed and refused."""

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from firmware.otp.ocra import ocra as token_ocra
from firmware.otp.ocra import parse
from firmware.protocol import messages as m
from firmware.protocol.sentences import ERRORS
from host_tools.errors import ExitCode, KodebrikError
from host_tools.link import replies
from host_tools.otp import challenges, codes
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from tests.support.link.token import KEY, SECRET, LinkUnderTest
from tests.support.ocra import NO_SUITES, peer
from tests.support.runtime import Runtime

SUITE = "OCRA-1:HOTP-SHA1-6:QN08"
ANSWERING = {"name": "bank", "secret": SECRET, "suite": SUITE, "entry": "number"}
PAYING_SUITE = "OCRA-1:HOTP-SHA256-8:C-QA24-PSHA1-T1M"
PAYING = {"name": "pay", "secret": SECRET, "suite": PAYING_SUITE, "entry": "payment", "counter": 7}


@pytest.fixture
def token(runtime: Runtime) -> LinkUnderTest:
    """A token with a keypad."""
    return LinkUnderTest(runtime, product="kodeoplaeser")


@pytest.fixture
def host(token):
    """A session with the token."""
    return token.owned()


@pytest.mark.parametrize("account", [ANSWERING, PAYING], ids=["number", "payment"])
def test_an_account_that_answers_is_taken_listed_and_outlives_the_power(token, host, account):
    host.do(m.CREDENTIAL_PUT, **account)
    token("restart")
    (listed,) = token.client().open(KEY).do(m.CREDENTIAL_LIST)["accounts"]
    del listed["fingerprint"]
    assert listed == {name: value for name, value in account.items() if name != "secret"} | {
        "kind": "ocra"
    }


def test_eight_of_the_largest_fit_into_one_answer(token, host):
    suite = "OCRA-1:HOTP-SHA512-8:C-QA64-PSHA512-T48H"
    largest = {"secret": bytes(64), "suite": suite, "entry": "payment", "counter": 2**63 - 1}
    for number in range(8):
        host.do(m.CREDENTIAL_PUT, name=str(number) * 32, **largest)
    token("restart")
    assert len(token.client().open(KEY).do(m.CREDENTIAL_LIST)["accounts"]) == 8


def test_its_counter_never_goes_back(token, host):
    host.do(m.CREDENTIAL_PUT, **PAYING)
    host.do(m.CREDENTIAL_PUT, **{**PAYING, "counter": 3})
    assert token("contents")["credentials"][0]["counter"] == 7


def test_it_has_no_code_without_a_challenge(host):
    host.do(m.CREDENTIAL_PUT, **ANSWERING)
    assert host.request(m.READ_CODE, name="bank")[0] == m.BAD_ARGUMENT


@pytest.mark.parametrize(
    "changes",
    [
        *({"suite": suite} for suite in NO_SUITES),
        {"suite": "OCRA-1:HOTP-SHA1-4:QN08"},
        {"suite": "OCRA-1:HOTP-SHA1-0:QN08"},
        {"suite": "OCRA-1:HOTP-SHA1-10:QN08"},
        {"suite": "OCRA-1:HOTP-SHA1-6:QN08-S064"},
        *(
            {"suite": f"OCRA-1:HOTP-SHA1-6:{question}", "entry": "payment"}
            for question in ("QA23", "QN23", "QN24", "QN64", "QH64", "C-QN24-T1M", "QN64-PSHA1")
        ),
    ],
    ids=lambda changes: changes["suite"],
)
def test_suites_that_a_token_cannot_answer_are_refused(token, host, changes):
    error, _ = host.request(m.CREDENTIAL_PUT, **{**ANSWERING, **changes})
    assert ERRORS[error][0] == "bad_suite"
    assert token("contents")["credentials"] == []
    with pytest.raises(KodebrikError) as raised:
        Credential(
            "bank",
            Secret(SECRET),
            period=None,
            suite=changes["suite"],
            entry=changes.get("entry", "number"),
        )
    assert raised.value.exit_code == ExitCode.BAD_INPUT


@pytest.mark.parametrize(
    "changes",
    [
        {"entry": "other"},
        {"entry": None},
        {"suite": 6},
        {"suite": b"OCRA-1:HOTP-SHA1-6:QN08"},
        {"suite": SUITE + "-T1M" * 20},
        {"counter": 0},
        {"suite": "OCRA-1:HOTP-SHA1-6:C-QN08"},
        {"suite": "OCRA-1:HOTP-SHA1-6:C-QN08", "counter": -1},
        {"suite": "OCRA-1:HOTP-SHA1-6:C-QN08", "counter": True},
        {"period": 30},
        {"digits": 6},
    ],
    ids=str,
)
def test_wrong_arguments_are_refused(token, host, changes):
    assert host.request(m.CREDENTIAL_PUT, **{**ANSWERING, **changes})[0] == m.BAD_ARGUMENT
    assert token("contents")["credentials"] == []


def test_a_product_without_a_keypad_answers_no_challenges(runtime):
    token = LinkUnderTest(runtime)
    assert ERRORS[token.owned().request(m.CREDENTIAL_PUT, **ANSWERING)[0]][0] == "no_keypad"


@pytest.mark.parametrize(
    "suite", ["QN08", "QA24", "QH24", "C-QN24", "QN24-PSHA512", "QN64-T30S", "C-QN24-PSHA1-T1H"]
)
@pytest.mark.parametrize("function", ["HOTP-SHA1-6", "HOTP-SHA256-7", "HOTP-SHA512-8"])
def test_host_token_and_peer_compute_the_same_answer(function, suite):
    text = f"OCRA-1:{function}:{suite}"
    counter, pin = (41 if "C-" in suite else None), ("1234" if "-P" in suite else None)
    time = 1_893_456_789 if "-T" in suite else None
    credential = Credential("a", Secret(SECRET), period=None, counter=counter, suite=text)
    answer = credential.answer(1_893_456_789, ["00123456"], pin)
    assert answer == token_ocra(SECRET, text, "00123456", counter, pin, None, time)
    assert answer == peer(SECRET, text, "00123456", counter=counter, pin=pin, unix_time=time)


def test_host_and_token_know_the_same_time_steps():
    for number in range(100):
        for step in (f"{number}{unit}" for unit in "SMH"):
            suite = f"OCRA-1:HOTP-SHA1-6:QN08-T{step}"
            try:
                known = parse(suite)["step"]
            except ValueError:
                with pytest.raises(KodebrikError):
                    challenges.suite(suite, "number")
            else:
                assert challenges.suite(suite, "number").step == known > 0


def test_a_payment_s_question_says_where_the_amount_ends():
    asked = challenges.suite("OCRA-1:HOTP-SHA256-8:QA24", "payment")
    assert challenges.challenge(asked, "payment", ["250", "0012345"]) == "32500012345"
    assert challenges.challenge(asked, "payment", ["99999999", "9" * 15]) == "8" + "9" * 23


@pytest.mark.parametrize(
    ("entry", "typed"),
    [
        ("number", ["123"]),
        ("number", ["123456789"]),
        ("number", ["12a4"]),
        ("number", ["1234", "5678"]),
        ("payment", ["250"]),
        ("payment", ["", "1234"]),
        ("payment", ["123456789", "1234"]),
        ("payment", ["250", "123"]),
        ("payment", ["250", "1" * 16]),
        ("payment", ["2,50", "1234"]),
        ("payment", ["0", "1234"]),
        ("payment", ["000", "1234"]),
    ],
)
def test_what_cannot_be_typed_is_refused(entry, typed):
    question = "QA24" if entry == "payment" else "QN08"
    with pytest.raises(KodebrikError):
        challenges.challenge(
            challenges.suite(f"OCRA-1:HOTP-SHA256-8:{question}", entry), entry, typed
        )


PAYMENT = st.tuples(
    st.text("0123456789", min_size=1, max_size=8).filter(int),
    st.text("0123456789", min_size=4, max_size=15),
)
LONGEST_ANSWER = "OCRA-1:HOTP-SHA256-8:QA24"


def payment_question(payment: tuple[str, str]) -> str:
    return challenges.challenge(
        challenges.suite(LONGEST_ANSWER, "payment"), "payment", list(payment)
    )


@st.composite
def payments_alike(draw: st.DrawFn) -> tuple[tuple[str, str], tuple[str, str]]:
    """Two payments, the second made of the first so that a question that counts as a number could
    be the same one."""
    amount, payee = draw(PAYMENT)
    question = payment_question((amount, payee))
    change = draw(st.sampled_from(["16 n", "leading zero", "trailing zero", "other cut", "any"]))
    if change == "16 n":
        other = str(int(question) * 16 ** draw(st.integers(1, 3)))
        size = int(other[0])
        assume(1 <= size <= 8 and 4 <= len(other) - 1 - size <= 15 and int(other[1 : 1 + size]))
        return (amount, payee), (other[1 : 1 + size], other[1 + size :])
    if change == "leading zero":
        assume(len(amount) < 8)
        return (amount, payee), ("0" + amount, payee)
    if change == "trailing zero":
        assume(len(payee) < 15)
        return (amount, payee), (amount, payee + "0")
    if change == "other cut":
        assume(len(amount) > 1 and int(amount[:-1]) and len(payee) < 15)
        return (amount, payee), (amount[:-1], amount[-1] + payee)
    return (amount, payee), draw(PAYMENT)


@settings(max_examples=300, deadline=None)
@given(payments_alike())
@example((("5", "12345"), ("41", "97520")))
def test_no_two_payments_are_the_same_question(pair):
    one, other = pair
    assume(one != other)
    asked = codes.parse_suite(LONGEST_ANSWER)
    assert codes.question_block(asked, payment_question(one)) != codes.question_block(
        asked, payment_question(other)
    )


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pair=payments_alike(), secret=st.binary(min_size=20, max_size=32))
@example(pair=(("5", "12345"), ("41", "97520")), secret=SECRET)
def test_no_two_payments_share_a_response_on_the_token(vm, pair, secret):
    """Of 8 digits: two questions have the same response by chance once in 100 million, so not in
    these examples."""
    one, other = pair
    assume(one != other)
    answers = [
        vm.call("firmware.otp.ocra", "ocra", secret, LONGEST_ANSWER, payment_question(each))
        for each in (one, other)
    ]
    assert answers[0] != answers[1]
    credential = Credential("a", Secret(secret), period=None, suite=LONGEST_ANSWER, entry="payment")
    assert answers == [credential.answer(0, list(each), None) for each in (one, other)]


def test_a_numeric_question_would_let_two_payments_share_a_response(vm):
    """Why QN is refused for payments: 24197520 is 16 times 1512345."""
    pair = [payment_question(each) for each in (("5", "12345"), ("41", "97520"))]
    assert pair == ["1512345", "24197520"]
    numeric = "OCRA-1:HOTP-SHA256-8:QN64"
    assert (
        len({vm.call("firmware.otp.ocra", "ocra", SECRET, numeric, question) for question in pair})
        == 1
    )
    assert len({peer(SECRET, numeric, question) for question in pair}) == 1
    with pytest.raises(KodebrikError, match="two payments could have the same answer") as raised:
        Credential("a", Secret(SECRET), period=None, suite=numeric, entry="payment")
    assert "QA24" in raised.value.hint


def test_a_payment_that_no_token_takes_any_more_is_listed_so_that_it_can_be_removed():
    held = {
        "name": "old",
        "kind": "ocra",
        "fingerprint": bytes(8),
        "suite": "OCRA-1:HOTP-SHA256-8:QN24",
    }
    listed = replies.account(held | {"entry": "payment"})
    assert (listed.name, listed.entry, listed.digits) == ("old", "payment", 8)
    with pytest.raises(replies.GarbageError):
        replies.account(held | {"entry": "payment", "suite": "OCRA-1:HOTP-SHA256-8:QX24"})
