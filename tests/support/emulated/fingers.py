"""Reads what an emulated token has fingers feel, from the waveform of its motor: pulses into digits
and signs. Independent of the firmware's tables: it knows what docs/guides say, and no more. Times
are virtual seconds."""

from typing import NamedTuple

import numpy as np

from emulator.chips.vibration import RATE
from tests.support.emulated.kodeoplaeser import SpeakingToken

_STILL = 2.6  # longer than any pause within what is felt
_FELT = 0.4  # strength that a finger feels
_MORSE = {
    "-----": "0",
    ".----": "1",
    "..---": "2",
    "...--": "3",
    "....-": "4",
    ".....": "5",
    "-....": "6",
    "--...": "7",
    "---..": "8",
    "----.": "9",
}


class Pulse(NamedTuple):
    """A stretch of vibration."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start


class Felt(NamedTuple):
    """Digits in groups ("?" for what is none), and the signs "yes", "no" and "touch"."""

    groups: list[str]
    signs: list[str]


def pulses(token: SpeakingToken, since: float) -> list[Pulse]:
    """Wait until the motor stands still; give its pulses from `since` on."""
    emulator = token.emulator
    emulator.advance(0.2)
    while max(emulator.vibration(emulator.elapsed - _STILL), default=0) >= _FELT:
        emulator.advance(0.5)
    strong = np.array(emulator.vibration(since)) >= _FELT
    edges = np.flatnonzero(np.diff(np.concatenate(([0], strong.astype(int), [0]))))
    return [
        Pulse(since + start / RATE, since + end / RATE)
        for start, end in edges.reshape(-1, 2).tolist()
    ]


def felt(token: SpeakingToken, since: float, morse: bool = False) -> Felt:
    """Wait until the motor stands still; give what was felt from `since` on."""
    groups, signs = [""], []
    for group in split(pulses(token, since), 0.93):
        for character in split(group, 0.29):
            lengths = [pulse.seconds for pulse in character]
            if len(lengths) == 1 and lengths[0] < 0.06:
                signs.append("touch")
            elif len(lengths) == 4 and max(lengths) < 0.06:
                signs.append("no")
            elif len(lengths) == 2 and min(lengths) > 0.42:
                signs.append("yes")
            else:
                groups[-1] += _digit(lengths, morse)
        groups.append("")
    return Felt([group for group in groups if group], signs)


def split(found: list[Pulse], pause: float) -> list[list[Pulse]]:
    """Give the pulses in groups with a longer pause than that between them."""
    groups: list[list[Pulse]] = []
    for pulse in found:
        if not groups or pulse.start - groups[-1][-1].end > pause:
            groups.append([])
        groups[-1].append(pulse)
    return groups


def _digit(lengths: list[float], morse: bool) -> str:
    long = [length > 0.21 for length in lengths]
    if morse:
        return _MORSE.get("".join("-" if each else "." for each in long), "?")
    if long == [True]:
        return "0"
    return str(len(long)) if not any(long) and len(long) <= 9 else "?"
