"""The ladder of x25519_plain.py as machine code: constant work, hardly anything left on the heap.

Compiled for the board's processor (mpy-cross -march); on another processor the import fails. A
number modulo p = 2^255 - 19 is 20 limbs of 13 bits, the lowest first, so that a sum of 20 products
fits 32 bits; 2^260 is 608 modulo p. Each step leaves limbs of at most 8193.

No constant has more than 16 bits: the code of a Cortex-M0+ loads a longer one from behind itself,
at a multiple of four bytes, and MicroPython freezes code at multiples of two (tools/mpy-tool.py of
v1.28). There it would compute with another number.
"""

from array import array

import micropython

_LIMBS = 20
_P = (1 << 255) - 19

# The numbers of the work area. In its front are the 40 limbs of a product, 0 between two steps.
_U, _X2, _Z2, _X3, _Z3, _A, _B, _E = range(8)
_WORDS = 2 * _LIMBS + 8 * _LIMBS

# A program's steps have four bytes: what is done, and the numbers of its result and operands.
_TIMES, _PLUS, _MINUS, _PLUS_A24 = range(4)  # the last: left + (486662 - 2) / 4 * right

# A bit of the ladder (RFC 7748 section 5) between its exchanges.
_BIT = bytes((
    _PLUS, _A, _X2, _Z2,
    _MINUS, _B, _X2, _Z2,
    _MINUS, _E, _X3, _Z3,
    _PLUS, _X3, _X3, _Z3,
    _TIMES, _E, _E, _A,  # DA
    _TIMES, _X3, _X3, _B,  # CB
    _TIMES, _A, _A, _A,  # AA
    _TIMES, _B, _B, _B,  # BB
    _TIMES, _X2, _A, _B,
    _MINUS, _B, _A, _B,  # E
    _PLUS_A24, _A, _A, _B,
    _TIMES, _Z2, _B, _A,
    _MINUS, _Z3, _E, _X3,
    _PLUS, _X3, _E, _X3,
    _TIMES, _X3, _X3, _X3,
    _TIMES, _Z3, _Z3, _Z3,
    _TIMES, _Z3, _Z3, _U,
))  # fmt: skip

# What is raised to 2^n, n, and then multiplied: (result, number, n, factor) of each step.
_SQUARES = bytes((_TIMES, _E, _E, _E)) * 99
_POWERS = (
    (_A, _Z2, 3, _Z2),
    (_B, _Z2, 1, _A),  # z^11
    (_A, _B, 1, _A),  # z^(2^5 - 1), and so on
    (_X3, _A, 5, _A),
    (_Z3, _X3, 10, _X3),
    (_Z3, _Z3, 20, _Z3),
    (_X3, _Z3, 10, _X3),  # z^(2^50 - 1)
    (_Z3, _X3, 50, _X3),
    (_Z3, _Z3, 100, _Z3),
    (_Z3, _Z3, 50, _X3),
    (_Z2, _Z3, 5, _B),
)


def ladder(k: int, u: int) -> int:
    """Return the u-coordinate of k times the point u."""
    work = array("I", bytes(4 * _WORDS))
    for number, value in ((_U, u), (_X2, 1), (_X3, u), (_Z3, 1)):
        source = value.to_bytes(33, "little")
        at = 2 * _LIMBS + number * _LIMBS
        for bit in range(0, 13 * _LIMBS, 13):
            i = bit >> 3
            limb = (source[i] | source[i + 1] << 8 | source[i + 2] << 16) >> (bit & 7) & 8191
            work[at] = limb
            at += 1
    bits = k.to_bytes(32, "little")
    swapped = 0
    for t in range(254, -1, -1):
        bit = bits[t >> 3] >> (t & 7) & 1
        _exchange(work, bit ^ swapped)
        swapped = bit
        _run(work, 0, _BIT, len(_BIT), work)
    _exchange(work, swapped)
    # z2^(p - 2), as x25519_plain.py makes it, is 1 / z2
    for result, number, squarings, factor in _POWERS:
        _run(work, 0, bytes((_TIMES, _E, number, number)), 4, work)
        _run(work, 0, _SQUARES, 4 * (squarings - 1), work)
        _run(work, 0, bytes((_TIMES, result, _E, factor)), 4, work)
    _run(work, 0, bytes((_TIMES, _X2, _X2, _Z2)), 4, work)
    result = 0
    for i in range(_LIMBS - 1, -1, -1):
        result = (result << 13) + work[2 * _LIMBS + _X2 * _LIMBS + i]
    return result % _P


