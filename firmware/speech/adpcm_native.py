"""The functions of adpcm_plain.py as machine code, with the same samples.

Compiled for the board's processor (mpy-cross -march); on another processor the import fails. Viper
reads memory as unsigned: the decoder keeps its predictor above zero, and samples of the ring are
sign-extended.
"""

import micropython

from firmware.speech.adpcm_plain import STEPS


@micropython.viper
def decode(state: ptr32, source: ptr8, count: int, ring: ptr16):
    """Decode the first `count` nibbles of source into the ring."""
    steps = ptr16(STEPS)
    predictor = int(state[0])
    index = int(state[1])
    at = int(state[2])
    for i in range(count):
        code = int(source[i >> 1]) >> ((i & 1) << 2)
        step = int(steps[index])
        change = step >> 3
        if code & 4:
            change += step
            index += ((code & 3) + 1) << 1
            if index > 88:
                index = 88
        elif index:
            index -= 1
        if code & 2:
            change += step >> 1
        if code & 1:
            change += step >> 2
        if code & 8:
            predictor -= change
            if predictor < 0:
                predictor = 0
        else:
            predictor += change
            if predictor > 65535:
                predictor = 65535
        ring[at & 1023] = predictor - 32768
        at += 1
    state[0] = predictor
    state[1] = index
    state[2] = at


@micropython.viper
def take(ring: ptr16, position: int, out: ptr16, at: int, count: int, gain: int):
    """Copy samples of a clip to out[at:], scaled by gain / 256."""
    for i in range(count):
        sample = int(ring[(position + i) & 1023])
        if sample > 32767:
            sample -= 65536
        out[at + i] = (sample * gain) >> 8


@micropython.viper
def silence(out: ptr16, at: int, count: int):
    """Set samples to zero."""
    for i in range(at, at + count):
        out[i] = 0


@micropython.viper
def blend(ring: ptr16, old: int, new: int, faded: int, out: ptr16, at: int, count: int, gain: int):
    """Cross-fade from one position of a clip to another."""
    for i in range(faded, faded + count):
        first = int(ring[(old + i) & 1023])
        if first > 32767:
            first -= 65536
        second = int(ring[(new + i) & 1023])
        if second > 32767:
            second -= 65536
        out[at] = (((first * (64 - i) + second * i) >> 6) * gain) >> 8
        at += 1
