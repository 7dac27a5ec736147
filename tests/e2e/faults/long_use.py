"""A token that is used for weeks while every part fails once: whatever number its display shows is
a right code. Times are virtual seconds.

A *fault* is a function of the use that lets a part fail and gives what mends it, or None. Each
comes once, at a press that the seed draws; it is mended after one to four presses.
"""

import base64
import hashlib
import itertools
from collections import Counter
from collections.abc import Callable
from random import Random

import pyotp

from emulator.i2c_bus import PHASES
from host_tools.otp.credential import Credential
from host_tools.secret import Secret
from tests.support.emulated.token import SECRET, TokenUnderTest

DAY = 86_400
PERIOD = 30
_COUNTED_SECRET = hashlib.sha1(SECRET).digest()
_TIMED = pyotp.TOTP(base64.b32encode(SECRET).decode(), digits=8)
_COUNTED = pyotp.HOTP(base64.b32encode(_COUNTED_SECRET).decode(), digits=6)
_LOOK_AHEAD = 12  # a fault may cost counters, a few at most
_LOOKS = (0.0, 0.04, 0.15, 1.0)  # after the press: recoveries show there what they draw
_PRESS = 1.5  # a press and the looks after it
_NEARLY_EMPTY = 3017  # millivolts: enough for the microcontroller, too little for the display
_HANGS = 61.0
_LATE = 0.6

Mend = Callable[[], object]
Fault = Callable[["Use"], Mend | None]


class WrongCodeError(AssertionError):
    """The display showed a number that was no right code."""


