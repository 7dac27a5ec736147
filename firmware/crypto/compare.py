"""Comparison of authentication tags."""


def equal(left: bytes, right: bytes) -> bool:
    """Return True when both are equal.

    The time depends on their lengths, not on where they differ.
    """
    if len(left) != len(right):
        return False
    difference = 0
    for x, y in zip(left, right):
        difference |= x ^ y
    return difference == 0
