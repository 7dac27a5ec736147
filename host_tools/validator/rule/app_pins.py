"""The PIN of an app device: 4 to 8 digits that are not among those guessed first.

The rule is the kodeoplæser's (firmware/storage/pin.py); a test compares the two.
"""

from itertools import pairwise

from host_tools.validator.errors import InvalidError

LEAST, MOST = 4, 8  # digits
_KEYPAD_LINES = ("2580", "0852")  # the other lines of the keypad are equal steps


def checked(pin: str) -> str:
    """Give the PIN back; KodebrikError when it is none, or too simple."""
    if not LEAST <= len(pin) <= MOST or not (pin.isascii() and pin.isdigit()):
        raise InvalidError("app-pin-invalid", least=LEAST, most=MOST)
    if is_simple(pin):
        raise InvalidError("app-pin-simple")
    return pin


def is_simple(pin: str) -> bool:
    """Say whether a number has equal steps (0000, 1234, 9753), repeated, paired or mirrored digits,
    or is a line of the keypad."""
    size = len(pin)
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    repeated = any(
        size % part == 0 and pin[:part] * (size // part) == pin for part in range(1, size // 2 + 1)
    )
    pairs = size % 2 == 0 and pin[::2] == pin[1::2]
    return len(steps) == 1 or repeated or pairs or pin == pin[::-1] or pin in _KEYPAD_LINES
