"""What a credential must look like before the vault takes it, and where it goes. Imported when one is written."""

from firmware.protocol import messages
from firmware.storage.errors import VaultError

_COMMON = ("name", "secret", "algorithm", "digits", "kind")
_MAX_COUNTER = (1 << 63) - 1


def check(credential: dict) -> None:
    """Raise VaultError for anything but exactly one well-formed TOTP or HOTP credential (RFC 4226, RFC 6238)."""
    kind = credential.get("kind")
    if kind not in ("totp", "hotp"):
        raise VaultError(messages.BAD_ARGUMENT)
    moving = "period" if kind == "totp" else "counter"
    if sorted(credential) != sorted(_COMMON + (moving,)):
        raise VaultError(messages.BAD_ARGUMENT)
    secret = credential["secret"]
    if type(secret) is not bytes or len(secret) > messages.MAX_SECRET:
        raise VaultError(messages.BAD_ARGUMENT)
    if len(secret) < messages.MIN_SECRET:
        raise VaultError(messages.SECRET_TOO_SHORT)
    good = (
        _is_name(credential["name"])
        and credential["algorithm"] in messages.ALGORITHMS
        and type(credential["digits"]) is int
        and credential["digits"] in messages.DIGITS
        and type(credential[moving]) is int
    )
    if good:
        number = credential[moving]
        good = number in messages.PERIODS if kind == "totp" else 0 <= number <= _MAX_COUNTER
    if not good:
        raise VaultError(messages.BAD_ARGUMENT)


def place(credentials: list, credential: dict) -> tuple:
    """Return the list with the credential in it, and whether a secret fell out of it. ACCOUNTS_FULL."""
    for at, held in enumerate(credentials):
        if held["name"] == credential["name"]:
            same_secret = held["secret"] == credential["secret"]
            if same_secret and held["kind"] == credential["kind"] == "hotp":
                credential = dict(credential)
                credential["counter"] = max(credential["counter"], held["counter"])
            return credentials[:at] + [credential] + credentials[at + 1 :], not same_secret
    if len(credentials) >= messages.MAX_ACCOUNTS:
        raise VaultError(messages.ACCOUNTS_FULL)
    return credentials + [credential], False


def index(credentials: list, name: str) -> int:
    """Return where the account of that name stands, or raise UNKNOWN_ACCOUNT."""
    for at, held in enumerate(credentials):
        if held["name"] == name:
            return at
    raise VaultError(messages.UNKNOWN_ACCOUNT)


def _is_name(name: str) -> bool:
    # Control characters cannot be shown, and would let two names look alike.
    return (
        type(name) is str
        and 0 < len(name.encode()) <= messages.MAX_NAME
        and all(ord(character) >= 32 and ord(character) != 127 for character in name)
    )
