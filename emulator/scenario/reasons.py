"""Why a step of a scenario cannot be done, or what it expects does not hold.

A reason is a name with arguments. Its sentence here is for Python; the host tools have the same in
each of their languages, by the name.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SENTENCES = {
    "no-step": "This is no step that a scenario knows.",
    "no-button": "This product has no button.",
    "no-keypad": "This product has no keypad.",
    "no-jack": "This product has no headset.",
    "no-audio": "This product has no voice.",
    # of its numbers and times
    "backwards": "Time does not run backwards.",
    "too-long": "That is longer than {most} s.",
    "no-time": "{given} is no time such as 2031-01-02T03:04:05Z.",
    "no-zone": "Say the time zone: a Z at the end for UTC.",
    "time-outside": "{given} is not from {earliest} to {latest}.",
    "past-end": "That ends after {latest}, the latest time possible.",
    "outside": "{given} is not from {least} to {most}.",
    # of its files
    "file": "{path}: {why}.",
    "no-secret": "{path} holds no secret of at least 112 bits in base32 or as an otpauth:// URI.",
    "no-totp": "Only codes that depend on the time can be expected.",
    "recording": "A recording is running already.",
    "no-recording": "No recording is running.",
    "no-listener": "Nobody here understands speech: give a voice pack.",
    # of what it expects
    "text-there": "The text '{text}' is there.",
    "text-absent": "The text '{text}' is not there.",
    "other-code": "The code at the last press was {code}.",
    "other-codes": "The code at the last press was {first} or {second}.",
    "not-dark": "The display is not dark.",
    "sound-until": "There is sound until {late} ms after the user did something.",
    "no-sound": "There is no sound.",
    "said": "What is said is: {said}",
    "nothing-said": "Nothing is said.",
}


@dataclass(frozen=True)
class Reason:
    """`name` is one of SENTENCES, which `arguments` fill in."""

    name: str
    arguments: Mapping[str, str | int]

    def __str__(self) -> str:
        """Give the sentence in English."""
        return SENTENCES[self.name].format(**self.arguments)


class _ReasonError(Exception):
    def __init__(self, name: str, /, **arguments: str | int) -> None:
        """As Reason has them."""
        self.reason = Reason(name, arguments)
        super().__init__(str(self.reason))


class UnmetError(_ReasonError):
    """An expectation does not hold."""


class UndoableError(_ReasonError):
    """A step cannot be done."""
