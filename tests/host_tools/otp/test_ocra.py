"""OCRA codes on the host (RFC 6287)."""

import pytest

from host_tools.otp import codes
from tests.support.vectors import load

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    "case", load("rfc6287_ocra")["vectors"], ids=lambda case: f"{case['where']} {case['suite']}"
)
def test_vectors_of_rfc_6287_appendix_c(case: dict):
    given = {name: case[name] for name in ("counter", "pin", "unix_time") if name in case}
    assert (
        codes.ocra(bytes.fromhex(case["secret"]), case["suite"], case["question"], **given)
        == case["code"]
    )


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("OCRA-1:HOTP-SHA1-6:QN08", ("SHA1", 6, False, "N", 8, None, None, None)),
        ("OCRA-1:HOTP-SHA512-8:C-QN08-PSHA1", ("SHA512", 8, True, "N", 8, "SHA1", None, None)),
        ("OCRA-1:HOTP-SHA256-6:QA10-T1M", ("SHA256", 6, False, "A", 10, None, None, 60)),
        ("OCRA-1:HOTP-SHA1-4:QH08-S512", ("SHA1", 4, False, "H", 8, None, 512, None)),
        (
            "OCRA-1:HOTP-SHA512-10:C-QA64-PSHA512-S064-T48H",
            ("SHA512", 10, True, "A", 64, "SHA512", 64, 172800),
        ),
    ],
)
def test_a_suite_says_what_a_response_is_made_of(text: str, facts: tuple):
    suite = codes.parse_suite(text)
    assert (
        suite.algorithm,
        suite.digits,
        suite.has_counter,
        suite.question_kind,
        suite.question_size,
        suite.pin_hash,
        suite.session_size,
        suite.step,
    ) == facts


@pytest.mark.parametrize(
    "text",
    [
        "algo:crypto:data",
        "OCRA-2:HOTP-SHA1-6:QH10",
        "OCRA-1:TOTP-SHA1-6:QH10",
        "OCRA-1:HOTP-SHA3-6:QH10",
        "OCRA-1:HOTP-SHA1-3:QH10",
        "OCRA-1:HOTP-SHA1-11:QH10",
        "OCRA-1:HOTP-SHA1-0:QH10",  # the whole MAC: nothing a person could read off a token
        "OCRA-1:HOTP-SHA1-6:C",
        "OCRA-1:HOTP-SHA1-6:C-QX08",
        "OCRA-1:HOTP-SHA1-6:QN03",
        "OCRA-1:HOTP-SHA1-6:QN65",
        "OCRA-1:HOTP-SHA1-6:QN08-PSHA3",
        "OCRA-1:HOTP-SHA1-6:QN08-S000",
        "OCRA-1:HOTP-SHA1-6:QN08-S513",
        "OCRA-1:HOTP-SHA1-6:QN08-T0M",
        "OCRA-1:HOTP-SHA1-6:QN08-T60S",
        "OCRA-1:HOTP-SHA1-6:QN08-T49H",
        "OCRA-1:HOTP-SHA1-6:QN08-T1M-PSHA1",
        "OCRA-1:HOTP-SHA1-6:QN08\n",
        "OCRA-1:HOTP-SHA1-6:QN\u0660\u0668",
    ],
)
def test_what_is_no_suite_is_refused(text: str):
    with pytest.raises(ValueError, match="OCRA"):
        codes.parse_suite(text)


@pytest.mark.parametrize(
    ("suite", "given", "complaint"),
    [
        ("OCRA-1:HOTP-SHA1-6:C-QN08", {}, "counter"),
        ("OCRA-1:HOTP-SHA1-6:QN08-PSHA1", {}, "PIN"),
        ("OCRA-1:HOTP-SHA1-6:QN08-S064", {}, "session"),
        ("OCRA-1:HOTP-SHA1-6:QN08-S064", {"session": bytes(65)}, "more than 64 bytes"),
        ("OCRA-1:HOTP-SHA1-6:QN08-T1M", {}, "time"),
    ],
)
def test_a_response_is_never_computed_of_less_than_the_suite_names(
    suite: str, given: dict, complaint: str
):
    with pytest.raises(ValueError, match=complaint):
        codes.ocra(SECRET, suite, "12345678", **given)


@pytest.mark.parametrize(
    ("suite", "question"),
    [
        ("OCRA-1:HOTP-SHA1-6:QN08", ""),
        ("OCRA-1:HOTP-SHA1-6:QN08", "1234567x"),
        ("OCRA-1:HOTP-SHA1-6:QN08", "12345678" * 2 + "9"),
        ("OCRA-1:HOTP-SHA1-6:QN08", "\u0661\u0662\u0663"),
        ("OCRA-1:HOTP-SHA1-6:QA08", "på konto"),
        ("OCRA-1:HOTP-SHA1-6:QH08", "0xAB"),
    ],
)
def test_a_question_of_another_form_is_refused(suite: str, question: str):
    with pytest.raises(ValueError, match="question"):
        codes.ocra(SECRET, suite, question)


def test_every_part_of_a_signature_changes_the_response():
    suite = "OCRA-1:HOTP-SHA256-8:C-QH08-PSHA256-S064-T30S"
    right = {
        "question": "a1b2",
        "counter": 7,
        "pin": "4711",
        "session": b"transfer",
        "unix_time": 60,
    }
    other = {
        "question": "a1b3",
        "counter": 8,
        "pin": "4712",
        "session": b"Transfer",
        "unix_time": 90,
    }
    answers = [codes.ocra(SECRET, suite, **right)]
    answers += [
        codes.ocra(SECRET, suite, **(right | {name: value})) for name, value in other.items()
    ]
    assert len(set(answers)) == len(answers)
    assert codes.ocra(SECRET, suite, **(right | {"unix_time": 89})) == answers[0]


def test_numbers_of_one_length_and_no_leading_zero_never_share_a_response():
    """RFC 6287 section 5.1 pads a number's hexadecimal digits on the right, so n and 16 n are one
    question."""
    suite = "OCRA-1:HOTP-SHA1-10:QN16"
    assert (
        codes.ocra(SECRET, suite, "1512345")
        == codes.ocra(SECRET, suite, "24197520")
        == codes.ocra(SECRET, suite, "01512345")
    )
    # A number shares its question with its 16-fold and 16th part alone, and neither has as many
    # digits.
    for number in (10_000_000, 12_345_678, 16_777_216, 62_499_999, 99_999_999):
        assert len(str(16 * number)) > 8
        assert len(str(number // 16)) < 8
    responses = {codes.ocra(SECRET, suite, str(number)) for number in range(10_000_000, 10_002_000)}
    assert len(responses) == 2000
