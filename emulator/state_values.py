"""What a token's saved state may hold, value by value."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from emulator.errors import StateValueError

Allowed = Mapping[str, Callable[[Any], bool]]


def whole(least: float = -math.inf, most: float = math.inf) -> Callable[[Any], bool]:
    """Allow whole numbers from `least` to `most`."""
    return lambda value: type(value) is int and least <= value <= most


def number(least: float, most: float) -> Callable[[Any], bool]:
    """Allow numbers from `least` to `most`."""
    return lambda value: type(value) in (int, float) and least <= value <= most


def check(values: Mapping[str, Any], allowed: Allowed, within: str = "") -> None:
    """Check that each value is there and allowed; StateValueError names the first that is not,
    beginning with `within`."""
    for name, allows in allowed.items():
        if name not in values or not allows(values[name]):
            raise StateValueError(within + name)
