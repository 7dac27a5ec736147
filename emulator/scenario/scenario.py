"""The scenario language: what a user does with a token and expects of it, one step a line.

    press                       expect text "123 456"     set time 2031-01-02T03:04:05Z
    press 350 ms                expect no text "123"      set clock 2031-01-02T03:04:05Z
    hold 7 s                    expect code from FILE     drift 3.5 ppm
    wait 3 s  (ms, min, h, d)   expect dark               temperature -5 C
    button down, button up      screenshot FILE.png       battery 3400 mV
    plug, unplug, reset         remove clock supply       cut power
                                                          cut power at operation 12 torn

("before" and "after" stand in the place of "torn")

and on a token that speaks, whose keys are 0 to 9, *, # (in quotes) and red:

    key 5, key red 2 s             expect sound within 300 ms        record start FILE.wav
    key 5 down, key 5 up           expect silence within 100 ms      record stop
    keys red+1                     expect speech "code 1 2 3"        headset in, headset out

Words may be written in any case; # begins a comment. FILE is relative to the scenario; a secret
file holds base32 or an otpauth:// URI. "expect code" expects the code of the time of the
last press; gaps between groups of digits do not count.
"""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyotp

from emulator.scenario import sound_steps
from emulator.scenario.reasons import Reason, UndoableError, UnmetError
from emulator.scenario.runner import (
    EARLIEST,
    FILE,
    LATEST,
    NUMBER,
    QUOTED,
    SPAN,
    TAP_MS,
    Listener,
    ScenarioRunner,
    Step,
    StepError,
    span,
)
from emulator.session import Emulator
from emulator.surroundings import (
    BATTERY_MV,
    DRIFT_PPM,
    FLASH_OPERATIONS,
    TEMPERATURE_C,
    UNIX_TIME,
    WAIT_S,
)

_BOOT = 0.5  # seconds a token may take to read its clock after a press


def parse(text: str) -> list[Step]:
    """Give the steps of a scenario; StepError names the first line that is none."""
    steps = []
    for number, line in enumerate(text.splitlines(), 1):
        words = re.sub(r'^((?:[^"#]|"(?:[^"\\]|\\.)*")*)#.*$', r"\1", line).strip()
        if words:
            steps.append(_step(number, words))
    return steps


def play_file(
    emulator: Emulator, path: Path, failures: Path | None = None, listener: Listener | None = None
) -> None:
    """Play a scenario file; pictures of failures go beside it, or into `failures`."""
    ScenarioRunner(emulator, path.parent, failures or path.parent, listener).play(
        parse(path.read_text())
    )


def _step(number: int, words: str) -> Step:
    for pattern, make, part in (*((*own, None) for own in _STEPS), *sound_steps.STEPS):
        match = re.fullmatch(pattern, words, re.IGNORECASE)
        if match:
            try:
                return Step(number, words, make(*match.groups()), part)
            except UndoableError as error:
                raise StepError(number, words, error.reason) from None
    raise StepError(number, words, Reason("no-step", {}))


