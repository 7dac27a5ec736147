"""The limits of a PSKC key's use (RFC 6030 sections 4.3.1, 4.3.4 and 5): dates, usage, PIN and the
forms of challenge and response. What cannot be kept is refused, never dropped."""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import Remarks
from host_tools.messages.catalogue import Message
from host_tools.otp import codes

_USAGES = {"hotp": {"OTP"}, "totp": {"OTP"}, "ocra": {"OTP", "CR", "Integrity"}}
_CHALLENGES = {"N": "DECIMAL", "A": "ALPHANUMERIC", "H": "HEXADECIMAL"}  # by the suite's letter
_DATES = (
    "DeviceInfo/StartDate",
    "DeviceInfo/ExpiryDate",
    "Key/Policy/StartDate",
    "Key/Policy/ExpiryDate",
)


def check(where: str, package: Element, kind: str, remarks: Remarks) -> None:
    """Check the policy of a key of `kind`, and that its codes are of decimal digits alone;
    KodebrikError begins with `where`."""
    key = package.find("Key")
    assert key is not None  # noqa: S101 - the caller's
    for path in _DATES:
        _check_date(where, package, path, remarks)
    _check_usage(where, key, kind)
    _check_pin(where, key, remarks)
    for path in ("AlgorithmParameters/ChallengeFormat", "AlgorithmParameters/ResponseFormat"):
        form = key.find(path)
        if form is not None and form.get("CheckDigits", "false").strip() not in ("false", "0"):
            raise bad("pskc-check-digits", where=where)
    response = key.find("AlgorithmParameters/ResponseFormat")
    if response is not None and response.get("Encoding", "DECIMAL").strip().upper() != "DECIMAL":
        raise bad("pskc-not-decimal", where=where)
    if kind != "ocra" and key.find("AlgorithmParameters/ChallengeFormat") is not None:
        raise bad("pskc-challenge", where=where, kind=kind)


def check_suite(where: str, key: Element, suite: str, digits: int | None) -> None:
    """Check that response and challenge are as an OCRA key's suite has them; `digits` is None when
    the key does not say them."""
    try:
        parsed = codes.parse_suite(suite)
    except ValueError:
        return  # the key package refuses it
    if digits not in (None, parsed.digits):
        raise bad("pskc-suite-contradiction", where=where, element="ResponseFormat/@Length")
    challenge = key.find("AlgorithmParameters/ChallengeFormat")
    if challenge is None:
        return
    said = (challenge.get("Encoding", "").strip().upper(), challenge.get("Max", "").strip())
    if said[0] != _CHALLENGES[parsed.question_kind]:
        raise bad("pskc-suite-contradiction", where=where, element="ChallengeFormat/@Encoding")
    if not said[1].isdigit() or int(said[1]) > parsed.question_size:
        raise bad("pskc-suite-contradiction", where=where, element="ChallengeFormat/@Max")


def _check_date(where: str, parent: Element, path: str, remarks: Remarks) -> None:
    element = parent.find(path)
    if element is None:
        return
    try:
        date = datetime.fromisoformat((element.text or "").strip())
    except ValueError:
        raise bad("pskc-value-invalid", where=where, element=path) from None
    date = date.replace(tzinfo=date.tzinfo or UTC)
    ends, now = path.endswith("ExpiryDate"), datetime.now(UTC)
    shown = date.date().isoformat()
    if ends and date <= now:
        raise bad("pskc-expired", where=where, date=shown)
    if not ends and date > now:
        raise bad("pskc-not-begun", where=where, date=shown)
    remarks.pass_over(path)
    if ends:
        remarks.warn(where, Message("pskc-expires", date=shown))


def _check_usage(where: str, key: Element, kind: str) -> None:
    usages = {(usage.text or "").strip() for usage in key.findall("Policy/KeyUsage")}
    if usages and not usages & _USAGES[kind]:
        raise bad("pskc-usage", where=where, usage=", ".join(sorted(usages))[:40])


def _check_pin(where: str, key: Element, remarks: Remarks) -> None:
    pin = key.find("Policy/PINPolicy")
    if pin is None:
        return
    if pin.get("PINUsageMode", "").strip() != "Local":  # the token itself asks for its PIN
        raise bad("pskc-pin", where=where)
    remarks.pass_over("Policy/PINPolicy")
