"""Tests of a token's parts: each tells whether its part works. Imported when the host asks for the
self-test.

They make no sound, leave the display as it is and report no key press; a vibration motor runs, for
whoever holds the token. A key that is held down
cannot be told from a shorted line, so no key may be held during the test.
"""

import time

from machine import Pin

if False:
    from firmware.interfaces import Any, Hardware  # type: ignore[unreachable]

_OPTIONAL = ("vibration", "charger")
_SETTLE_US = 50  # for a line on a pull-up of 50 kohm
_CELL_MV = (2500, 4400)  # range of a Li-ion cell; outside of it the divider is broken
_MEASURE_MS = 100
_PULSES = 3  # of the motor; the host asks for their number (protocol.messages.SELFTEST_PULSES)
_PULSE_MS = 250  # each, and the pause behind it: a coin motor rises and stops within 100 ms
_TOLERANCE_MS = 20  # the port takes samples in blocks of some milliseconds


def selftest(hardware: "Hardware", parts: tuple) -> dict:
    """Return {part: works} for those of the named parts that can be tested. Takes about 0.3 s, and
    1.5 s more with a vibration motor. Without an optional part there is nothing to test."""
    result = {}
    for part in parts:
        test = _TESTS.get(part)
        driver = getattr(hardware, part)
        if test is not None and not (part in _OPTIONAL and driver is None):
            try:
                result[part] = driver is not None and test(driver)
            except OSError:
                result[part] = False
    return result


def _clock(clock: "Any") -> bool:
    return clock.temperature() is not None


def _button(button: "Any") -> bool:
    return not button.down


def _battery(battery: "Any") -> bool:
    return _CELL_MV[0] <= battery.millivolts() <= _CELL_MV[1]


def _keypad(keypad: "Any") -> bool:
    """Return True when every line follows its pin, no other line follows it, and none is open: a
    line whose keys were never down while all the others were."""
    pressed = keypad.pressed
    for keys in (0x00F, 0x0F0, 0xF00, 0x111, 0x222, 0x444, 0x888):  # columns, rows
        if pressed == 0xFFF & ~keys:
            return False
    keypad.pause()
    try:
        return _lines_are_apart(keypad.rows + keypad.columns)
    finally:
        keypad.resume()


def _lines_are_apart(lines: list) -> bool:
    for line in lines:
        line.init(Pin.IN, Pin.PULL_UP)
    time.sleep_us(_SETTLE_US)
    apart = all(line.value() == 1 for line in lines)
    for driven in lines:
        driven.init(Pin.OPEN_DRAIN, Pin.PULL_UP, value=0)
        time.sleep_us(_SETTLE_US)
        for line in lines:
            apart = apart and line.value() == (0 if line is driven else 1)
        driven.init(Pin.IN, Pin.PULL_UP)
        time.sleep_us(_SETTLE_US)
    return apart


def _amplifier(amplifier: "Any") -> bool:
    """Return True when the enable pin follows. The amplifier needs 7.5 ms to start (MAX98357A data
    sheet), so it stays silent."""
    pin = amplifier.pin
    pin.value(1)
    high = pin.value()
    pin.value(0)
    return high == 1 and pin.value() == 0


def _jack(jack: "Any") -> bool:
    """Return True when the switch reads the same all the time and no other signal holds the pin
    high."""
    pin = jack.pin
    plugged = jack.plugged
    steady = all(jack.plugged == plugged for _ in range(8))
    # From low, since the input of an RP2350 A2 that is pulled down from high may stop at 2 V (E9).
    pin.init(Pin.OUT, value=0)
    pin.init(Pin.IN, Pin.PULL_DOWN)
    time.sleep_us(_SETTLE_US)
    low = pin.value() == 0
    pin.init(Pin.IN, Pin.PULL_UP)
    time.sleep_us(_SETTLE_US)
    return steady and low and jack.plugged == plugged


def _vibration(motor: "Any") -> bool:
    """Return True when the pin follows, and its transistor's gate is pulled down while it is open.
    The motor runs meanwhile; whether it moves can only be felt."""
    motor.stop()
    pin = motor.pin
    pin.init(Pin.IN, Pin.PULL_UP)
    time.sleep_us(_SETTLE_US)
    works = pin.value() == 0
    pin.init(Pin.OUT, value=0)
    for _ in range(_PULSES):
        pin.value(1)
        works = works and pin.value() == 1
        time.sleep_ms(_PULSE_MS)
        pin.value(0)
        works = works and pin.value() == 0
        time.sleep_ms(_PULSE_MS)
    return works


def _charger(charger: "Any") -> bool:
    """Return True when the pin follows the pulls, or is held low both times as while it charges: no
    supply holds it high."""
    pin = charger.pin
    pin.init(Pin.OUT, value=0)  # from low, as the jack's
    pin.init(Pin.IN, Pin.PULL_DOWN)
    time.sleep_us(_SETTLE_US)
    low = pin.value() == 0
    pin.init(Pin.IN, Pin.PULL_UP)
    time.sleep_us(_SETTLE_US)
    return low


def _audio(audio: "Any") -> bool:
    """Return True when the port takes samples of silence at its sample rate."""
    for _ in range(2):
        taken = _samples_taken(audio)
        if not audio.muted:  # a key press muted it and the count is wrong: once more
            break
    audio.stop()
    return abs(taken - _MEASURE_MS * audio.rate // 1000) <= _TOLERANCE_MS * audio.rate // 1000


def _samples_taken(audio: "Any") -> int:
    """Fill the port's ring with silence; return how many samples leave it in _MEASURE_MS."""
    audio.stop()
    piece = audio.piece
    for i in range(len(piece)):
        piece[i] = 0
    audio.send()
    began = time.ticks_ms()
    while audio.port.write(piece) == 2 * len(piece):
        if time.ticks_diff(time.ticks_ms(), began) > 1000:
            return 0  # the port never fills
    audio_taken = 0
    began = time.ticks_ms()
    time.sleep_ms(_MEASURE_MS)
    while True:
        count = audio.port.write(piece) // 2
        audio_taken += count
        if count < len(piece):
            break
    late = time.ticks_diff(time.ticks_ms(), began) - _MEASURE_MS
    return audio_taken - late * audio.rate // 1000


_TESTS = {
    "clock": _clock,
    "button": _button,
    "battery": _battery,
    "charger": _charger,
    "keypad": _keypad,
    "amplifier": _amplifier,
    "jack": _jack,
    "audio": _audio,
    "vibration": _vibration,
}