class Use:
    """One token in use. `seen` counts what the display showed after presses, and the faults."""

    def __init__(self, token: TokenUnderTest, seed: int) -> None:
        """Provision the new token with a time-based account and a counted one."""
        self.token, self.emulator, self.random = token, token.emulator, Random(seed)
        token.provision(
            Credential("Timed", Secret(SECRET), digits=8),
            Credential("Counted", Secret(_COUNTED_SECRET), period=None, counter=0),
        )
        self.seen: Counter[str] = Counter()
        self._next_counter = 0
        self._stands = ""  # the last code that was seen on the display
        self._pressed = self.emulator.now
        self.faults = FAULTS[self.emulator.product["name"]]

    def run(self, presses: int, seconds: float) -> None:
        """Press so often in so many seconds, with each of `faults` once, in the first half: in the
        second one the token stays awake. WrongCodeError for a wrong code; errors of the emulator
        when the firmware crashes or hangs."""
        at = self.random.sample(range(presses // 2), len(self.faults))
        coming = dict(zip(at, self.faults, strict=True))
        mends: list[tuple[int, Mend]] = []
        for press in range(presses):
            if press in coming:
                self.seen["faults"] += 1
                mend = coming[press](self)
                if mend is not None:
                    mends.append((press + self.random.randint(1, 4), mend))
            self._press()
            for due, mend in [each for each in mends if each[0] <= press]:
                mend()
                mends.remove((due, mend))
            self.emulator.advance(self._pause(seconds / presses))

    def _pause(self, mean: float) -> float:
        """Draw the time to the next press: often so short that the token is still on. `mean` is
        that from press to press."""
        short = 0.3, 2.0
        return self.random.choice((*short, max(0.0, 3 * (mean - _PRESS) - sum(short))))

    def _press(self) -> None:
        emulator = self.emulator
        self._look()
        self._pressed = emulator.now
        emulator.press(self.random.choice((60, 120, 400)))
        for wait in _LOOKS:
            emulator.advance(wait)
            self._look()
        shows = "code" if self._numbers() else "text" if emulator.display_on else "dark"
        self.seen[shows] += 1

    def _look(self) -> None:
        for number in self._numbers():
            self._check(number)

    def _numbers(self) -> list[str]:
        lines = [line.replace(" ", "") for line in self.emulator.screen_text()]
        return [line for line in lines if line.isdigit() and len(line) in (6, 8)]

    def _check(self, number: str) -> None:
        """Refuse a number that is no code since the press, nor the one that stood before it."""
        if number == self._stands:
            return
        steps = range(int(self._pressed) // PERIOD, int(self.emulator.now) // PERIOD + 1)
        if number in {_TIMED.at(step * PERIOD) for step in steps}:
            self._stands = number
            return
        for counter in range(self._next_counter, self._next_counter + _LOOK_AHEAD):
            if number == _COUNTED.at(counter):
                self._stands, self._next_counter = number, counter + 1
                return
        raise WrongCodeError(
            f"{number} at {self.emulator.now}, the next counter is {self._next_counter}"
        )


def _hold(part: str, phase: str, line: str, lasting: bool) -> Fault:
    def fault(use: Use) -> Mend:
        clocks = None if lasting else use.random.randint(1, 9)
        after = use.random.randint(0, 6)
        passed = use.random.choice((None, 0, 1, 3, 5, 6, 14, 15))
        board = use.emulator.board
        board.hold_bus(part, phase, line=line, clocks=clocks, after=after, passed=passed)
        return board.let_go

    return fault


def _missing(part: str) -> Fault:
    def fault(use: Use) -> Mend:
        use.emulator.board.detach(part)
        return lambda: use.emulator.board.attach(part)

    return fault


def _another_display(chip: str) -> Fault:
    """Another module is put in while the token is on; an SSD1306 as after its power-up."""

    def fault(use: Use) -> Mend:
        use.emulator.board.attach("display", chip)
        return lambda: use.emulator.board.attach("display", "ssd1306")

    return fault


def _late(part: str) -> Fault:
    def fault(use: Use) -> Mend:
        board = use.emulator.board
        board.answer_late(part, _LATE)
        use.emulator.cut_power()
        use.emulator.plug()
        return board.let_go

    return fault


def _button_hangs(use: Use) -> None:
    use.emulator.press_down()
    use.emulator.advance(_HANGS)
    use.emulator.release()


def _flash(silently: bool) -> Fault:
    def fault(use: Use) -> Mend:
        flash = use.emulator.flash
        flash.fail(use.random.randint(1, 6), use.random.randint(1, 8), silently)
        return lambda: flash.fail(1, 0)

    return fault


def _power_cut(mode: str) -> Fault:
    def fault(use: Use) -> Mend:
        use.emulator.cut_power(use.random.randint(1, 8), mode)

        def mend() -> None:
            use.emulator.flash.cancel_cut()
            use.emulator.plug()

        return mend

    return fault


def _brown_out(use: Use) -> Mend:
    emulator = use.emulator
    emulator.unplug()
    emulator.battery_mv, emulator.battery_milliohms = _NEARLY_EMPTY, 150

    def mend() -> None:
        emulator.battery_mv, emulator.battery_milliohms = 3900, 0
        emulator.plug()

    return mend


def _set_right(use: Use) -> None:
    use.emulator.rtc_cell = "good"
    use.emulator.set_rtc(use.emulator.now)


def _cell_of_the_clock(state: str) -> Fault:
    def fault(use: Use) -> Mend:
        use.emulator.rtc_cell = state
        use.emulator.cut_power()
        use.emulator.advance(use.random.choice((1, 20)))
        use.emulator.plug()
        return lambda: _set_right(use)

    return fault


def _clock_supply(use: Use) -> Mend:
    use.emulator.remove_rtc_supply()
    return lambda: _set_right(use)


def _registers(register: int, *values: int) -> Fault:
    """Other software has written to the clock."""

    def fault(use: Use) -> Mend:
        use.emulator.board.parts["clock"].write(bytes((register, use.random.choice(values))))

        def mend() -> None:
            use.emulator.remove_rtc_supply()
            use.emulator.board.parts["clock"].write(b"\x0e\x1c")
            _set_right(use)

        return mend

    return fault


def _key_hangs(use: Use) -> Mend:
    key = use.random.choice("1234567890*#")
    use.emulator.board.parts["keypad"].press(key)
    return lambda: use.emulator.board.parts["keypad"].release(key)


def _holds(part: str) -> list[Fault]:
    """Give the ways to hold the bus."""
    ways = (("sda", False), ("sda", True), ("scl", True))
    return [
        _hold(part, phase, line, lasting)
        for phase, (line, lasting) in itertools.product(PHASES, ways)
    ]


_OF_BOTH: list[Fault] = [
    *_holds("clock"),
    _missing("clock"),
    _late("clock"),
    _button_hangs,
    _flash(False),
    _flash(True),
    *map(_power_cut, ("before", "torn", "after")),
    _brown_out,
    *map(_cell_of_the_clock, ("weak", "dead")),
    _clock_supply,
    _registers(0x02, 0x41, 0x52, 0x65),  # 12-hour mode
    _registers(0x03, 0x00, 0x08),  # no weekday
    _registers(0x0E, 0x00, 0x9C, 0x1D, 0x5C),  # control
    _registers(0x0F, 0x08),  # output of 32 kHz
]
FAULTS: dict[str, list[Fault]] = {
    "kodeviser": [
        *_OF_BOTH,
        *_holds("display"),
        _missing("display"),
        _late("display"),
        _another_display("sh1106"),
        _another_display("ssd1306"),
    ],
    "kodeoplaeser": [*_OF_BOTH, _key_hangs],
}
