"""Driver for the tests of the harness itself."""

import sys

_FAILURES = {"KeyError": KeyError, "UnicodeError": UnicodeError}


def implementation() -> str:
    """The name of the VM."""
    return sys.implementation.name


def echo(value):
    """The argument."""
    return value


def fail(name: str):
    """Raise an exception of that name."""
    raise _FAILURES[name]("no luck")


def leave(code: int):
    """End the process."""
    sys.exit(code)
