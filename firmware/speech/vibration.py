"""What is said, for fingers: digits and a few signs as pulses of a vibration motor.

Pulses: a digit is as many short ones, 0 is one long. Morse: the digits of ITU-R M.1677-1. Digits of
one group follow each other after a pause, groups after a longer one. Words are not felt, except
those that say that something is right or is not; a text without anything to feel is one short
touch. Takes the place of the speech player: the same methods, the same scripts. Lengths are in
units of the motor's driver, 20 ms.
"""

from micropython import const

from firmware.speech.say import ends_group

if False:
    from firmware.interfaces import Motor  # type: ignore[unreachable]

MORSE = const(2)  # value of the setting "vibration"; 1 is pulses

_SHORT = (0, 9, 8, 6, 5, 4)  # a short pulse and the pause behind it, by speed
_ZERO = const(6)  # the rest in short ones: the pulse for 0
_DASH = const(3)
_DIGIT = const(5)  # pause after a digit
_GROUP = const(12)  # and after a group
_TOUCH = const(2)  # units: a key was felt, something was said
_LONGEST = const(18)  # the longest digit with its pulses' pauses: 9 in pulses; a Morse 0 is 19

# Two long pulses for yes, four very short ones for no.
_YES = ("right", "right_but", "saved")
_NO = (
    "is_wrong",
    "expired",
    "no_code",
    "no_function",
    "not_provisioned",
    "blocked",
    "damaged",
    "storage_failed",
    "clock_lost",
    "clock_absent",
    "too_simple",
    "too_short",
    "differs",
)


class VibrationPlayer:
    """Plays one script at a time on the motor."""

    voice = True
    feed_ms = 40  # how often a display that follows is to look

    def __init__(self, motor: "Motor", code: int):
        """Use this motor; `code` is the setting, pulses or Morse."""
        self._motor = motor
        self._morse = code == MORSE
        self._begins: list = []  # the index of the duration with which each clip begins

    @property
    def busy(self) -> bool:
        """Return True while something is to be felt."""
        return self._motor.busy

    def say(self, script: list, speed: int) -> None:
        """Play a script of (clip, pause after it) instead of what is being played."""
        self.stop()
        short = _SHORT[speed]
        plan: list = []
        self._begins = []
        for said, pause in script:
            clip = said() if callable(said) else said
            self._begins.append(len(plan))
            behind = (_GROUP if ends_group(pause, speed) else _DIGIT) * short
            if clip.isdigit():
                for digit in clip:
                    self._add(plan, self.pulses(int(digit)), short, behind)
            elif clip in _YES:
                self._add(plan, (_ZERO, _ZERO), short, _GROUP * short)
            elif clip in _NO:
                self._add(plan, (1, 1, 1, 1), _TOUCH, _GROUP * short)
        self._motor.play(bytes(plan) or bytes((_TOUCH,)))

    def pulses(self, digit: int) -> tuple:
        """Return the lengths of a digit's pulses, in short ones."""
        if not self._morse:
            return (1,) * digit or (_ZERO,)
        if digit > 5:
            return (_DASH,) * (digit - 5) + (1,) * (10 - digit)
        return (1,) * digit + (_DASH,) * (5 - digit)

    def _add(self, plan: list, lengths: tuple, short: int, behind: int) -> None:
        """Add pulses of these lengths to the plan, and the pause behind them."""
        for length in lengths:
            plan += (length * short, short)
        plan[-1] = behind

    def tick(self) -> None:
        """Touch briefly: a key was felt."""
        self._begins = []
        self._motor.play(bytes((_TOUCH,)))

    def stop(self) -> None:
        """Stand still at once."""
        self._motor.stop()

    def feed(self) -> bool:
        """Return whether there is still something to be felt."""
        return self._motor.busy

    def at(self) -> int:
        """Return the index in the script of what is being felt or was felt last."""
        place = len(self._begins) - 1
        while place > 0 and self._begins[place] > self._motor.at:
            place -= 1
        return place

    def code_ms(self, digits: int, speed: int) -> int:
        """Return how long a code of that many digits takes at most."""
        return (digits * (_LONGEST + 1 + _DIGIT) + 2 * _GROUP) * _SHORT[speed] * 20
