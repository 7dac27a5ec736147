"""Challenge-response codes: RFC 6287 on CPython and on the MicroPython VM, against its vectors and
the package oath."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.ocra import BEGINNING, NO_SUITES, peer
from tests.support.runtime import CPython, Runtime, refuses
from tests.support.vectors import load

OCRA = "firmware.otp.ocra"
VECTORS = load("rfc6287_ocra")
HASHES = ("SHA1", "SHA256", "SHA512")
NOW = 1_893_456_000


@pytest.mark.parametrize(
    "case", VECTORS["vectors"], ids=lambda case: f"{case['suite'][7:]} {case['question']}"
)
def test_vectors_of_rfc_6287_appendix_c(runtime: Runtime, case: dict):
    named = {name: case.get(name) for name in ("counter", "pin", "unix_time")}
    inputs = [bytes.fromhex(case["secret"]), case["suite"], case["question"], *named.values()]
    inputs.insert(-1, None)  # session data
    assert runtime.call(OCRA, "ocra", *inputs) == case["code"]
    assert peer(*inputs[:3], **named) == case["code"], "the vector is typed right"


@st.composite
def asked(draw: st.DrawFn) -> list:
    """Return a secret, a suite and inputs that fit it."""
    form, size = draw(st.sampled_from("NA")), draw(st.integers(4, 64))
    counter = draw(st.none() | st.integers(0, 2**64 - 1))
    hashed = draw(st.none() | st.sampled_from(HASHES))
    session = draw(st.none() | st.binary(min_size=1, max_size=512))
    step = draw(st.none() | st.sampled_from(["1S", "30S", "59S", "1M", "59M", "1H", "48H"]))
    suite = f"OCRA-1:HOTP-{draw(st.sampled_from(HASHES))}-{draw(st.integers(4, 10))}:"
    suite += "-".join(
        part
        for part in (
            "C" if counter is not None else "",
            f"Q{form}{size:02}",
            f"P{hashed}" if hashed else "",
            f"S{len(session):03}" if session else "",
            f"T{step}" if step else "",
        )
        if part
    )
    letters = "0123456789" if form == "N" else "0123456789ABCXYZabcxyz"
    question = draw(st.text(letters, min_size=1, max_size=2 * size))
    pin = draw(st.text("0123456789", min_size=4, max_size=8)) if hashed else None
    time = draw(st.integers(0, 2**40)) if step else None
    return [draw(st.binary(min_size=16, max_size=64)), suite, question, counter, pin, session, time]


@settings(max_examples=150, deadline=None)
@given(asked())
def test_every_suite_answers_as_the_package_oath(inputs: list):
    named = dict(zip(("counter", "pin", "session", "unix_time"), inputs[3:], strict=True))
    assert CPython().call(OCRA, "ocra", *inputs) == peer(*inputs[:3], **named)


@pytest.mark.parametrize("question", ["0", "00000000", "99999999", "4294967295", "1" + "0" * 63])
def test_long_numeric_questions_give_the_same_response_on_both_runtimes(
    runtime: Runtime, question: str
):
    suite = "OCRA-1:HOTP-SHA256-8:QN64"
    assert runtime.call(OCRA, "ocra", bytes(20), suite, question) == peer(
        bytes(20), suite, question
    )


def test_a_hexadecimal_question(runtime: Runtime):
    suite = "OCRA-1:HOTP-SHA1-6:QH08"
    assert runtime.call(OCRA, "ocra", bytes(20), suite, "00C0FFEE") == peer(
        bytes(20), suite, "00C0FFEE"
    )


def test_without_truncation_the_response_is_the_whole_hmac(runtime: Runtime):
    whole = runtime.call(OCRA, "ocra", bytes(20), "OCRA-1:HOTP-SHA256-0:QN08", "12345678")
    assert len(bytes.fromhex(whole)) == 32


@pytest.mark.parametrize("suite", NO_SUITES)
def test_an_invalid_suite_is_refused(runtime: Runtime, suite: str):
    refuses(runtime, "ValueError", OCRA, "parse", suite)


@pytest.mark.parametrize(
    ("suite", "inputs"),
    [
        ("QN08", ["", None, None, None, None]),
        ("QN08", ["12a4", None, None, None, None]),
        ("QN08", ["-1234", None, None, None, None]),
        ("QN08", ["1" * 17, None, None, None, None]),
        ("QA08", ["12 4", None, None, None, None]),
        ("QA08", ["smør", None, None, None, None]),
        ("QH08", ["12G4", None, None, None, None]),
        ("QN08", ["1234", 1, None, None, None]),
        ("QN08", ["1234", None, "1234", None, None]),
        ("QN08", ["1234", None, None, b"x", None]),
        ("QN08", ["1234", None, None, None, NOW]),
        ("C-QN08", ["1234", None, None, None, None]),
        ("C-QN08", ["1234", -1, None, None, None]),
        ("C-QN08", ["1234", 1 << 64, None, None, None]),
        ("QN08-PSHA1", ["1234", None, None, None, None]),
        ("QN08-S064", ["1234", None, None, bytes(63), None]),
        ("QN08-T1M", ["1234", None, None, None, None]),
    ],
)
def test_inputs_that_do_not_fit_the_suite_are_refused(runtime: Runtime, suite: str, inputs: list):
    refuses(runtime, "ValueError", OCRA, "ocra", bytes(20), BEGINNING + suite, *inputs)
