"""How a call ended, for tests that allow a result as well as a clear error."""

from collections.abc import Callable
from typing import Any

from host_tools.errors import KodebrikError


def error_of(act: Callable[[Any], Any], argument: Any) -> KodebrikError | None:
    """Give the KodebrikError that the call raises, None when it succeeds; any other exception is
    not caught."""
    try:
        act(argument)
    except KodebrikError as error:
        return error
    return None
