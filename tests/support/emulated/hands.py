"""Hands that press the keys of an emulated kodeoplæser: a steady one, a slow one, one that presses
one key at a time, and one that trembles. Times are virtual seconds."""

from itertools import cycle

from tests.support.emulated.kodeoplaeser import SpeakingToken

_STRUCK_AGAIN = 0.33  # seconds from one press of a hand that trembles to the next
_CUT_OFF = 0.03  # seconds after which what the first of two presses has started is silent
# (µs, whether the contact has its new state): bounces for 5 ms.
_BOUNCE = ((0, 1), (500, 0), (900, 1), (2100, 0), (2400, 1), (3900, 0), (4200, 1), (4700, 0))
_BOUNCE += ((5000, 1),)


class Hand:
    """A steady hand, which presses red and another key together."""

    trembles = False

    def __init__(self, token: SpeakingToken) -> None:
        """Press this token's keys."""
        self.token = token
        self.emulator = token.emulator

    def press(self, key: str) -> float:
        """Press a key; give the time from which on its answer is heard."""
        return self._strike(key)

    def function(self, key: str) -> float:
        """Choose the function of a key; give the time from which on its answer is heard."""
        self.emulator.key_down("red")
        self.emulator.advance(self._held())
        heard_from = self._strike(key)
        self.emulator.key_up("red")
        return heard_from

    def type(self, digits: str) -> float:
        """Press the keys of a number, one after another; give the time as press() does."""
        for digit in digits:
            heard_from = self.press(digit)
            self.emulator.advance(0.1)
        return heard_from

    def hold_zero(self) -> float:
        """Hold 0 for longer than two seconds; give the time at which it went down."""
        return self.token.tap("0", 2.3)

    def _held(self) -> float:
        return 0.12

    def _strike(self, key: str) -> float:
        return self.token.tap(key, self._held())


class SlowHand(Hand):
    """A hand that holds each key for 400, 700 or 1000 ms."""

    def __init__(self, token: SpeakingToken) -> None:
        """Press this token's keys."""
        super().__init__(token)
        self._times = cycle((0.4, 0.7, 1.0))

    def _held(self) -> float:
        return next(self._times)


class OneFinger(Hand):
    """A hand that presses red, red and the other key, 450 ms apart."""

    def function(self, key: str) -> float:
        """Choose the function of a key; give the time from which on its answer is heard."""
        for _ in range(2):
            self._strike("red")
            self.emulator.advance(0.28)
        return self._strike(key)


class TremblingHand(Hand):
    """A hand that strikes each key twice, 330 ms apart, on contacts that bounce for 5 ms."""

    trembles = True

    def __init__(self, token: SpeakingToken) -> None:
        """Press this token's keys."""
        super().__init__(token)
        for part in ("button", "keypad"):
            self.emulator.board.parts[part].bounce = _BOUNCE

    def function(self, key: str) -> float:
        """Choose the function of a key; give the time from which on its answer is heard."""
        self.token.tap("red", 0.1)
        self.emulator.advance(_STRUCK_AGAIN - 0.15)
        return super().function(key)

    def _strike(self, key: str) -> float:
        first = self.emulator.elapsed
        self.token.tap(key, 0.1)
        self.emulator.advance(first + _STRUCK_AGAIN - self.emulator.elapsed)
        again = self.token.tap(key, 0.1)
        self.emulator.advance(0.5)  # to strike the same key on purpose, it waits
        return again + _CUT_OFF