def _unix(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UndoableError("no-time", given=text) from None
    if moment.tzinfo is None:
        raise UndoableError("no-zone")
    unix = moment.timestamp()
    if not UNIX_TIME[0] <= unix <= UNIX_TIME[1]:
        raise UndoableError("time-outside", given=text, earliest=EARLIEST, latest=LATEST)
    return unix


def _within(limits: tuple[int, int], given: str) -> float:
    """Give the number; UndoableError where it is not within these limits."""
    least, most = limits
    number = float(given)
    if not least <= number <= most:
        raise UndoableError("outside", given=given, least=least, most=most)
    return number


def _press(amount: str | None = None, unit: str | None = None) -> Callable[[ScenarioRunner], None]:
    seconds = span(amount, unit) if amount and unit else Decimal(TAP_MS) / 1000

    def press(runner: ScenarioRunner) -> None:
        runner.check_end(float(seconds))
        runner.touched()
        runner.emulator.hold(float(seconds))

    return press


def _wait(amount: str, unit: str) -> Callable[[ScenarioRunner], None]:
    seconds = float(span(amount, unit, WAIT_S))

    def wait(runner: ScenarioRunner) -> None:
        runner.check_end(seconds)
        runner.emulator.advance(seconds)

    return wait


def _button(way: str) -> Callable[[ScenarioRunner], None]:
    def down(runner: ScenarioRunner) -> None:
        runner.touched()
        runner.emulator.press_down()

    return down if way.lower() == "down" else lambda runner: runner.emulator.release()


def _set(
    name: str, convert: Callable[[float], float], limits: tuple[int, int]
) -> Callable[[str], Callable[[ScenarioRunner], None]]:
    def make(value: str) -> Callable[[ScenarioRunner], None]:
        number = convert(_within(limits, value))
        return lambda runner: setattr(runner.emulator, name, number)

    return make


def _cut(operation: str | None, mode: str | None) -> Callable[[ScenarioRunner], None]:
    if operation is None:
        return lambda runner: runner.emulator.cut_power()
    at = int(_within(FLASH_OPERATIONS, operation))
    return lambda runner: runner.emulator.cut_power(at, (mode or "before").lower())


def _set_time(text: str) -> Callable[[ScenarioRunner], None]:
    unix = _unix(text)
    return lambda runner: runner.emulator.set_time(unix)


def _set_clock(text: str) -> Callable[[ScenarioRunner], None]:
    unix = _unix(text)
    return lambda runner: runner.emulator.set_rtc(unix)


def _expect_text(absent: str | None, quoted: str) -> Callable[[ScenarioRunner], None]:
    wanted = re.sub(r"\\(.)", r"\1", quoted)

    def expect(runner: ScenarioRunner) -> None:
        if any(wanted in line for line in runner.shown()) == bool(absent):
            raise UnmetError("text-there" if absent else "text-absent", text=wanted)

    return expect


def _expect_code(file: str) -> Callable[[ScenarioRunner], None]:
    def expect(runner: ScenarioRunner) -> None:
        path = runner.folder / file
        try:
            secret = path.read_text().strip()
            otp = pyotp.parse_uri(secret) if secret.startswith("otpauth://") else pyotp.TOTP(secret)
            if not isinstance(otp, pyotp.TOTP):
                raise UndoableError("no-totp")
            codes = sorted({otp.at(int(runner.pressed_at)), otp.at(int(runner.pressed_at + _BOOT))})
        except (ValueError, ZeroDivisionError):  # of what pyotp cannot read, and of a period of 0
            raise UndoableError("no-secret", path=str(path)) from None
        if any(code in line.replace(" ", "") for code in codes for line in runner.shown()):
            return
        if len(codes) == 1:
            raise UnmetError("other-code", code=codes[0])
        raise UnmetError("other-codes", first=codes[0], second=codes[1])

    return expect


def _expect_dark(runner: ScenarioRunner) -> None:
    if runner.emulator.display_on:
        raise UnmetError("not-dark")


def _screenshot(file: str) -> Callable[[ScenarioRunner], None]:
    def take(runner: ScenarioRunner) -> None:
        runner.emulator.screen().to_png(runner.folder / file)

    return take


_STEPS: tuple[tuple[str, Callable[..., Callable[[ScenarioRunner], None]]], ...] = (
    (r"press", _press),
    (r"press\s+" + SPAN, _press),
    (r"hold\s+" + SPAN, _press),
    (r"button\s+(down|up)", _button),
    (r"wait\s+" + SPAN, _wait),
    (r"set\s+time\s+(\S+)", _set_time),
    (r"set\s+clock\s+(\S+)", _set_clock),
    (r"drift\s+" + NUMBER + r"\s*ppm", _set("rtc_drift_ppm", float, DRIFT_PPM)),
    (r"temperature\s+" + NUMBER + r"\s*C", _set("temperature", float, TEMPERATURE_C)),
    (r"battery\s+(\d+)\s*mV", _set("battery_mv", int, BATTERY_MV)),
    (r"plug", lambda: lambda runner: runner.emulator.plug()),
    (r"unplug", lambda: lambda runner: runner.emulator.unplug()),
    (r"reset", lambda: lambda runner: runner.emulator.reset()),
    (r"remove\s+clock\s+supply", lambda: lambda runner: runner.emulator.remove_rtc_supply()),
    (r"cut\s+power(?:\s+at\s+operation\s+(\d+)(?:\s+(before|torn|after))?)?", _cut),
    (r"screenshot\s+" + FILE, _screenshot),
    (r"expect\s+(no\s+)?text\s+" + QUOTED, _expect_text),
    (r"expect\s+code\s+from\s+(?:secret\s+file\s+)?" + FILE, _expect_code),
    (r"expect\s+dark", lambda: _expect_dark),
)
