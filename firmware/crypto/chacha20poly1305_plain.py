"""ChaCha20 and Poly1305 (RFC 8439) on Python integers, where chacha20poly1305_native.py does not
load.

A 32-bit word is a heap object on the token, so quarter rounds on single words are slow. Instead one
long integer holds a row of the state for several blocks: word `column` of block `i` is in the
64-bit lane column * blocks + i. The upper half of a lane is spare, for the carry of an addition and
the overflow of a rotation.
"""

_BLOCK = 64
_MOST_BLOCKS = 8  # per pass: rows of 256 bytes; more would save little time and cost heap
_CONSTANTS = b"expand 32-byte k"
_P1305 = (1 << 130) - 5
_CLAMP = 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF


def chacha20(key: bytes, nonce: bytes, counter: int, data: bytearray) -> None:
    """Exclusive-or the key stream onto `data`, from block number `counter` on (section 2.4)."""
    size = len(data)
    for at in range(0, size, _MOST_BLOCKS * _BLOCK):
        piece = data[at : at + _MOST_BLOCKS * _BLOCK]
        count = (len(piece) + _BLOCK - 1) // _BLOCK
        stream = _blocks(key, nonce, counter, count)[: len(piece)]
        counter += count
        changed = int.from_bytes(piece, "little") ^ int.from_bytes(stream, "little")
        data[at : at + len(piece)] = changed.to_bytes(len(piece), "little")


def poly1305(key: bytes, message: bytes) -> bytes:
    """Return the 16-byte tag of `message` under a 32-byte one-time key (section 2.5)."""
    p = _P1305
    r = int.from_bytes(key[:16], "little") & _CLAMP
    total = 0
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at : at + 16] + b"\x01", "little")) * r % p
    total += int.from_bytes(key[16:], "little")
    return (total & ((1 << 128) - 1)).to_bytes(16, "little")


def _row(words: bytes, count: int) -> int:
    """Return the four words of a row, each repeated for `count` blocks."""
    lanes = [(words[i : i + 4] + bytes(4)) * count for i in (0, 4, 8, 12)]
    return int.from_bytes(b"".join(lanes), "little")


def _blocks(key: bytes, nonce: bytes, counter: int, count: int) -> bytes:
    """Return `count` blocks of the key stream."""
    mask = int.from_bytes(b"\xff\xff\xff\xff\0\0\0\0" * (4 * count), "little")
    one = 64 * count  # bits of a column
    two = 2 * one
    three = 3 * one
    low1 = (1 << one) - 1
    low2 = (1 << two) - 1
    low3 = (1 << three) - 1
    counters = b"".join([(counter + i).to_bytes(4, "little") + bytes(4) for i in range(count)])
    a = a0 = _row(_CONSTANTS, count)
    b = b0 = _row(key[:16], count)
    c = c0 = _row(key[16:], count)
    d = d0 = _row(bytes(4) + nonce, count) | int.from_bytes(counters, "little")
    for half_round in range(20):
        a = (a + b) & mask
        d = (d ^ a) << 16
        d = (d | d >> 32) & mask
        c = (c + d) & mask
        b = (b ^ c) << 12
        b = (b | b >> 32) & mask
        a = (a + b) & mask
        d = (d ^ a) << 8
        d = (d | d >> 32) & mask
        c = (c + d) & mask
        b = (b ^ c) << 7
        b = (b | b >> 32) & mask
        # Columns to diagonals: turn the rows left by one, two and three columns; and back after the
        # diagonal round.
        if half_round & 1:
            b = b >> three | (b & low3) << one
            d = d >> one | (d & low1) << three
        else:
            b = b >> one | (b & low1) << three
            d = d >> three | (d & low3) << one
        c = c >> two | (c & low2) << two
    size = 32 * count
    rows = [
        ((a + a0) & mask).to_bytes(size, "little"),
        ((b + b0) & mask).to_bytes(size, "little"),
        ((c + c0) & mask).to_bytes(size, "little"),
        ((d + d0) & mask).to_bytes(size, "little"),
    ]
    column = 8 * count
    words = []
    for lane in range(0, column, 8):
        for row in rows:
            for at in range(lane, size, column):
                words.append(row[at : at + 4])
    return b"".join(words)
