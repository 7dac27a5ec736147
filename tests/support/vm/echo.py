"""Driver for the tests of the runtimes themselves."""

import sys

_FAILURES = {"KeyError": KeyError, "UnicodeError": UnicodeError}


def implementation() -> str:
    """Return the name of the Python implementation."""
    return sys.implementation.name


def echo(value):
    """Return the argument."""
    return value


def fail(name: str):
    """Raise an exception of that name."""
    raise _FAILURES[name]("no luck")


def leave(code: int):
    """End the process."""
    sys.exit(code)
