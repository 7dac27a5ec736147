"""The PIN of a token with a keypad: which PINs are too simple, how it is stored, and how often it
may be tried. Times are seconds.

The record in the encrypted vault holds salt, verifier, consecutive wrong tries, and the time of the
last one (Unix seconds, 0 without a clock). The verifier is HMAC-SHA256(salt, label + PIN). It hides
the PIN from someone who reads an opened vault, but does not withstand a search: 10,000 PINs are
quickly tried with any verifier that a token can afford. The limit on tries is the protection.
"""

from firmware.otp.hmac import equal, hmac
from firmware.protocol.messages import BAD_ARGUMENT, MAX_PIN, MIN_PIN, PIN_TOO_SIMPLE
from firmware.storage.vault import VaultError

if False:
    from firmware.interfaces import Random, Vault  # type: ignore[unreachable]

# The wait after each number of consecutive wrong tries; the tenth blocks. The sum is 75 minutes.
WAITS = (0, 0, 0, 30, 60, 120, 300, 600, 1200, 2400, 0)

_LABEL = b"kodebrik pin"
_SALT_SIZE = 16
_KEYPAD_LINES = ("2580", "0852")  # the other lines of the keypad are runs


def simple(pin: str) -> bool:
    """Return True for PINs that are guessed first: equal steps (0000, 1234, 9753), repeated, paired
    or mirrored digits."""
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
    """Store a new PIN and forget the old one. BAD_ARGUMENT for an invalid PIN, PIN_TOO_SIMPLE for a
    simple one."""
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
    """Return True when `pin` is right. The try is counted in flash before the comparison;
    VaultError when that fails."""
    record: dict = dict(vault.pin)  # type: ignore[arg-type] # only called when there is a PIN
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
