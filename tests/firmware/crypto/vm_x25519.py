"""Driver: the iterated vectors of RFC 7748 section 5.2, in one call."""

from firmware.crypto.x25519 import x25519


def iterate(start: bytes, times: int) -> bytes:
    """Return k after `times` rounds of k, u = x25519(k, u), k, both starting as `start`."""
    k = u = start
    for _ in range(times):
        k, u = x25519(k, u), k
    return k
