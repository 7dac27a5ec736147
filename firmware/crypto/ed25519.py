"""Verification of Ed25519 signatures (RFC 8032 sections 5.1.3, 5.1.4 and 5.1.7) on Python integers.

All values are public, so nothing here needs constant time. Points are in extended coordinates
(X, Y, Z, T): x = X/Z, y = Y/Z, x y = T/Z.
"""

from firmware.crypto.x25519_plain import P, invert
from firmware.otp.hmac import digest

_ORDER = (1 << 252) + 27742317777372353535851937790883648493
_D = 0x52036CEE2B6FFE738CC740797779E89800700A4D4141D8AB75EB4DCA135978A3  # -121665 / 121666
_ROOT = 0x2B8324804FC1DF0B2B4D00993DFBD7A72F431806AD2FE478C4EE1B274A0EA0B0  # its square is -1
_BASE_X = 0x216936D3CD6E53FEC0A4E231FDD6DC5C692CC7609525A7B2C9562D608F25D51A
_BASE_Y = 0x6666666666666666666666666666666666666666666666666666666666666658  # 4/5
_NEUTRAL = (0, 1, 1, 0)


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Return True when `signature` (64 bytes) is one of `message` by the public key `key` (32).

    Stricter than section 5.1.7 demands: the equation must hold without the cofactor, and a key that
    is a point of small order, under which anybody can sign, or not reduced is none.
    """
    if len(key) != 32 or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    point = _decode(key)
    if s >= _ORDER or point is None or _double(_double(_double(point)))[0] == 0:
        return False
    k = int.from_bytes(digest("SHA512", signature[:32] + key + message), "little") % _ORDER
    # R = S B - k A. The signature's R is not decoded: encodings are compared.
    base = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % P)
    x, y, z, _ = _sum(s, base, k, (P - point[0], point[1], 1, P - point[3]))
    z = invert(z)
    return (y * z % P | (x * z % P & 1) << 255).to_bytes(32, "little") == signature[:32]


def _decode(encoded: bytes) -> tuple | None:
    """Return the point of 32 bytes, None when there is none (section 5.1.3)."""
    y = int.from_bytes(encoded, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    if y >= P:
        return None
    u = y * y - 1
    v = _D * y * y % P + 1
    v3 = v * v * v % P
    x = u * v3 * pow(u * v3 * v3 * v % P, (P - 5) // 8, P) % P
    square = v * x * x % P
    if square == -u % P:
        x = x * _ROOT % P
    elif square != u % P:
        return None
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _sum(m: int, p: tuple, n: int, q: tuple) -> tuple:
    """Return m p + n q, bit by bit of both together (Shamir's trick)."""
    added = (), _ready(p), _ready(q), _ready(_add(p, _ready(q)))
    total = _NEUTRAL
    for bit in range(252, -1, -1):
        total = _double(total)
        which = (m >> bit & 1) | (n >> bit & 1) << 1
        if which:
            total = _add(total, added[which])
    return total


def _ready(point: tuple) -> tuple:
    """Return what _add() needs of its second point."""
    x, y, z, t = point
    return y - x, y + x, 2 * _D * t % P, 2 * z


def _add(point: tuple, ready: tuple) -> tuple:
    x, y, z, t = point
    difference, total, t2, z2 = ready
    a = (y - x) * difference % P
    b = (y + x) * total % P
    c = t * t2 % P
    d = z * z2 % P
    return _product(b - a, d - c, d + c, b + a)


def _double(point: tuple) -> tuple:
    x, y, z, _ = point
    a = x * x % P
    b = y * y % P
    h = a + b
    e = x + y
    e = h - e * e % P
    g = a - b
    return _product(e, 2 * (z * z % P) + g, g, h)


def _product(e: int, f: int, g: int, h: int) -> tuple:
    return e * f % P, g * h % P, f * g % P, e * h % P
