"""IMA-ADPCM decoding and mixing in plain Python, where adpcm_native.py does not load.

Source: IMA Digital Audio Focus and Technical Working Groups, "Recommended Practices for Enhancing
Digital Audio Compatibility in Multimedia Systems", revision 3.00 (1992), section 6. The low nibble
of each byte comes first.

A *ring* is an array("h") of RING samples; sample n of a clip is at index n modulo RING.
"""

from array import array

if False:
    from firmware.interfaces import Buffer, Samples  # type: ignore[unreachable]

RING = 1024
FADE = 64  # samples of a cross-fade
PREDICTOR, INDEX, NEXT = range(3)  # what a decoder's state, an array("i"), holds
ZERO = 32768  # what PREDICTOR holds for the sample 0, so that it is never negative

STEPS = array("H", [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66,
    73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408,
    449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066,
    2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630,
    9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794,
    32767,
])  # fmt: skip


def decode(state: "Samples", source: "Buffer", count: int, ring: "Samples") -> None:
    """Decode the first `count` nibbles of source into the ring, from sample state[NEXT] on; update
    the state."""
    predictor = state[PREDICTOR]
    index = state[INDEX]
    at = state[NEXT]
    for i in range(count):
        code = source[i >> 1] >> ((i & 1) << 2)
        step = STEPS[index]
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
        ring[at & (RING - 1)] = predictor - ZERO
        at += 1
    state[PREDICTOR] = predictor
    state[INDEX] = index
    state[NEXT] = at


def take(ring: "Samples", position: int, out: "Samples", at: int, count: int, gain: int) -> None:
    """Copy `count` samples of a clip from `position` on to out[at:], scaled by gain / 256 (gain 0
    to 256)."""
    for i in range(count):
        out[at + i] = (ring[(position + i) & (RING - 1)] * gain) >> 8


def silence(out: "Samples", at: int, count: int) -> None:
    """Set `count` samples of out to zero, from out[at] on."""
    for i in range(at, at + count):
        out[i] = 0


def blend(
    ring: "Samples",
    old: int,
    new: int,
    faded: int,
    out: "Samples",
    at: int,
    count: int,
    gain: int,
) -> None:
    """Cross-fade from position `old` of a clip to position `new`: samples `faded` to faded + count
    - 1 of the FADE samples of the fade."""
    for i in range(faded, faded + count):
        sample = ring[(old + i) & (RING - 1)] * (FADE - i) + ring[(new + i) & (RING - 1)] * i
        out[at] = ((sample >> 6) * gain) >> 8
        at += 1
