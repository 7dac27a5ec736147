"""OCRA, the challenge-response code (RFC 6287). Times are Unix seconds.

A suite defines how a response is computed (section 6):
OCRA-1:HOTP-<hash>-<digits>:[C-]Q<form><size>[-P<hash>][-S<bytes>][-T<step>]. Inputs (section 5.1)
that the suite does not name must not be given.
"""

from binascii import hexlify, unhexlify

from firmware.otp.codes import truncate
from firmware.otp.hmac import digest, hmac

if False:
    from firmware.interfaces import Any  # type: ignore[unreachable]

_HASHES = ("SHA1", "SHA256", "SHA512")
_UNITS = {"S": (1, 59), "M": (60, 59), "H": (3600, 48)}  # unit: (seconds, largest count)
_QUESTION_NIBBLES = 256  # section 5.1: Q has 128 bytes
_FORMS = {"N": "0123456789", "H": "0123456789ABCDEFabcdef"}


def parse(suite: str) -> dict:
    """Return the fields of a suite; ValueError for an invalid one.

    algorithm; digits (0: the whole HMAC); counter (bool); form "N", "A" or "H" and size of the
    question; pin (hash or None); session (bytes or 0); step (seconds or 0).
    """
    fields = suite.split(":")
    if len(fields) != 3 or fields[0] != "OCRA-1":
        raise ValueError("not an OCRA-1 suite")
    function = fields[1].split("-")
    if len(function) != 3 or function[0] != "HOTP" or function[1] not in _HASHES:
        raise ValueError("unknown function")
    digits = _number(function[2], 1, 2)
    if str(digits) != function[2] or not (digits == 0 or 4 <= digits <= 10):
        raise ValueError("unknown number of digits")
    inputs = fields[2].split("-")
    said = {"algorithm": function[1], "digits": digits, "counter": inputs[0] == "C"}
    if said["counter"]:
        inputs = inputs[1:]
    question = inputs[0] if inputs else ""
    form = question[1:2]
    size = _number(question[2:], 2, 2)
    if question[:1] != "Q" or form not in ("N", "A", "H") or not 4 <= size <= 64:
        raise ValueError("unknown question")
    said["form"] = form
    said["size"] = size
    inputs = inputs[1:]
    said["pin"] = None
    if inputs and inputs[0][:1] == "P":
        said["pin"] = inputs[0][1:]
        if said["pin"] not in _HASHES:
            raise ValueError("unknown hash of the PIN")
        inputs = inputs[1:]
    said["session"] = 0
    if inputs and inputs[0][:1] == "S":
        said["session"] = _number(inputs[0][1:], 3, 3)
        if inputs[0] == "S000":
            raise ValueError("empty session data")
        inputs = inputs[1:]
    said["step"] = 0
    if inputs and inputs[0][:1] == "T":
        said["step"] = _step(inputs[0][1:])
        inputs = inputs[1:]
    if inputs:
        raise ValueError("unknown input")
    return said


def ocra(
    secret: bytes,
    suite: str,
    question: str,
    counter: "Any" = None,
    pin: "Any" = None,
    session: "Any" = None,
    unix_time: "Any" = None,
) -> str:
    """Return the response to a question; ValueError when an input is missing, not in the suite or
    does not fit it.

    `counter` and `unix_time` are integers, `session` bytes, `pin` the PIN's text; None where the
    suite has no such input. A question for mutual authentication is the challenges of both sides,
    concatenated.
    """
    said = parse(suite)
    given = (counter is not None, pin is not None, session is not None, unix_time is not None)
    if given != (said["counter"], said["pin"] is not None, said["session"] > 0, said["step"] > 0):
        raise ValueError("the suite asks for other inputs")
    data = suite.encode() + b"\0"
    if said["counter"]:
        if not 0 <= counter < 1 << 64:
            raise ValueError("the counter has 64 bits")
        data += counter.to_bytes(8, "big")
    data += _question(said["form"], said["size"], question)
    if said["pin"]:
        data += digest(said["pin"], pin.encode())
    if said["session"]:
        if len(session) != said["session"]:
            raise ValueError("session data of another size")
        data += session
    if said["step"]:
        data += (unix_time // said["step"]).to_bytes(8, "big")
    mac = hmac(said["algorithm"], secret, data)
    return truncate(mac, said["digits"]) if said["digits"] else hexlify(mac).decode()


def _question(form: str, size: int, question: str) -> bytes:
    if not 0 < len(question) <= 2 * size:
        raise ValueError("the question does not fit the suite")
    if form == "A":
        if not all(
            "0" <= each <= "9" or "A" <= each <= "Z" or "a" <= each <= "z" for each in question
        ):
            raise ValueError("the question does not fit the suite")
        return question.encode() + bytes(_QUESTION_NIBBLES // 2 - len(question))
    if not all(each in _FORMS[form] for each in question):
        raise ValueError("the question does not fit the suite")
    # A numeric question is converted to hexadecimal digits, left-aligned and padded with zeros
    # (appendix A).
    nibbles = hex(int(question))[2:] if form == "N" else question
    return unhexlify(nibbles + "0" * (_QUESTION_NIBBLES - len(nibbles)))


def _step(text: str) -> int:
    seconds, most = _UNITS.get(text[-1:], (0, 0))
    count = _number(text[:-1], 1, 2)
    if text[:1] == "0" or not 0 < count <= most:
        raise ValueError("unknown time step")
    return count * seconds


def _number(text: str, least: int, most: int) -> int:
    """Return a decimal number of `least` to `most` digits."""
    if not least <= len(text) <= most or not all(digit in _FORMS["N"] for digit in text):
        raise ValueError("not a number")
    return int(text)
