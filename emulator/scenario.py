"""Scenarios: what a user does with a token and expects of it, one step a line, to be played and recorded.

    press                          expect text "123 456"      set time 2031-01-02T03:04:05Z
    press 350 ms                   expect no text "123"       set clock 2031-01-02T03:04:05Z
    hold 7 s                       expect code from FILE      drift 3.5 ppm
    wait 3 s   (ms, min, h, d)     expect dark                temperature -5 C
    button down, button up         screenshot FILE.png        battery 3400 mV
    plug, unplug                   remove clock supply        cut power [at operation 12 [before|torn|after]]

Words may be written in any case; # begins a comment. FILE is relative to the scenario; a secret file holds base32 or an
otpauth:// URI. "expect code" wants the code of the moment of the last press, with the groups of digits put together.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyotp

from emulator.session import Emulator

_UNITS = {"us": Decimal("1e-6"), "ms": Decimal("1e-3"), "s": Decimal(1), "min": Decimal(60), "h": Decimal(3600)}
_UNITS["d"] = Decimal(86_400)
_NUMBER = r"([+-]?\d+(?:\.\d+)?)"
_SPAN = _NUMBER + r"\s*(us|ms|s|min|h|d)"
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_TAP_MS = 120
_BOOT = 0.5  # seconds a token may take to read its clock after a press


class ScenarioError(Exception):
    """A line that is no step, or an expectation that failed; the message begins with the line's number."""


@dataclass(frozen=True)
class Step:
    """One line: its number, its text, and what it does to a player."""

    line: int
    text: str
    action: Callable[["Player"], None]


class Player:
    """Plays steps on a token. `folder` is where the scenario's files lie, `failures` where pictures of failures go."""

    def __init__(self, emulator: Emulator, folder: Path, failures: Path) -> None:
        """Nothing happens yet."""
        self.emulator, self.folder, self._failures = emulator, folder, failures
        self.pressed_at = emulator.now

    def play(self, steps: list[Step]) -> None:
        """Play all steps; ScenarioError at the first expectation that fails."""
        for step in steps:
            try:
                step.action(self)
            except _UnmetError as unmet:
                picture = self._failures / f"line-{step.line}.png"
                self._failures.mkdir(parents=True, exist_ok=True)
                self.emulator.screen().to_png(picture)
                shown = "\n".join(f"    {line}" for line in self.emulator.screen_text()) or "    (dark or no text)"
                raise ScenarioError(
                    f"line {step.line}: {step.text}\n  {unmet}\n  The screen shows:\n{shown}\n  Picture: {picture}"
                ) from None
            except (OSError, ValueError) as error:
                raise ScenarioError(f"line {step.line}: {step.text}\n  {error}") from error

    def shown(self) -> list[str]:
        """The text on the screen, the way round in which there is more of it to read."""
        return max(self.emulator.screen_text(), self.emulator.screen_text(rotated=True), key=lambda t: len("".join(t)))


class _UnmetError(Exception):
    """What an expectation says when it does not hold."""


def parse(text: str) -> list[Step]:
    """The steps of a scenario; ScenarioError names the first line that is none."""
    steps = []
    for number, line in enumerate(text.splitlines(), 1):
        words = re.sub(r'^((?:[^"#]|"(?:[^"\\]|\\.)*")*)#.*$', r"\1", line).strip()
        if words:
            steps.append(Step(number, words, _action(number, words)))
    return steps


def play_file(emulator: Emulator, path: Path, failures: Path | None = None) -> None:
    """Play a scenario file; pictures of failures go beside it unless told otherwise."""
    Player(emulator, path.parent, failures or path.parent).play(parse(path.read_text()))


def _action(number: int, words: str) -> Callable[[Player], None]:
    for pattern, make in _STEPS:
        match = re.fullmatch(pattern, words, re.IGNORECASE)
        if match:
            try:
                return make(*match.groups())
            except ValueError as error:
                raise ScenarioError(f"line {number}: {words}\n  {error}") from None
    raise ScenarioError(f"line {number}: {words}\n  This is no step that a scenario knows.")


def _span(amount: str, unit: str) -> Decimal:
    """Seconds."""
    if amount.startswith("-"):
        raise ValueError("Time does not run backwards.")
    return Decimal(amount) * _UNITS[unit.lower()]


def _unix(text: str) -> float:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("Say the time zone: a Z at the end for UTC.")
    return moment.timestamp()


