"""How long-running work reports its progress to whoever started it."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with (items done, items in all) after each item."""
