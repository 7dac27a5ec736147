"""The PIN of a token with a keypad: what makes a bad one, how it is kept, and how often it may be
tried. Seconds.

The record lies in the sealed vault: salt, verifier, wrong tries in a row, and when the last one was
(Unix, 0 without a clock). The verifier is HMAC-SHA256(salt, label + PIN). It keeps the PIN out of
sight of whoever opens a vault, not out of reach: 10,000 PINs are soon tried, with any verifier that
a token can afford. The tries are what protects it.
"""

from firmware.crypto.compare import equal
from firmware.otp.hmac import hmac
from firmware.protocol.messages import BAD_ARGUMENT, MAX_PIN, MIN_PIN, PIN_TOO_SIMPLE
from firmware.storage.errors import VaultError

if False:
    from firmware.interfaces import Random, Vault  # type: ignore[unreachable]

# How long to wait after so many wrong tries in a row; the tenth blocks. All together an hour and a
# quarter.
WAITS = (0, 0, 0, 30, 60, 120, 300, 600, 1200, 2400, 0)

_LABEL = b"kodebrik pin"
_SALT_SIZE = 16
_KEYPAD_LINES = ("2580", "0852")  # the other lines of the keypad are runs


def simple(pin: str) -> bool:
    """Return True for what guessers try first: equal steps (0000, 1234, 9753), repeated, paired or
    mirrored digits."""
    size = len(pin)
    steps = [(int(pin[i]) - int(pin[i - 1])) % 10 for i in range(1, size)]
    if min(steps) == max(steps) or pin in _KEYPAD_LINES:
        return True
    for part in range(1, size // 2 + 1):
        if size % part == 0 and pin[:part] * (size // part) == pin:
            return True
    pairs = size % 2 == 0 and all(pin[i] == pin[i + 1] for i in range(0, size, 2))
    return pairs or pin == "".join([pin[i] for i in range(size - 1, -1, -1)])


def set_pin(vault: "Vault", pin: str, random: "Random") -> None:
    """Keep a new PIN, forgetting the one before. BAD_ARGUMENT for what is no PIN, PIN_TOO_SIMPLE
    for a weak one."""
    if type(pin) is not str or not MIN_PIN <= len(pin) <= MAX_PIN:
        raise VaultError(BAD_ARGUMENT)
    if not all("0" <= digit <= "9" for digit in pin):
        raise VaultError(BAD_ARGUMENT)
    if simple(pin):
        raise VaultError(PIN_TOO_SIMPLE)
    salt = random(_SALT_SIZE)
    record = {"salt": salt, "verifier": _verifier(salt, pin), "tries": 0, "at": 0}
    vault.keep_pin(record, vault.pin is not None)


def try_pin(vault: "Vault", pin: str, now: int) -> bool:
    """Return whether it is the PIN. The try is in the flash before anything is compared; VaultError
    when it is not."""
    record: dict = dict(vault.pin)  # type: ignore[arg-type] # called where there is a PIN alone
    record["tries"] += 1
    record["at"] = now
    vault.keep_pin(record)
    if not equal(_verifier(record["salt"], pin), record["verifier"]):
        return False
    record = dict(record)
    record["tries"] = 0
    record["at"] = 0
    vault.keep_pin(record)
    return True


def _verifier(salt: bytes, pin: str) -> bytes:
    return hmac("SHA256", salt, _LABEL + pin.encode())
