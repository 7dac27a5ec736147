"""The published vectors of RFC 4226 (HOTP), RFC 6238 (TOTP) and RFC 6287 (OCRA), each as one
question and its code."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Vector:
    """One vector: `moment` is Unix seconds, `question` OCRA's. What does not apply is None."""

    rfc: str
    name: str
    secret: bytes
    algorithm: str
    digits: int
    code: str
    counter: int | None = None
    moment: int | None = None
    period: int | None = None
    suite: str | None = None
    question: str | None = None
    pin: str | None = None


def hotp() -> list[Vector]:
    """Give RFC 4226, appendix D."""
    content = _load("rfc4226_hotp")
    secret = bytes.fromhex(content["secret"])
    return [
        Vector(
            "RFC 4226",
            f"counter {case['counter']}",
            secret,
            "SHA1",
            6,
            case["code"],
            counter=case["counter"],
        )
        for case in content["vectors"]
    ]


def totp() -> list[Vector]:
    """Give RFC 6238, appendix B."""
    content = _load("rfc6238_totp")
    return [
        Vector(
            "RFC 6238",
            f"{case['algorithm']}, time {case['time']}",
            bytes.fromhex(content["secrets"][case["algorithm"]]),
            case["algorithm"],
            content["digits"],
            case["code"],
            moment=case["time"],
            period=content["period"],
        )
        for case in content["vectors"]
    ]


def ocra() -> list[Vector]:
    """Give RFC 6287, appendix C."""
    return [
        Vector(
            "RFC 6287",
            f"{case['where']}, {case['suite']}, {case['question']}"
            + (f", counter {case['counter']}" if "counter" in case else ""),
            bytes.fromhex(case["secret"]),
            case["suite"].split("-")[2].split(":")[0],
            len(case["code"]),
            case["code"],
            counter=case.get("counter"),
            moment=case.get("unix_time"),
            suite=case["suite"],
            question=case["question"],
            pin=case.get("pin"),
        )
        for case in _load("rfc6287_ocra")["vectors"]
    ]


def _load(name: str) -> Any:
    return json.loads((files("host_tools.qa.vectors") / f"{name}.json").read_text(encoding="utf-8"))
