"""One-time codes on the host: RFC 4226 (HOTP), RFC 6238 (TOTP) and RFC 6287 (OCRA).

Independent of the firmware's implementation on purpose, so that tests compare the two.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from host_tools.messages.catalogue import Message
from host_tools.otp.keyed_hmac import KeyedHmac

T = TypeVar("T")

_QUESTION_BYTES = 128  # RFC 6287 section 5.1: Q is padded to 128 bytes, and T, C have 8
_SECONDS = {"S": 1, "M": 60, "H": 3600}
_MAX_STEPS = {"S": 59, "M": 59, "H": 48}  # RFC 6287 section 6.3
_HASH = "SHA(?:1|256|512)"
_SUITE = re.compile(
    rf"OCRA-1:HOTP-(?P<hash>{_HASH})-(?P<digits>[4-9]|10):(?P<counter>C-)?Q(?P<kind>[ANH])(?P<size>\d\d)"
    rf"(?:-P(?P<pin>{_HASH}))?(?:-S(?P<session>\d{{3}}))?(?:-T(?P<step>[1-9]\d?)(?P<unit>[SMH]))?",
    re.ASCII,
)
_QUESTIONS = {
    "N": re.compile("[0-9]+"),
    "A": re.compile("[0-9A-Za-z]+"),
    "H": re.compile("[0-9A-Fa-f]+"),
}


def hotp(secret: bytes, counter: int, digits: int = 6, algorithm: str = "SHA1") -> str:
    """Give the code for the 64-bit `counter`, zero padded to `digits` (RFC 4226 section 5.3)."""
    return _truncated(hmac.digest(secret, counter.to_bytes(8, "big"), algorithm.lower()), digits)


def hotp_numbers(
    secret: bytes, counters: Iterable[int], digits: int = 6, algorithm: str = "SHA1"
) -> list[int]:
    """Give the codes for many counters, each as a number, for less than half the work of as many
    calls of hotp()."""
    mac, modulus = KeyedHmac(secret, algorithm).digest, 10**digits
    return [_number(mac(counter.to_bytes(8, "big"))) % modulus for counter in counters]


def totp(
    secret: bytes, unix_time: int, period: int = 30, digits: int = 6, algorithm: str = "SHA1"
) -> str:
    """Give the code at `unix_time` (seconds, UTC) for steps of `period` seconds (RFC 6238 section
    4)."""
    return hotp(secret, unix_time // period, digits, algorithm)


@dataclass(frozen=True)
class Suite:
    """A parsed OCRA suite (RFC 6287 section 6): the inputs of a response. `step` is in seconds,
    `session_size` in bytes."""

    text: str
    algorithm: str
    digits: int
    has_counter: bool
    question_kind: str  # "N" digits, "A" letters and digits, "H" hexadecimal
    question_size: int  # characters
    pin_hash: str | None
    session_size: int | None
    step: int | None


@lru_cache(maxsize=256)
def parse_suite(text: str) -> Suite:
    """Parse a suite such as OCRA-1:HOTP-SHA1-6:QN08; ValueError for an invalid one, or one without
    decimal digits."""
    found = _SUITE.fullmatch(text)
    if found is None:
        raise ValueError(Message("ocra-suite-form"))
    size, session = int(found["size"]), int(found["session"]) if found["session"] else None
    if not 4 <= size <= 64:  # noqa: PLR2004 - RFC 6287 section 6.3
        raise ValueError(Message("ocra-question-size"))
    if session is not None and not 1 <= session <= 512:  # noqa: PLR2004 - RFC 6287 section 6.3
        raise ValueError(Message("ocra-session-size"))
    step = None
    if found["unit"]:
        if not 1 <= int(found["step"]) <= _MAX_STEPS[found["unit"]]:
            raise ValueError(Message("ocra-time-step"))
        step = int(found["step"]) * _SECONDS[found["unit"]]
    return Suite(
        text=text,
        algorithm=found["hash"],
        digits=int(found["digits"]),
        has_counter=found["counter"] is not None,
        question_kind=found["kind"],
        question_size=size,
        pin_hash=found["pin"],
        session_size=session,
        step=step,
    )


def ocra(  # noqa: PLR0913 - the inputs of RFC 6287
    secret: bytes,
    suite: str,
    question: str,
    *,
    counter: int | None = None,
    pin: str | None = None,
    session: bytes | None = None,
    unix_time: int | None = None,
) -> str:
    """Give the response to `question` (RFC 6287 section 5.2); ValueError when an input of the suite
    is missing or invalid.

    Inputs that the suite does not name are ignored. Mutual and signing uses join two questions
    (sections 7.2 and 7.3), so up to twice the suite's question size is accepted. Different
    questions can have the same response: see question_block().
    """
    parsed = parse_suite(suite)
    data = suite.encode() + b"\0"
    if parsed.has_counter:
        data += _needed(counter, "counter").to_bytes(8, "big")
    data += question_block(parsed, question)
    if parsed.pin_hash is not None:
        data += hashlib.new(parsed.pin_hash, _needed(pin, "PIN").encode()).digest()
    if parsed.session_size is not None:
        given = _needed(session, "session information")
        if len(given) > parsed.session_size:
            raise ValueError(Message("ocra-session-long", most=parsed.session_size))
        data += given.rjust(parsed.session_size, b"\0")
    if parsed.step is not None:
        data += (_needed(unix_time, "time") // parsed.step).to_bytes(8, "big")
    return _truncated(hmac.digest(secret, data, parsed.algorithm.lower()), parsed.digits)


def question_block(suite: Suite, question: str) -> bytes:
    """Encode a question as 128 bytes (RFC 6287 section 5.1); ValueError when it does not fit the
    suite.

    Questions with the same bytes have the same response. Numeric questions ("N") are converted to
    hexadecimal and padded with zeros on the right, so 1, 01 and 16 are the same question.
    Alphanumeric ones ("A") are the same only when equal.
    """
    if (
        not _QUESTIONS[suite.question_kind].fullmatch(question)
        or len(question) > 2 * suite.question_size
    ):
        raise ValueError(
            Message("ocra-question-form", kind=suite.question_kind, size=suite.question_size)
        )
    if suite.question_kind == "A":
        return question.encode().ljust(_QUESTION_BYTES, b"\0")
    digits = f"{int(question):x}" if suite.question_kind == "N" else question
    return bytes.fromhex(digits.ljust(2 * _QUESTION_BYTES, "0"))


def remaining(unix_time: int, period: int = 30) -> int:
    """Give the seconds, 1 to `period`, until the code at `unix_time` is replaced by the next."""
    return period - unix_time % period


def grouped(code: str) -> str:
    """Give the code as the token's display groups it: 123 456, 123 4567, 1234 5678."""
    half = len(code) // 2
    return f"{code[:half]} {code[half:]}"


def _truncated(mac: bytes, digits: int) -> str:
    return str(_number(mac) % 10**digits).zfill(digits)


def _number(mac: bytes) -> int:
    offset = mac[-1] & 0x0F
    return int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF


def _needed(value: T | None, name: str) -> T:
    if value is None:
        raise ValueError(Message("ocra-input-missing", name=name))
    return value