def _press(amount: str | None = None, unit: str | None = None) -> Callable[[Player], None]:
    seconds = _span(amount, unit) if amount and unit else Decimal(_TAP_MS) / 1000

    def press(player: Player) -> None:
        player.pressed_at = player.emulator.now
        player.emulator.hold(float(seconds))

    return press


def _wait(amount: str, unit: str) -> Callable[[Player], None]:
    seconds = _span(amount, unit)
    return lambda player: player.emulator.advance(float(seconds))


def _button(way: str) -> Callable[[Player], None]:
    def down(player: Player) -> None:
        player.pressed_at = player.emulator.now
        player.emulator.press_down()

    return down if way.lower() == "down" else lambda player: player.emulator.release()


def _set(name: str, convert: Callable[[str], float]) -> Callable[[str], Callable[[Player], None]]:
    def make(value: str) -> Callable[[Player], None]:
        number = convert(value)
        return lambda player: setattr(player.emulator, name, number)

    return make


def _cut(operation: str | None, mode: str | None) -> Callable[[Player], None]:
    if operation is None:
        return lambda player: player.emulator.cut_power()
    return lambda player: player.emulator.cut_power(int(operation), (mode or "before").lower())


def _set_time(text: str) -> Callable[[Player], None]:
    unix = _unix(text)
    return lambda player: player.emulator.set_time(unix)


def _set_clock(text: str) -> Callable[[Player], None]:
    unix = _unix(text)
    return lambda player: player.emulator.set_rtc(unix)


def _expect_text(absent: str | None, quoted: str) -> Callable[[Player], None]:
    wanted = re.sub(r"\\(.)", r"\1", quoted)

    def expect(player: Player) -> None:
        if any(wanted in line for line in player.shown()) == bool(absent):
            raise _UnmetError(f"The text {wanted!r} is {'there' if absent else 'not there'}.")

    return expect


def _expect_code(file: str) -> Callable[[Player], None]:
    def expect(player: Player) -> None:
        secret = (player.folder / file).read_text().strip()
        otp = pyotp.parse_uri(secret) if secret.startswith("otpauth://") else pyotp.TOTP(secret)
        if not isinstance(otp, pyotp.TOTP):
            raise ValueError("Only codes that depend on the time can be expected.")
        codes = {otp.at(int(player.pressed_at)), otp.at(int(player.pressed_at + _BOOT))}
        if not any(code in line.replace(" ", "") for code in codes for line in player.shown()):
            raise _UnmetError(f"The code at the last press was {' or '.join(sorted(codes))}.")

    return expect


def _expect_dark(player: Player) -> None:
    if player.emulator.display_on:
        raise _UnmetError("The display is not dark.")


def _screenshot(file: str) -> Callable[[Player], None]:
    def take(player: Player) -> None:
        player.emulator.screen().to_png(player.folder / file)

    return take


_STEPS: tuple[tuple[str, Callable[..., Callable[[Player], None]]], ...] = (
    (r"press", _press),
    (r"press\s+" + _SPAN, _press),
    (r"hold\s+" + _SPAN, _press),
    (r"button\s+(down|up)", _button),
    (r"wait\s+" + _SPAN, _wait),
    (r"set\s+time\s+(\S+)", _set_time),
    (r"set\s+clock\s+(\S+)", _set_clock),
    (r"drift\s+" + _NUMBER + r"\s*ppm", _set("rtc_drift_ppm", float)),
    (r"temperature\s+" + _NUMBER + r"\s*C", _set("temperature", float)),
    (r"battery\s+(\d+)\s*mV", _set("battery_mv", int)),
    (r"plug", lambda: lambda player: player.emulator.plug()),
    (r"unplug", lambda: lambda player: player.emulator.unplug()),
    (r"remove\s+clock\s+supply", lambda: lambda player: player.emulator.remove_rtc_supply()),
    (r"cut\s+power(?:\s+at\s+operation\s+(\d+)(?:\s+(before|torn|after))?)?", _cut),
    (r"screenshot\s+(\S.*)", _screenshot),
    (r"expect\s+(no\s+)?text\s+" + _QUOTED, _expect_text),
    (r"expect\s+code\s+from\s+(?:secret\s+file\s+)?(\S.*)", _expect_code),
    (r"expect\s+dark", lambda: _expect_dark),
)
