"""Challenge-response codes as a validator computes them (RFC 6287), and the suites that a token can answer.

Written anew over the standard library, apart from the firmware's code, so that each checks the other.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

from firmware.protocol.messages import DIGITS, MAX_AMOUNT, MAX_CHALLENGE, MAX_PAYEE
from host_tools.errors import ExitCode, KodebrikError

MIN_QUESTION = 4  # digits that a user types at least, RFC 6287 section 6.3
_SUITE = re.compile(
    r"OCRA-1:HOTP-(?P<hash>SHA1|SHA256|SHA512)-(?P<digits>0|[4-9]|10):"
    r"(?P<counter>C-)?Q(?P<form>[NAH])(?P<size>\d\d)"
    r"(?:-P(?P<pin>SHA1|SHA256|SHA512))?(?:-S(?P<session>\d{3}))?(?:-T(?!0)(?P<step>[1-5]?\d[SM]|[1-3]?\dH|4[0-8]H))?",
    re.ASCII,
)
_SECONDS = {"S": 1, "M": 60, "H": 3600}


@dataclass(frozen=True)
class Suite:
    """What a suite asks for. `step` is in seconds, 0 without a time; `pin` names the hash of the PIN, if any."""

    text: str
    algorithm: str
    digits: int
    counter: bool
    form: str
    size: int
    pin: str | None
    step: int

    def question(self, number: str) -> bytes:
        """Give the 128 bytes of a question in digits (section 5.1)."""
        if self.form == "A":
            return number.encode().ljust(128, b"\0")
        digits = f"{int(number):x}" if self.form == "N" else number
        return bytes.fromhex(digits.ljust(256, "0"))

    def code(self, secret: bytes, number: str, counter: int | None, pin: str | None, unix_time: int) -> str:
        """Give the response to a number; what the suite does not ask for is not looked at."""
        data = self.text.encode() + b"\0"
        if self.counter:
            data += (counter or 0).to_bytes(8, "big")
        data += self.question(number)
        if self.pin:
            data += hashlib.new(self.pin.lower(), (pin or "").encode()).digest()
        if self.step:
            data += (unix_time // self.step).to_bytes(8, "big")
        mac = hmac.digest(secret, data, self.algorithm.lower())
        offset = mac[-1] & 0x0F
        value = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
        return str(value % 10**self.digits).zfill(self.digits)


def suite(text: str, entry: str) -> Suite:
    """Read a suite that a token can answer with that kind of entry; KodebrikError otherwise."""
    found = _SUITE.fullmatch(text)
    if found is None or not 4 <= int(found["size"]) <= 64:  # noqa: PLR2004 - section 6.3
        raise _bad(f"'{text}' is no OCRA suite.", "A suite looks like OCRA-1:HOTP-SHA1-6:QN08 (RFC 6287 section 6).")
    if int(found["digits"]) not in DIGITS:
        raise _bad(f"A token gives codes of 6 to 8 digits, not {found['digits']}.", "Choose another suite.")
    if found["session"]:
        raise _bad("A token cannot be told session data.", "Choose a suite without S.")
    if entry == "payment" and int(found["size"]) < MAX_CHALLENGE:
        raise _bad(
            f"Amount and account need a question of {MAX_CHALLENGE} characters; the suite has {found['size']}.",
            f"Choose a suite with QN{MAX_CHALLENGE} or longer.",
        )
    step = found["step"]
    return Suite(
        text,
        found["hash"],
        int(found["digits"]),
        bool(found["counter"]),
        found["form"],
        int(found["size"]),
        found["pin"],
        int(step[:-1]) * _SECONDS[step[-1]] if step else 0,
    )


def challenge(asked: Suite, entry: str, typed: list[str]) -> str:
    """Give the question that a token makes of what its user types; KodebrikError when that cannot be typed."""
    for number in typed:
        if not (number.isascii() and number.isdigit()):
            raise _bad("A challenge is typed in digits.", "Leave out blanks, signs and letters.")
    if len(typed) != (2 if entry == "payment" else 1):
        raise _bad("A payment is an amount and an account number, any other challenge one number.", "Give what it has.")
    if entry == "number":
        _fits("challenge", typed[0], MIN_QUESTION, min(asked.size, MAX_CHALLENGE))
        return typed[0]
    amount, payee = typed
    _fits("amount", amount, 1, MAX_AMOUNT)
    _fits("account number", payee, MIN_QUESTION, MAX_PAYEE)
    return f"{len(amount)}{amount}{payee}"  # no two payments make the same question


def _fits(what: str, number: str, least: int, most: int) -> None:
    if not least <= len(number) <= most:
        raise _bad(f"The {what} has {len(number)} digits; a token takes {least} to {most}.", "Give another one.")


def _bad(message: str, hint: str) -> KodebrikError:
    return KodebrikError(message, hint, ExitCode.BAD_INPUT)
