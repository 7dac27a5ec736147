"""The functions of chacha20poly1305_plain.py as machine code.

Compiled for the board's processor (mpy-cross -march); on another processor the import fails.
Viper's integers have 32 bits on a board and 64 in the emulator: sums are cut to 32 by storing them.
"""

from array import array

import micropython

_CONSTANTS = b"expand 32-byte k"
_LIMBS = 10  # of 13 bits, the lowest first: 2^130 is 5 modulo 2^130 - 5
_CLAMP = 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
_P1305 = (1 << 130) - 5


def chacha20(key: bytes, nonce: bytes, counter: int, data: bytearray) -> None:
    """As chacha20poly1305_plain.chacha20()."""
    state = _CONSTANTS + key + counter.to_bytes(4, "little") + nonce
    _chacha20(array("I", state), array("I", state), data, len(data))


def poly1305(key: bytes, message: bytes) -> bytes:
    """As chacha20poly1305_plain.poly1305()."""
    r = int.from_bytes(key[:16], "little") & _CLAMP
    limbs = [r >> 13 * i & 8191 for i in range(_LIMBS)]
    # Coefficient i - j of a product is at i - j + 9; what is below 0 stands for 2^130 and more.
    factors = array("H", [5 * limb for limb in limbs[1:]] + limbs)
    total = array("I", bytes(4 * _LIMBS))
    _absorb(total, factors, array("I", bytes(4 * _LIMBS)), bytearray(18), message, len(message))
    tag = 0
    for i in range(_LIMBS - 1, -1, -1):
        tag = (tag << 13) + total[i]
    tag = tag % _P1305 + int.from_bytes(key[16:], "little")
    return (tag & ((1 << 128) - 1)).to_bytes(16, "little")


@micropython.viper
def _chacha20(first: ptr32, state: ptr32, data: ptr8, size: int):
    """Exclusive-or the key stream onto `size` bytes. `first` is the first block's state, and
    `state` room for another."""
    stream = ptr8(state)
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
def _absorb(h: ptr32, f: ptr16, product: ptr32, block: ptr8, message: ptr8, size: int):
    """For each block of the message: h = (h + block) * r, in limbs. The factors `f` are r's."""
    at = 0
    while at < size:
        # With the bit behind it (section 2.5.1) a block has 17 bytes.
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
        q = f
        for i in range(10):
            carry += h[0] * q[9] + h[1] * q[8] + h[2] * q[7] + h[3] * q[6] + h[4] * q[5]
            carry += h[5] * q[4] + h[6] * q[3] + h[7] * q[2] + h[8] * q[1] + h[9] * q[0]
            product[i] = carry & 8191
            carry >>= 13
            q = ptr16(uint(q) + 2)
        for i in range(10):
            h[i] = product[i]
        h[0] = h[0] + 5 * int(carry)
