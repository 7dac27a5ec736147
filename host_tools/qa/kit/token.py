"""A token as a test holds it: pressed, read and heard.

The token is emulated, or a real one that a person presses; the test is the same.
"""

import unittest
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Self

from host_tools.messages.catalogue import Message
from host_tools.otp.credential import Credential
from host_tools.qa.cases.enrolled_token import PressableToken
from host_tools.qa.cases.log import Press
from host_tools.qa.kit.clock import Clock
from host_tools.qa.time_source import TimeSource
from host_tools.qa.tokens.emulated import EmulatedToken, TokenModel
from host_tools.qa.tokens.manual import ManualToken
from host_tools.qa.tokens.reading import Reading
from host_tools.voice import languages
from host_tools.voice.recognition.wording import in_words

if TYPE_CHECKING:
    from emulator.session import Emulator

_COUNTERS_PERIOD = 30  # seconds to let pass before the next code of an account that counts


class EmulatedOnlyError(unittest.SkipTest):
    """A real token cannot do this by itself: pytest and Robot Framework skip the test."""

    ROBOT_SKIP_EXECUTION = True


class Token:
    """One provisioned token. `clock_set_at` is when its clock was set, Unix seconds; None: it is
    not known. A context manager."""

    def __init__(
        self,
        device: PressableToken,
        serial: str,
        credential: Credential,
        source: TimeSource,
        clock_set_at: float | None = None,
    ) -> None:
        """`device` is pressed; `source` is the time that it shares with the test."""
        self._device, self._presses = device, 0
        self._reading: Reading | None = None
        self.serial, self.credential, self.clock_set_at = serial, credential, clock_set_at
        self.clock = Clock(source)

    def __enter__(self) -> Self:
        """Give the token itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """End the emulator."""
        if isinstance(self._device, EmulatedToken):
            self._device.emulator.close()

    def __repr__(self) -> str:
        """Name the token, in reports of failures."""
        return f"<{self.product} {self.serial}>"

    @property
    def product(self) -> str:
        """kodeviser or kodeoplaeser."""
        return self._device.product

    @property
    def emulator(self) -> "Emulator":
        """The emulator, for all that a press is not: keys, cable, battery, screen, sound. Time
        that passes there passes for the token alone, until the test's time is later."""
        if not isinstance(self._device, EmulatedToken):
            raise EmulatedOnlyError(Message("kit-emulated-only"))
        self._device.advance_to(self.clock.now)
        return self._device.emulator

    def press(self) -> Reading:
        """Press the token (kodeoplaeser: its red key) and read what it shows and says."""
        return self._read(self._device.press)

    def answer(self, *numbers: str) -> Reading:
        """Turn a kodeoplaeser on that answers challenges, type each number with "#", hear it read
        back, confirm it, and read the answer."""
        device = self._device
        if not isinstance(device, EmulatedToken):
            raise EmulatedOnlyError(Message("kit-emulated-only"))
        if self.credential.suite is None:
            raise AssertionError(f"{self!r} answers no challenges: its account has no suite")

        def answered(name: str) -> Reading:
            device.wait_until_off()
            return device.answer_challenge(numbers, name)

        return self._read(answered)

    def code(self) -> str:
        """Give the code of the last press, after a press if there was none. MisreadError when
        display and sound do not give the same."""
        if self._reading is None:
            self.press()
        assert self._reading is not None  # noqa: S101 - for mypy
        return Press("", self._presses, self._reading).code

    def next_code(self) -> str:
        """Let time pass until the token has a new code, press it, and give the code."""
        self.clock.next_period(self.credential.period or _COUNTERS_PERIOD)
        self.press()
        return self.code()

    def shown(self) -> list[str]:
        """Give the text that the display shows now, line by line."""
        return self.emulator.screen_text()

    def heard(self) -> list[str]:
        """Give the phrases that the last press had the token say, in its language, after a press if
        there was none; nothing from a token without a voice."""
        device = self._device
        if not isinstance(device, EmulatedToken):
            raise EmulatedOnlyError(Message("kit-emulated-only"))
        spoken = (self._reading or self.press()).spoken
        if spoken is None:
            return []
        phrases = languages.load(device.language).phrases
        return in_words(spoken.clips, phrases, device.language)

    def _read(self, act: Callable[[str], Reading]) -> Reading:
        self._presses += 1
        self._device.advance_to(self.clock.now)
        self._reading = act(f"press-{self._presses:04}")
        self.clock.advance_to(self._device.now)  # a code takes as long as the token reads it out
        return self._reading


def emulated(
    model: TokenModel, folder: Path, seed: int, credential: Credential, source: TimeSource
) -> Token:
    """Make an emulated token in `folder` and provision it over its link with `credential`."""
    device = EmulatedToken(model, folder, seed, source.now())
    try:
        serial = device.provision(credential)
    except BaseException:
        device.emulator.close()
        raise
    set_at = device.now
    source.wait_until(set_at, Message("qa-wait.provisioning"))
    return Token(device, serial, credential, source, set_at)


def real(
    product: str,
    serial: str,
    credential: Credential,
    source: TimeSource,
    ask: Callable[[str], str],
) -> Token:
    """Give a real token, which has `credential` already; `ask(question)` gives what the person
    types who presses it."""
    return Token(ManualToken(product, source, ask), serial, credential, source)
