"""Checks a credential before the vault stores it, and finds its place.

Imported only for a change.
"""

from firmware.protocol import messages
from firmware.storage.vault import VaultError

_FIELDS = {
    "totp": ("name", "secret", "algorithm", "digits", "kind", "period"),
    "hotp": ("name", "secret", "algorithm", "digits", "kind", "counter"),
    "ocra": ("name", "secret", "kind", "suite", "entry"),
}
_MAX_COUNTER = (1 << 63) - 1


def check(credential: dict) -> None:
    """Raise VaultError unless `credential` is one well-formed credential (RFC 4226, RFC 6238, RFC
    6287)."""
    fields = _FIELDS.get(credential.get("kind", ""))
    if fields is None:
        raise VaultError(messages.BAD_ARGUMENT)
    if fields == _FIELDS["ocra"] and _has_counter(credential):
        fields += ("counter",)
    if sorted(credential) != sorted(fields):
        raise VaultError(messages.BAD_ARGUMENT)
    secret = credential["secret"]
    if type(secret) is not bytes or len(secret) > messages.MAX_SECRET:
        raise VaultError(messages.BAD_ARGUMENT)
    if len(secret) < messages.MIN_SECRET:
        raise VaultError(messages.SECRET_TOO_SHORT)
    good = _is_name(credential["name"])
    if "suite" not in fields:
        good = (
            good
            and credential["algorithm"] in messages.ALGORITHMS
            and type(credential["digits"]) is int
            and credential["digits"] in messages.DIGITS
        )
    if "period" in fields:
        good = (
            good and type(credential["period"]) is int and credential["period"] in messages.PERIODS
        )
    if "counter" in fields:
        good = (
            good
            and type(credential["counter"]) is int
            and 0 <= credential["counter"] <= _MAX_COUNTER
        )
    if not good:
        raise VaultError(messages.BAD_ARGUMENT)


def _has_counter(credential: dict) -> bool:
    """Return True when the suite has a counter; BAD_SUITE when its challenge cannot be typed or
    answered on a token."""
    from firmware.otp.ocra import parse

    suite = credential.get("suite")
    entry = credential.get("entry")
    if type(suite) is not str or len(suite) > messages.MAX_SUITE or entry not in messages.ENTRIES:
        raise VaultError(messages.BAD_ARGUMENT)
    try:
        said = parse(suite)
    except ValueError:
        raise VaultError(messages.BAD_SUITE)
    # Only alphanumeric questions ("A") are used unchanged. Others are padded with zeros, so two
    # payments could give the same question (RFC 6287 section 5.1).
    unfit = entry == "payment" and (said["form"] != "A" or said["size"] < messages.MAX_CHALLENGE)
    if said["digits"] not in messages.DIGITS or said["session"] or unfit:
        raise VaultError(messages.BAD_SUITE)
    return said["counter"]


def place(credentials: list, credential: dict) -> tuple:
    """Return (the list with the credential in it, True if a secret was replaced); ACCOUNTS_FULL."""
    for at, held in enumerate(credentials):
        if held["name"] == credential["name"]:
            same_secret = held["secret"] == credential["secret"]
            credential = dict(credential)
            if "spoken" in held:
                credential["spoken"] = held["spoken"]
            if same_secret and "counter" in held and "counter" in credential:
                credential["counter"] = max(credential["counter"], held["counter"])
            return credentials[:at] + [credential] + credentials[at + 1 :], not same_secret
    if len(credentials) >= messages.MAX_ACCOUNTS:
        raise VaultError(messages.ACCOUNTS_FULL)
    return credentials + [credential], False


def index(credentials: list, name: str) -> int:
    """Return the index of the account of that name; UNKNOWN_ACCOUNT when there is none."""
    for at, held in enumerate(credentials):
        if held["name"] == name:
            return at
    raise VaultError(messages.UNKNOWN_ACCOUNT)


def _is_name(name: str) -> bool:
    # Control characters are invisible: two names could look the same.
    return (
        type(name) is str
        and 0 < len(name.encode()) <= messages.MAX_NAME
        and all(ord(character) >= 32 and ord(character) != 127 for character in name)
    )
