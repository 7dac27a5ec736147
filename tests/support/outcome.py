"""How a call ended, for tests that allow a result as well as a clear error."""

from collections.abc import Callable
from typing import Any

from host_tools.errors import KodebrikError


def error_of(act: Callable[[Any], Any], argument: Any) -> KodebrikError | None:
    """Give the KodebrikError that the call raised, None when it came through; any other exception
    is a failure."""
    try:
        act(argument)
    except KodebrikError as error:
        return error
    return None