@micropython.viper
def _exchange(work: ptr32, swap: int):
    """Exchange (x2, z2) and (x3, z3) when swap is 1, with the same work when it is 0."""
    for i in range(60, 100):
        change = (work[i] ^ work[i + 40]) & (0 - swap)
        work[i] = work[i] ^ change
        work[i + 40] = work[i + 40] ^ change


@micropython.viper
def _run(o: ptr32, x: int, program: ptr8, size: int, work: ptr32):
    """Run a program of so many bytes. `o` and `x` are anything: MicroPython keeps the first two
    variables in registers, so they are those of the innermost loops, which are unrolled for the
    same reason."""
    at = 0
    while at < size:
        what = program[at]
        d = ptr32(uint(work) + 80 * (program[at + 1] + 2))
        a = ptr32(uint(work) + 80 * (program[at + 2] + 2))
        b = ptr32(uint(work) + 80 * (program[at + 3] + 2))
        at += 4
        if what == 0:  # _TIMES
            o = work
            for i in range(20):
                x = a[i]
                o[0] = x * b[0] + o[0]
                o[1] = x * b[1] + o[1]
                o[2] = x * b[2] + o[2]
                o[3] = x * b[3] + o[3]
                o[4] = x * b[4] + o[4]
                o[5] = x * b[5] + o[5]
                o[6] = x * b[6] + o[6]
                o[7] = x * b[7] + o[7]
                o[8] = x * b[8] + o[8]
                o[9] = x * b[9] + o[9]
                o[10] = x * b[10] + o[10]
                o[11] = x * b[11] + o[11]
                o[12] = x * b[12] + o[12]
                o[13] = x * b[13] + o[13]
                o[14] = x * b[14] + o[14]
                o[15] = x * b[15] + o[15]
                o[16] = x * b[16] + o[16]
                o[17] = x * b[17] + o[17]
                o[18] = x * b[18] + o[18]
                o[19] = x * b[19] + o[19]
                o = ptr32(uint(o) + 4)
            # o is at the upper half of the product: its limbs, then 608 times these to the lower
            x = 0
            for _ in range(4):
                x += o[0]
                o[0] = x & 8191
                x >>= 13
                x += o[1]
                o[1] = x & 8191
                x >>= 13
                x += o[2]
                o[2] = x & 8191
                x >>= 13
                x += o[3]
                o[3] = x & 8191
                x >>= 13
                x += o[4]
                o[4] = x & 8191
                x >>= 13
                o = ptr32(uint(o) + 20)
            x *= 608
            x *= 608
            o = work
            for _ in range(4):
                x += 608 * o[20] + o[0]
                d[0] = x & 8191
                x >>= 13
                o[0] = 0
                o[20] = 0
                x += 608 * o[21] + o[1]
                d[1] = x & 8191
                x >>= 13
                o[1] = 0
                o[21] = 0
                x += 608 * o[22] + o[2]
                d[2] = x & 8191
                x >>= 13
                o[2] = 0
                o[22] = 0
                x += 608 * o[23] + o[3]
                d[3] = x & 8191
                x >>= 13
                o[3] = 0
                o[23] = 0
                x += 608 * o[24] + o[4]
                d[4] = x & 8191
                x >>= 13
                o[4] = 0
                o[24] = 0
                o = ptr32(uint(o) + 20)
                d = ptr32(uint(d) + 20)
        else:
            factor = 1
            more = x = 0
            if what == 2:  # _MINUS
                # 64 p keeps it above zero: 16382 in each limb, 1214 less in the lowest
                factor = -1
                more = 16382
                x = -1214
            elif what == 3:  # _PLUS_A24
                factor = 60832
                factor = 2 * factor + 1
            for _ in range(4):
                x += factor * b[0] + a[0] + more
                d[0] = x & 8191
                x >>= 13
                x += factor * b[1] + a[1] + more
                d[1] = x & 8191
                x >>= 13
                x += factor * b[2] + a[2] + more
                d[2] = x & 8191
                x >>= 13
                x += factor * b[3] + a[3] + more
                d[3] = x & 8191
                x >>= 13
                x += factor * b[4] + a[4] + more
                d[4] = x & 8191
                x >>= 13
                a = ptr32(uint(a) + 20)
                b = ptr32(uint(b) + 20)
                d = ptr32(uint(d) + 20)
        d = ptr32(uint(d) - 80)
        x = 608 * x + d[0]
        d[0] = x & 8191
        x = (x >> 13) + d[1]
        d[1] = x & 8191
        d[2] = (x >> 13) + d[2]
